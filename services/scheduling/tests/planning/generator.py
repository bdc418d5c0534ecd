"""Synthetic kd-plan/1 instances of any size and every structure the format names; nobody in them is real."""

import json
import math
import random
from dataclasses import dataclass
from pathlib import Path

from scheduling.planning import Instance, Line, Package, Params, Session, Worker

COMMON = ("REC", "MEA", "URI", "EYE", "ENT", "DEN", "INT", "SUR")
BLOOD = ("BLD", "XRY")
JOBS = {  # code: (extra stations, timing, needs the occupational-disease licence, minutes in the site)
    "B": ((), (), False, 60),
    "X": (BLOOD, (), False, 75),
    "F": (BLOOD, ("fasting",), False, 75),
    "E": ((*BLOOD, "ECG"), ("fasting",), False, 80),
    "N": ((*BLOOD, "AUD"), ("quiet_rest",), True, 85),
    "D": ((*BLOOD, "SPI"), (), True, 85),
    "S": (BLOOD, ("end_of_shift",), True, 75),
}
FULL_DAY = tuple(range(360, 690, 30)) + tuple(range(780, 990, 30))


@dataclass(frozen=True, slots=True)
class Shape:
    """What makes one kind of campaign; shares are of workers, capacities per window."""

    cluster: int = 12_000  # workers per cluster of sites
    people: tuple[int, int] = (20, 60)  # headcount of a line
    spread: int = 20  # minutes across a cluster
    days: int = 45
    jobs: str = "BBBBXXXXXXXFFFNDDES"
    calendars: str = "dddtc"  # d day, t three rotating weeks, c continuous, n night
    seats: int = 26
    gynaecology: int = 19
    audiometry: int = 16
    licensed: float = 0.75
    slack: float = 1.35  # seats offered per worker
    cost: int = 12_000
    pct: tuple[int, ...] = (10, 12, 15)
    link: int = 0  # minutes between neighbouring clusters, 0 = out of reach
    per_site: int = 300  # workers of a site
    hosts: float = 0.2  # share of sites that sessions come to
    own_dates: float = 0.0  # share of people with a due date, a deadline and days of leave like nobody else's


SHAPES = {
    "communes": Shape(
        cluster=600,
        people=(4, 30),
        spread=50,
        days=60,
        jobs="BBBXXFD",
        calendars="ddt",
        seats=12,
        gynaecology=12,
        slack=2.2,
        cost=6_000,
        pct=(15,),
    ),
    "park": Shape(),
    "giant": Shape(cluster=20_000, people=(150, 400), spread=5, calendars="ttt", jobs="XXXFNS", slack=1.25),
    "gynaecology": Shape(cluster=4_000, gynaecology=6, slack=1.5),
    "audiometry": Shape(cluster=3_000, jobs="NNNXB", calendars="ntcd", audiometry=4, licensed=0.8, slack=1.5),
    "drive": Shape(cluster=9_000, days=90, spread=35, slack=1.4),
    "mountains": Shape(  # one region of small unions: every place reaches some others, none reaches all
        cluster=12_000,
        people=(3, 40),
        spread=150,
        days=60,
        jobs="BBBBXXXXXXFFFNDE",
        calendars="dddt",
        seats=12,
        gynaecology=12,
        audiometry=4,
        licensed=0.5,
        slack=2.2,
        cost=6_000,
        pct=(15,),
        per_site=200,
        hosts=0.5,
    ),
    "scarce": Shape(  # heavy industry with too few team-days: a third stays out, and the question is who
        cluster=12_000,
        spread=60,
        days=30,
        jobs="BBXXXFNNNDES",
        calendars="ddttnc",
        seats=20,
        gynaecology=8,
        audiometry=4,
        licensed=0.35,
        slack=1.1,
        pct=(10, 10, 15),
        per_site=200,
        hosts=0.6,
    ),
    "individuals": Shape(  # a province where hardly two people are alike: each their own dates
        cluster=12_000,
        people=(3, 40),
        spread=120,
        days=120,
        jobs="BBBBBXXXXXFFND",
        calendars="dddt",
        seats=12,
        audiometry=4,
        licensed=0.6,
        slack=1.6,
        cost=6_000,
        pct=(15,),
        per_site=150,
        hosts=0.4,
        own_dates=1.0,
    ),
    "linked": Shape(cluster=4_000, days=60, spread=25, slack=1.4, link=25),
}


def generate(shape: Shape, workers: int, seed: int = 0) -> Instance:
    """An instance of about so many workers."""
    dice = random.Random(seed)
    calendars = _calendars(shape)
    lines: list[Line] = []
    sessions: list[Session] = []
    people: list[Worker] = []
    travel: dict[str, dict[str, int]] = {}
    hosts_before: dict[str, tuple[float, float]] = {}
    origin = 0.0
    while len(people) < workers:
        size = min(shape.cluster, workers - len(people))
        sites = {
            f"S{len(travel) + k:05d}": (origin + dice.uniform(0, shape.spread), dice.uniform(0, shape.spread))
            for k in range(max(2, size // shape.per_site))
        }
        hosts = dict(list(sites.items())[: max(1, int(len(sites) * shape.hosts))])
        reach = hosts | (hosts_before if shape.link else {})
        for site, at in sites.items():
            travel[site] = {host: _minutes(at, there) for host, there in reach.items() if _minutes(at, there) <= 60}
        _staff(shape, dice, list(sites), size, calendars, lines, people)
        _offer(shape, dice, list(hosts), size, sessions)
        hosts_before, origin = hosts, origin + shape.spread + (shape.link or 1_000)
    return Instance(
        days=shape.days,
        packages=_packages(),
        calendars=calendars,
        travel=travel,
        lines=tuple(lines),
        sessions=tuple(sessions),
        workers=tuple(people),
        holidays=frozenset({shape.days // 2}),
        params=Params(),
        name="synthetic",
        start_date="2027-03-01",
    )


def write_instance(instance: Instance, folder: Path) -> None:
    """The folder form, for the referee."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = {
        "format": "kd-plan/1",
        "name": instance.name,
        "start_date": instance.start_date,
        "days": instance.days,
        "holidays": sorted(instance.holidays),
        "params": _fields(instance.params),
        "weights": _fields(instance.weights),
        "stations": sorted({q for p in instance.packages for q in p.stations}),
        "packages": [_fields(p) for p in instance.packages],
        "calendars": instance.calendars,
        "sites": sorted(instance.travel),
        "travel": instance.travel,
        "lines": [_fields(x) for x in instance.lines],
        "sessions": [_fields(s) for s in instance.sessions],
    }
    (folder / "instance.json").write_text(json.dumps(plain))
    rows = ["worker,line,sex,package,priority,earliest,due,deadline,unavailable"]
    for w in instance.workers:
        leave = ";".join(f"{a}-{b}" for a, b in w.unavailable)
        deadline = "" if w.deadline is None else w.deadline
        rows.append(f"{w.id},{w.line},{w.sex},{w.package},{w.priority},{w.earliest},{w.due},{deadline},{leave}")
    (folder / "workers.csv").write_text("\n".join(rows) + "\n")


def _fields(thing: object) -> dict[str, object]:
    return {name: getattr(thing, name) for name in thing.__slots__}  # type: ignore[attr-defined]


def _minutes(a: tuple[float, float], b: tuple[float, float]) -> int:
    return 5 * math.ceil(math.dist(a, b) / 5)


def _packages() -> tuple[Package, ...]:
    packages = []
    for code, (extra, timing, bnn, cycle) in JOBS.items():
        packages.append(Package(code + "M", (*COMMON, *extra), timing, bnn, cycle))
        packages.append(Package(code + "F", (*COMMON, *extra, "GYN"), timing, bnn, cycle + 5))
    return tuple(packages)


def _calendars(shape: Shape) -> dict[str, tuple[tuple[int, int] | None, ...]]:
    early, late, night, day = (360, 840), (840, 1320), (1320, 1800), (450, 990)
    calendars: dict[str, tuple[tuple[int, int] | None, ...]] = {}
    for kind in sorted(set(shape.calendars)):
        for turn in range({"d": 1, "n": 1, "t": 3, "c": 8}[kind]):
            weekly = {"d": (day,), "n": (night,), "t": (early, late, night)}.get(kind, ())
            cycle = (early, early, late, late, night, night, None, None)
            calendars[f"{kind}{turn}"] = tuple(
                cycle[(d + turn) % 8] if kind == "c" else None if d % 7 == 6 else weekly[(d // 7 + turn) % len(weekly)]
                for d in range(shape.days)
            )
    return calendars


def _staff(
    shape: Shape,
    dice: random.Random,
    sites: list[str],
    size: int,
    calendars: dict[str, object],
    lines: list[Line],
    people: list[Worker],
) -> None:
    hired = 0
    while hired < size:
        kind = dice.choice(shape.calendars)
        calendar = dice.choice([name for name in calendars if name[0] == kind])
        headcount = dice.randint(*shape.people)
        line = Line(f"L{len(lines):06d}", dice.choice(sites), calendar, headcount, dice.choice(shape.pct))
        lines.append(line)
        jobs = [dice.choice(shape.jobs) for _ in range(3)]
        usual = dice.randint(-20, 2 * shape.days)  # most of a line were last examined together
        if kind == "d":  # a day shift ends after the last window
            jobs = [job if job != "S" else "D" for job in jobs]
        for _ in range(min(max(1, int(headcount * 0.9)), size - hired)):
            people.append(_worker(shape, dice, len(people), line.id, dice.choice(jobs), usual))
            hired += 1


def _worker(shape: Shape, dice: random.Random, number: int, line: str, job: str, usual: int) -> Worker:
    sex = dice.choice("FM")
    due = usual if dice.random() < 0.8 else dice.randint(-20, 2 * shape.days)
    late = dice.random()
    priority = 4 if late < 0.012 else 3 if late < 0.2 else 2 if late < 0.55 else 1
    begin = dice.randint(0, shape.days - 1)
    leave = ((begin, min(begin + dice.randint(0, 8), shape.days - 1)),) if dice.random() < 0.05 else ()
    earliest = dice.randint(1, 9) if dice.random() < 0.03 else 0
    within = 20 if dice.random() < 0.08 else None  # days from the due date to the deadline
    if shape.own_dates and dice.random() < shape.own_dates:
        due, within = dice.randint(-30, shape.days), dice.randint(15, 60)
        leave = tuple((day, day + dice.randint(0, 6)) for day in sorted(dice.sample(range(0, shape.days, 8), 3)))
    return Worker(
        f"W{number:07d}",
        line,
        job + sex,
        priority,
        earliest,
        due,
        None if within is None else max(due, 0) + within,
        leave,
        sex,
    )


def _offer(shape: Shape, dice: random.Random, hosts: list[str], size: int, sessions: list[Session]) -> None:
    seats = 0.0
    while seats < shape.slack * size:
        half = dice.random() < 0.1
        windows = FULL_DAY[:11] if half else FULL_DAY
        n = len(windows)
        total = shape.seats + dice.randint(-1, 2)
        bnn = dice.random() < shape.licensed
        places = dict.fromkeys(COMMON, (total + 6,) * n) | {
            "XRY": (max(4, int(total * 0.75)),) * n,
            "GYN": (shape.gynaecology,) * n,
            "ECG": (7,) * n,
            "BLD": tuple(total + 5 if t < 660 else total // 2 for t in windows),
        }
        if bnn:
            places |= {"AUD": (shape.audiometry,) * n, "SPI": (shape.audiometry,) * n}
        sessions.append(
            Session(
                f"K{len(sessions):05d}",
                dice.choice(hosts),
                dice.randrange(shape.days),
                windows,
                (total,) * n,
                places,
                int(shape.cost * (0.6 if half else 1)),
                bnn,
                dice.random() > 0.03,
                f"CL{dice.randint(1, 40):02d}",
            )
        )
        seats += total * n
