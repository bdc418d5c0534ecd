"""Who moves when places are taken away: those whom it costs the least."""

from dataclasses import replace

from scheduling.planning import (
    CapacityChange,
    Changes,
    Excess,
    Instance,
    Line,
    Package,
    Params,
    Session,
    Worker,
    check,
    held_excesses,
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

    plan = replan(instance, published, changes, time_limit=30)

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

    plan = replan(instance, published, changes, time_limit=30)

    report = check(instance, plan, changes, published)
    assert report.valid, report.violations
    assert (report.moved, report.overfull_excess) == (1, 1)


def test_too_many_in_a_window_that_is_over_are_named_and_the_rest_is_repaired() -> None:
    crowd = tuple(Worker(f"W{n}", "L", "B", priority=4) for n in range(3))
    instance = an_instance(crowd, a_session("past", 1, 5), a_session("gone", 5, 5), a_session("later", 8, 5))
    published: Appointments = {"W0": ("past", 0), "W1": ("past", 0), "W2": ("gone", 0)}
    changes = Changes(now=3, sessions_cancelled=("gone",), capacity_changes=(CapacityChange("past", 0, total=1),))

    plan = replan(instance, published, changes, time_limit=30)

    report = check(instance, plan, changes, published)
    assert plan.appointments == {"W0": ("past", 0), "W1": ("past", 0), "W2": ("later", 0)}
    assert report.held == tuple(held_excesses(instance, changes, published)) == (Excess(2, 1, ("past", 0)),)
    assert (report.valid, report.best_possible, report.held[0].code) == (False, True, "plan.held-over-capacity")


def test_a_plan_that_breaks_more_than_held_appointments_do_is_not_the_best_possible() -> None:
    crowd = tuple(Worker(f"W{n}", "L", "B", priority=4) for n in range(3))
    instance = an_instance(crowd, a_session("past", 1, 5), a_session("later", 8, 5))
    published: Appointments = {"W0": ("past", 0), "W1": ("past", 0)}
    changes = Changes(now=3, capacity_changes=(CapacityChange("past", 0, total=1),))
    plan = replan(instance, published, changes, time_limit=30)

    crowded = replace(plan, appointments={**plan.appointments, "W2": ("past", 0)})

    report = check(instance, crowded, changes, published)
    assert report.held == ()
    assert not report.best_possible


def test_where_a_lines_ceiling_fell_as_many_move_as_are_too_many_but_not_on_frozen_days() -> None:
    crowd = tuple(Worker(f"W{n}", "L", "B", priority=4) for n in range(4))
    at_work = ((450, 990),) * DAYS
    instance = replace(
        an_instance(crowd, a_session("near", 1, 5), a_session("soon", 5, 5), a_session("later", 8, 5)),
        calendars={"C": at_work}, lines=(Line("L", "S", "C", 1, 100),),
    )  # fmt: skip
    published: Appointments = {"W0": ("soon", 0), "W1": ("soon", 0), "W2": ("near", 0), "W3": ("near", 0)}

    plan = replan(instance, published, Changes(now=0), time_limit=30)

    report = check(instance, plan, Changes(now=0), published)
    assert sorted(plan.appointments.values()) == [("later", 0), ("near", 0), ("near", 0), ("soon", 0)]
    assert {plan.appointments[who] for who in ("W2", "W3")} == {("near", 0)}
    assert [(found.people, found.allowed, found.code) for found in report.held] == [(2, 1, "plan.held-beyond-ceiling")]
    assert report.best_possible
