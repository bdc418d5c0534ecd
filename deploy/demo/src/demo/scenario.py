"""What is played: the figures of a campaign, and how they shrink."""

from dataclasses import dataclass, replace
from datetime import date


@dataclass(frozen=True, slots=True)
class Scenario:
    """A campaign's size and time; `members` counts roster rows, those of sample files among them.

    `starts` are the minutes at which a session's windows begin; `scarce` desks take that share of a window's seats;
    `incidents` are the days of the period on which a session is withdrawn, and another one cut.
    """

    name: str
    title: str
    province_code: str
    authority: str
    clinic_codes: int
    units: int
    members: int
    communes: int
    clinics: int
    seats_per_session: int
    fewest_seats: int
    rosters_from: date
    period_from: date
    period_to: date
    starts: tuple[int, ...]
    scarce: dict[str, float]
    open_cost: int
    exam_days: str
    turnover_months: tuple[int, ...]
    progress_every: int | None = None
    incidents: tuple[int, int] | None = None
    seed: int = 2020

    def scaled(self, scale: float) -> "Scenario":
        """The same campaign with a share of its units, members and communes; its period stays whole."""
        if scale >= 1:
            return self
        return replace(
            self,
            units=max(6, round(self.units * scale)),
            members=max(150, round(self.members * scale)),
            communes=max(min(2, self.communes), round(self.communes * scale)),
            clinics=max(2, round(self.clinics * scale)),
            seats_per_session=max(self.fewest_seats, round(self.seats_per_session * scale)),
        )


HAGIANG = Scenario(
    name="hagiang",
    title="Khám sức khỏe người lao động nửa cuối năm 2026, vùng Hà Giang (tỉnh Tuyên Quang)",
    province_code="08",
    authority="syt-08",
    clinic_codes=8100,
    units=1259,
    members=38_300,
    communes=73,
    clinics=8,
    seats_per_session=192,
    fewest_seats=192,
    rosters_from=date(2026, 6, 15),
    period_from=date(2026, 7, 1),
    period_to=date(2026, 12, 31),
    starts=(390, 420, 450, 480, 510, 540, 570, 600, 630, 780, 810, 840, 870, 900, 990, 1020),
    scarce={"GYN": 8 / 12, "AUD": 5 / 12, "SPI": 4 / 12, "ECG": 4 / 12},
    open_cost=6000,
    exam_days="Nửa năm khám",
    turnover_months=(8, 10),
)
PARK = Scenario(
    name="park",
    title="Khám sức khỏe công nhân Khu công nghiệp Phù Vân (mô phỏng), tháng 9–10 năm 2026",
    province_code="24",
    authority="syt-24",
    clinic_codes=24100,
    units=25,
    members=12_000,
    communes=1,
    clinics=3,
    seats_per_session=456,
    fewest_seats=38,
    rosters_from=date(2026, 8, 10),
    period_from=date(2026, 9, 1),
    period_to=date(2026, 10, 25),
    starts=(360, 390, 420, 450, 480, 510, 540, 570, 600, 630, 780, 810, 840, 870, 900, 930, 960, 990, 1020),
    scarce={"GYN": 0.75, "AUD": 0.42, "SPI": 0.38, "ECG": 0.38},
    open_cost=12_000,
    exam_days="Tám tuần khám",
    turnover_months=(9,),
    progress_every=7,
    incidents=(9, 16),
)
SCENARIOS = {scenario.name: scenario for scenario in (HAGIANG, PARK)}
