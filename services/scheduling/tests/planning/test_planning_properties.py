import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling.planning import CapacityChange, Changes, Instance, Plan, check, replan, solve, write_solution

sys.path.insert(0, str(Path(__file__).parent))
import bench_data
import exact
import generator

SMALL = replace(
    generator.SHAPES["communes"],
    people=(2, 9),
    days=14,
    jobs="BBXFNDES",
    calendars="dtcn",
    seats=3,
    gynaecology=2,
    audiometry=1,
    slack=1.6,
    pct=(10, 30),
)
quietly = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def small(seed: int, people: int) -> Instance:
    instance = generator.generate(SMALL, people, seed)
    few = tuple(
        replace(
            s, windows=s.windows[::3], total=s.total[::3], capacity={q: places[::3] for q, places in s.capacity.items()}
        )
        for s in instance.sessions
    )
    return replace(instance, sessions=few)


def refereed(instance: Instance, plan: Plan) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        generator.write_instance(instance, Path(folder))
        write_solution(plan, Path(folder) / "solution")
        return bench_data.verdict(Path(folder), Path(folder) / "solution")


@quietly
@given(seed=st.integers(0, 10_000), people=st.integers(0, 60))
def test_any_small_campaign_gets_a_plan_that_both_referees_accept(seed: int, people: int) -> None:
    instance = small(seed, people)

    plan = solve(instance, time_limit=4)

    report, verdict = check(instance, plan), refereed(instance, plan)
    assert report.valid, report.violations
    assert verdict["valid"], verdict["violations"]
    assert report.cost == plan.cost
    assert verdict["cost"]["total"] == plan.cost.total
    assert plan.bound <= plan.cost.total


@quietly
@given(seed=st.integers(0, 10_000))
def test_tiny_campaigns_cost_what_an_exact_program_says(seed: int) -> None:
    instance = small(seed, 14)

    plan = solve(instance, time_limit=6)

    best = exact.cheapest_total(instance)
    assert plan.bound <= best <= plan.cost.total
    assert plan.cost.total - best <= 1 * len(instance.workers)


@quietly
@given(seed=st.integers(0, 10_000), now=st.integers(0, 6))
def test_without_changes_nobody_is_moved(seed: int, now: int) -> None:
    instance = small(seed, 40)
    published = solve(instance, time_limit=3).appointments

    plan = replan(instance, published, Changes(now=now), time_limit=3)

    report = check(instance, plan, Changes(now=now), published)
    assert report.valid, report.violations
    assert report.moved == 0


@quietly
@given(seed=st.integers(0, 10_000), now=st.integers(0, 8), data=st.data())
def test_any_repair_is_valid_and_counts_its_moves(seed: int, now: int, data: st.DataObject) -> None:
    instance = small(seed, 40)
    published = solve(instance, time_limit=3).appointments
    ahead = [s for s in instance.sessions if s.day >= now] or [instance.sessions[-1]]
    now = min(now, ahead[0].day)
    changes = Changes(
        now=now,
        sessions_cancelled=(data.draw(st.sampled_from(ahead)).id,),
        workers_left=(instance.workers[0].id,),
        workers_joined=tuple(replace(w, id="J" + w.id) for w in instance.workers[1:4]),
        workers_unavailable=((instance.workers[5].id, ((now, now + 4),)),),
        capacity_changes=(CapacityChange(data.draw(st.sampled_from(ahead)).id, 0, 1, {"REC": 1}),),
    )

    plan = replan(instance, published, changes, time_limit=3)

    report = check(instance, plan, changes, published)
    assert report.valid, report.violations
    assert report.cost == plan.cost
    assert plan.bound <= plan.cost.total
