"""What a plan says of itself is true: whatever it claims is done to the instance, and the plan checked again."""

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from scheduling import plan_cases
from scheduling.planning import (
    CapacityChange,
    Instance,
    Line,
    Package,
    Plan,
    Session,
    Worker,
    check,
    relieving,
    remedies,
    solve,
    wording,
)
from scheduling.planning.changing import what_if
from scheduling.planning.explaining import Explanation
from scheduling.planning.remedies import Lack, Remedy

sys.path.insert(0, str(Path(__file__).parent))
import generator
import oddities

SCARCE = replace(generator.SHAPES["gynaecology"], cluster=300, gynaecology=1, days=20, seats=8)
DAYS = 10
VISIT = 45 + 1  # on a rest day, a day late


@pytest.fixture(scope="module")
def planned() -> tuple[Instance, Plan]:
    instance = generator.generate(SCARCE, 300, seed=3)
    return instance, solve(instance, time_limit=30)


def without_lacks(instance: Instance, who: str, case: Remedy) -> Instance:
    """The instance in which nothing of what the remedy names is lacking any more."""
    worker = next(w for w in instance.workers if w.id == who)
    session = next(s for s in instance.sessions if s.id == case.session)
    package = next(p for p in instance.packages if p.id == worker.package)
    own, lines, params = replace(package, id="own"), instance.lines, instance.params
    worker = replace(worker, package="own")
    for kind, what in case.lacks:
        if kind in (remedies.ONE_MORE_PLACE, remedies.ANOTHER_DESK):
            session = _with_one_more(session, int(case.window or 0), what)
        elif kind == remedies.ONE_MORE_ABSENT:
            lines = tuple(
                replace(x, headcount=x.ceiling + 1, max_absent_pct=100) if x.id == worker.line else x for x in lines
            )
        elif kind == remedies.OTHER_HOURS:
            own = replace(own, timing=tuple(need for need in own.timing if need != what))
        elif kind == remedies.SHORTER_WAY:
            params = replace(params, max_travel_minutes=10**6)
        elif kind in (remedies.A_PERMIT, remedies.A_LICENCE):
            session = replace(session, **{"permit" if kind == remedies.A_PERMIT else "bnn": True})
        else:
            dates = {"later_deadline": {"deadline": None}, "back_from_leave": {"unavailable": ()}}
            worker = replace(worker, **dates.get(kind, {"earliest": 0}))
    return replace(
        instance,
        lines=lines,
        params=params,
        packages=(*instance.packages, own),
        sessions=tuple(session if s.id == session.id else s for s in instance.sessions),
        workers=tuple(worker if w.id == who else w for w in instance.workers),
    )


def _with_one_more(session: Session, window: int, station: str) -> Session:
    if station == remedies.TOTAL:
        return replace(session, total=tuple(n + (i == window) for i, n in enumerate(session.total)))
    row = session.capacity.get(station, (0,) * len(session.windows))
    more = tuple(n + (i == window) for i, n in enumerate(row))
    return replace(session, capacity={**session.capacity, station: more})


def serves(instance: Instance, plan: Plan, who: str, case: Remedy) -> bool:
    """Whether nothing forbids the worker the remedy's window once nothing of what it names is lacking."""
    served = replace(
        plan,
        appointments={**plan.appointments, who: (str(case.session), int(case.window or 0))},
        unassigned={w: r for w, r in plan.unassigned.items() if w != who},
    )
    return not check(without_lacks(instance, who, case), served).violations.keys() - {"R7"}  # others' reasons change


SMALL = {
    "gynaecology": SCARCE,
    "audiometry": replace(generator.SHAPES["audiometry"], cluster=300, audiometry=1, days=20, seats=8, licensed=0.3),
    "communes": replace(generator.SHAPES["communes"], cluster=150, slack=0.8),
}


@pytest.mark.parametrize("shape", SMALL)
def test_what_a_remedy_names_is_all_that_it_takes_and_no_more_than_it_takes(shape: str) -> None:
    instance = generator.generate(SMALL[shape], 300, seed=3)
    plan = solve(instance, time_limit=30)
    explanation = Explanation(instance, plan)
    cases = {(plan.unassigned[who], explanation.remedy(who)): who for who in plan.unassigned}
    assert cases

    for (_, case), who in list(cases.items())[:40]:
        assert serves(instance, plan, who, case), (who, case)
        for lack in case.lacks:
            rest = replace(case, lacks=tuple(other for other in case.lacks if other != lack))
            assert not serves(instance, plan, who, rest), (who, case, lack)


@pytest.mark.parametrize("name", oddities.ODDITIES)
def test_a_plan_at_the_edge_of_the_format_is_explained_too(name: str) -> None:
    instance = oddities.ODDITIES[name](generator.generate(SMALL["audiometry"], 60, seed=5))
    plan = solve(instance, time_limit=30)
    explanation = Explanation(instance, plan)

    for case in explanation.overview().sessions:
        assert all(wording.session(case))
    for who in plan.appointments:
        assert all(wording.window(explanation.window(who)))
    for who in list(plan.unassigned)[:20]:
        case = explanation.remedy(who)
        assert all(wording.remedy(case))
        assert case.session is None or serves(instance, plan, who, case), (who, case)


def an_instance(workers: tuple[Worker, ...], *sessions: Session) -> Instance:
    return Instance(
        days=DAYS,
        packages=(Package("B", ("REC",)), Package("A", ("REC", "AUD"), ("fasting",), bnn=True)),
        calendars={"C": (None,) * DAYS},
        travel={"S": {"S": 0, "T": 20, "FAR": 90}},
        lines=(Line("L", "S", "C", 100, 100),),
        sessions=sessions,
        workers=workers,
    )


def a_session(name: str, site: str = "S", day: int = 1, places: int = 1, **fields: object) -> Session:
    capacity = {"REC": (places,), "AUD": (places,)}
    return replace(Session(name, site, day, (480,), (places,), capacity, bnn=True), **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("worker", "session", "lacks"),
    [
        ({}, a_session("K", permit=False), ["a_permit"]),
        ({}, a_session("K", bnn=False), ["a_licence"]),
        ({}, a_session("K", capacity={"REC": (1,)}), ["another_desk:AUD"]),
        ({}, a_session("K", windows=(600,)), ["other_hours:fasting"]),
        ({}, a_session("K", "FAR"), ["shorter_way"]),
        ({"deadline": 0}, a_session("K"), ["later_deadline"]),
        ({"earliest": 2}, a_session("K"), ["earlier_start"]),
        ({"unavailable": ((0, 3),)}, a_session("K"), ["back_from_leave"]),
        ({"unavailable": ((1, 1),)}, a_session("K", places=0), ["another_desk:AUD", "another_desk:REC",
                                                                 "another_desk:total", "back_from_leave"]),
        ({}, a_session("K", "NOWHERE"), ["another_session"]),
    ],
)  # fmt: skip
def test_a_remedy_names_every_kind_of_thing_that_a_window_lacks(
    worker: dict[str, object], session: Session, lacks: list[str]
) -> None:
    somebody = replace(Worker("A", "L", "A"), **worker)  # type: ignore[arg-type]
    instance = an_instance((somebody,), session)
    plan = solve(instance, time_limit=30)

    case = Explanation(instance, plan).remedy("A")

    assert [f"{kind}:{what}".rstrip(":") for kind, what in case.lacks] == lacks
    assert case.kind == lacks[0].partition(":")[0]
    assert all(wording.remedy(case))


def test_appointments_of_days_that_nobody_may_choose_any_more_are_explained_too(planned: tuple[Instance, Plan]) -> None:
    instance, plan = planned
    days = {s.id: s.day for s in instance.sessions}
    first_free = max(days[s] for s, _ in plan.appointments.values()) + 1

    explanation = Explanation(instance, plan, first_free)

    used = {s for s, _ in plan.appointments.values()}
    assert {case.session for case in explanation.overview().sessions if case.visits} == used
    costs = [explanation.window(who).cost.total for who in plan.appointments]
    assert sum(costs) == plan.cost.total - plan.cost.opening - plan.cost.unassigned


def test_of_two_windows_the_one_that_lacks_less_is_the_nearest() -> None:
    instance = an_instance(
        (Worker("A", "L", "A"),), a_session("far", "FAR"), a_session("blind", capacity={"REC": (1,)})
    )

    case = Explanation(instance, solve(instance, time_limit=30)).remedy("A")

    assert (case.session, case.lacks) == ("blind", (Lack("another_desk", "AUD"),))


def test_the_overview_names_what_is_scarce_and_judges_every_session(planned: tuple[Instance, Plan]) -> None:
    instance, plan = planned

    overview = Explanation(instance, plan).overview()

    assert "GYN" in {s.station for s in overview.scarce}
    assert len(overview.sessions) == len(instance.sessions)
    assert sum(s.visits for s in overview.sessions) == len(plan.appointments)
    assert sum(overview.unassigned_by_reason.values()) == len(plan.unassigned)
    for words in (*map(wording.session, overview.sessions), wording.overview(overview)):
        assert all(words)


def test_a_session_is_judged_by_what_its_people_would_do_without_it() -> None:
    near, other = a_session("near", places=2), a_session("other", "T", places=1)
    instance = an_instance((Worker("A", "L", "B"), Worker("B", "L", "B"), Worker("C", "L", "B")), near, other)
    everybody = solve(instance, time_limit=30)
    few = replace(instance, workers=instance.workers[:2])
    two = solve(few, time_limit=30)

    full = {case.session: case for case in Explanation(instance, everybody).overview().sessions}
    half = {case.session: case for case in Explanation(few, two).overview().sessions}

    assert (full["near"].stranded, full["other"].stranded) == (2, 1)  # no place is free
    assert full["other"].elsewhere == 20_000 - (40 + VISIT)
    assert (half["near"].elsewhere, half["other"].would_save) == (2 * (40 + 6_000), 0)
    words_vi, words_en = wording.session(half["near"])
    assert ("12.080" in words_vi, "12,080" in words_en) == (True, True)


def test_whoever_sits_in_a_cheaper_window_would_lose_by_making_room_as_much_as_is_said(
    planned: tuple[Instance, Plan],
) -> None:
    instance, plan = planned
    explanation = Explanation(instance, plan)
    before = check(instance, plan).cost.total
    cases = {who: explanation.window(who) for who in plan.appointments}
    wanting = [(who, case) for who, case in cases.items() if case.wanted is not None][:3]
    assert wanting

    for who, case in wanting:
        assert case.saves is not None
        assert case.others_lose is not None
        seated = [w for w, at in plan.appointments.items() if at == case.wanted]
        for other in seated[:2]:
            for session in instance.sessions[:3]:
                for window in range(len(session.windows)):
                    swapped = {**plan.appointments, who: case.wanted, other: (session.id, window)}
                    report = check(instance, replace(plan, appointments=swapped))
                    if not report.violations.keys() - {"R7"}:
                        assert report.cost.total - before + case.saves >= case.others_lose


def test_whoever_keeps_a_published_place_has_no_case_of_their_own(planned: tuple[Instance, Plan]) -> None:
    instance, plan = planned
    moved, placed, *_ = plan.appointments
    published = {who: place for who, place in plan.appointments.items() if who != placed}
    published[moved] = plan.appointments[moved][0], plan.appointments[moved][1] + 1

    cases = plan_cases.of_plan(instance, plan, published)

    assert cases["people"].keys() == {moved, placed, *plan.unassigned}
    assert cases["places"].keys() == plan.appointments.keys()


def test_one_more_place_a_week_serves_as_many_as_the_explanation_says(planned: tuple[Instance, Plan]) -> None:
    instance, plan = planned
    best = relieving.stations(Explanation(instance, plan))[0]
    assert best.station == "GYN"
    week = [s for s in instance.sessions if s.day // 7 == best.week and "GYN" in s.capacity]
    more = [CapacityChange(s.id, i, None, {"GYN": n + 1}) for s in week for i, n in enumerate(s.capacity["GYN"])]

    richer = solve(what_if(instance, more), time_limit=30)

    assert len(plan.unassigned) - len(richer.unassigned) >= best.serves > 0
    assert all(wording.relief(best))


def test_prices_are_those_of_windows_that_are_full(planned: tuple[Instance, Plan]) -> None:
    instance, plan = planned
    assert plan.notes is not None
    (session, station), mean = max(plan.notes.station_prices.items(), key=lambda item: item[1])

    scarce = {(s.session, s.station): s for s in Explanation(instance, plan).overview(10**6).scarce}

    case = scarce[session, station]
    assert case.price == pytest.approx(mean * case.windows / case.full_windows, abs=0.01)
    assert Counter(s.price > 0 for s in scarce.values())[True] > 0
