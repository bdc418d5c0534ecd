"""What is played: the figures of a campaign, and how they shrink."""

from dataclasses import dataclass, replace
from datetime import date


@dataclass(frozen=True, slots=True)
class Scenario:
    """A campaign's size and time; `members` counts roster rows, those of the sample files among them."""

    name: str
    title: str
    province_code: str
    units: int
    members: int
    communes: int
    clinics: int
    seats_per_session: int
    rosters_from: date
    period_from: date
    period_to: date
    seed: int = 2020

    def scaled(self, scale: float) -> "Scenario":
        """The same campaign with a share of its units, members and communes; the half year stays whole."""
        if scale >= 1:
            return self
        return replace(
            self,
            units=max(6, round(self.units * scale)),
            members=max(150, round(self.members * scale)),
            communes=max(2, round(self.communes * scale)),
            clinics=max(2, round(self.clinics * scale)),
        )


HAGIANG = Scenario(
    name="hagiang",
    title="Khám sức khỏe người lao động nửa cuối năm 2026, vùng Hà Giang (tỉnh Tuyên Quang)",
    province_code="08",
    units=1259,
    members=38_300,
    communes=73,
    clinics=8,
    seats_per_session=192,
    rosters_from=date(2026, 6, 15),
    period_from=date(2026, 7, 1),
    period_to=date(2026, 12, 31),
)
SCENARIOS = {scenario.name: scenario for scenario in (HAGIANG,)}
