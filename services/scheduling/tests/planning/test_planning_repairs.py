"""Who moves when places are taken away: those whom it costs the least."""

from scheduling.planning import (
    CapacityChange,
    Changes,
    Instance,
    Line,
    Package,
    Params,
    Session,
    Worker,
    check,
    replan,
)
from scheduling.planning.model import Appointments

DAYS = 10


def an_instance(workers: tuple[Worker, ...], *sessions: Session) -> Instance:
    return Instance(
        days=DAYS,
        packages=(Package("B", ("REC",)), Package("A", ("REC", "AUD"))),
        calendars={"C": (None,) * DAYS},
        travel={"S": {"S": 0}},
        lines=(Line("L", "S", "C", 100, 100),),
        sessions=sessions,
        workers=workers,
        params=Params(freeze_days=2),
    )


def a_session(name: str, day: int, places: int, audiometry: int = 0) -> Session:
    return Session(name, "S", day, (480,), (places,), {"REC": (places,), "AUD": (audiometry,)})


def test_of_an_overfull_frozen_window_those_stay_who_could_go_nowhere_else() -> None:
    urgent = Worker("urgent", "L", "B", priority=4)
    stuck = Worker("stuck", "L", "A", priority=1)  # the later session has no audiometry
    instance = an_instance((urgent, stuck), a_session("near", 1, 2, audiometry=2), a_session("later", 5, 5))
    published: Appointments = {"urgent": ("near", 0), "stuck": ("near", 0)}
    changes = Changes(now=0, capacity_changes=(CapacityChange("near", 0, total=1),))

    plan = replan(instance, published, changes, time_limit=2)

    assert plan.appointments == {"urgent": ("later", 0), "stuck": ("near", 0)}
    report = check(instance, plan, changes, published)
    assert report.valid, report.violations
    assert (report.moved, report.overfull_excess) == (1, 1)


def test_of_a_crowded_window_nobody_more_goes_than_has_to_though_others_are_a_little_cheaper() -> None:
    crowd = tuple(Worker(f"W{n}", "L", "B", priority=4) for n in range(3))
    others = (Worker("there", "L", "B", priority=4), Worker("after", "L", "B", priority=4))
    later = Session("later", "S", 8, (480, 540), (3, 1), {"REC": (3, 1)})
    instance = an_instance((*crowd, *others), a_session("sooner", 4, 9), later)
    published: Appointments = {w.id: ("later", 0) for w in crowd} | {"there": ("sooner", 0), "after": ("later", 1)}
    changes = Changes(now=0, capacity_changes=(CapacityChange("later", 0, total=2),))

    plan = replan(instance, published, changes, time_limit=2)

    report = check(instance, plan, changes, published)
    assert report.valid, report.violations
    assert (report.moved, report.overfull_excess) == (1, 1)
