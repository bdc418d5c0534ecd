"""Which faults strike when: drawn by seed, so that a schedule can be repeated from its number alone."""

from dataclasses import dataclass
from random import Random

from shared.failpoints import PLACES

SERVICES = ("registry", "scheduling", "results", "coordination", "gateway")
LOAD_SECONDS = 5.0
PLACES_IN_ORDER = tuple(sorted(PLACES))
READERS = ("steady", "slow", "gone", "old-cursor", "stream")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: it begins `at` seconds into the load and lasts `seconds`; `detail` says how, where one may choose."""

    at: float
    kind: str
    target: str
    seconds: float = 0.0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The faults of one round of load, in the order of time, and how each clinic's reader behaves."""

    seed: int
    faults: tuple[Fault, ...]
    readers: tuple[str, str]
    load_seconds: float = LOAD_SECONDS
    strikes_within: float = 25.0


# (kind, how often it is drawn, shortest and longest seconds it lasts)
KINDS = (
    ("kill", 6, 0.0, 1.0),
    ("failpoint", 8, 0.0, 0.5),
    ("failpoint-freeze", 3, 3.0, 7.5),
    ("term", 4, 0.02, 0.8),
    ("freeze", 3, 0.5, 7.5),
    ("rolling", 2, 0.0, 0.0),
    ("twin", 3, 2.0, 4.0),
    ("kafka-kill", 2, 0.0, 2.0),
    ("kafka-freeze", 2, 1.0, 4.0),
    ("postgres-kill", 2, 0.0, 2.0),
    ("postgres-immediate", 2, 0.0, 1.0),
    ("sessions-cut", 3, 0.3, 2.0),
    ("gateway-cut", 3, 0.2, 2.0),
    ("gateway-mute", 3, 0.2, 2.0),
    ("redeliver", 3, 0.0, 0.5),
    ("poison", 3, 0.0, 0.0),
)
OF_A_SERVICE = {"kill", "failpoint", "failpoint-freeze", "term", "freeze", "twin", "redeliver", "sessions-cut"}
WHOLE = {"rolling": "every service", "gateway-cut": "clients", "gateway-mute": "clients"}
POISON_TOPICS = ("unions.requests", "clinics.attendances", "clinics.examinations", "scheduling.appointments",
                 "registry.workers", "results.visits")  # fmt: skip
POISON_FORMS = ("not-json", "not-the-contract", "empty")


def draw(seed: int) -> Schedule:
    """One to four faults; no process is the target of two of them."""
    random = Random(seed)
    faults: list[Fault] = []
    taken: set[str] = set()
    for _ in range(random.choice((1, 2, 2, 3, 4))):
        fault = _fault(random)
        if not (_touched(fault) & taken):
            faults.append(fault)
            taken |= _touched(fault)
    return Schedule(seed, tuple(sorted(faults, key=lambda fault: fault.at)), (_reader(random), _reader(random)))


def _reader(random: Random) -> str:
    return random.choice(READERS)


def _fault(random: Random) -> Fault:
    kind, _, shortest, longest = random.choices(KINDS, [weight for _, weight, _, _ in KINDS])[0]
    at, seconds = round(random.uniform(0.3, LOAD_SECONDS - 1), 2), round(random.uniform(shortest, longest), 2)
    return Fault(at, kind, _target(kind, random), seconds, _detail(kind, random))


def _target(kind: str, random: Random) -> str:
    if kind in OF_A_SERVICE:
        return random.choice(SERVICES)
    if kind == "poison":
        return random.choice(POISON_TOPICS)
    return WHOLE.get(kind) or kind.partition("-")[0]


def _detail(kind: str, random: Random) -> str:
    if kind.startswith("failpoint"):
        return f"{random.choice(PLACES_IN_ORDER)}:{random.choice((1, 1, 2, 3))}"
    if kind == "twin":
        return random.choice(("SIGTERM", "SIGKILL"))
    if kind == "redeliver":
        return random.choice(("all", "some"))
    return random.choice(POISON_FORMS) if kind == "poison" else ""


def _touched(fault: Fault) -> set[str]:
    """The processes that a fault strikes."""
    if fault.kind == "rolling":
        return set(SERVICES)
    return {"clients"} if fault.kind.startswith("gateway-") else {fault.target}


GROUPS = (("registry", "scheduling", "results", "coordination"), ("gateway",))


def row(place: str, harm: str, services: tuple[str, ...]) -> Schedule:
    """A row of the matrix service × failpoint: these services armed with one place, which strikes as they work first.

    The gateway has a row of its own: while it is dead, the others have nothing to do.
    """
    kind, seconds = ("failpoint-freeze", 7.0) if harm == "freeze" else ("failpoint", 0.2)
    faults = tuple(Fault(0.2 + n / 10, kind, name, seconds, f"{place}:1") for n, name in enumerate(services))
    number = 10 * PLACES_IN_ORDER.index(place) + GROUPS.index(services)
    return Schedule(number, faults, ("steady", "steady"), load_seconds=12.0, strikes_within=40.0)
