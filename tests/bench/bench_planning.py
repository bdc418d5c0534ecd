"""The planning engine, measured: every public instance and generated ones up to a million workers, as a table.

`make bench` runs the default cases once, with BENCH_FULL=1 all of them; `python tests/bench/bench_planning.py [NAME …]`
runs the named ones. Each runs in a process of its own; the reference checker judges every plan. "busy" is
processor time over twice the seconds taken: how much of two free cores the run had.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from measured import FULL

PLANNING_TESTS = Path(__file__).parents[2] / "services/scheduling/tests/planning"
sys.path.insert(0, str(PLANNING_TESTS))

import bench_data  # noqa: E402
import copies  # noqa: E402
import generator  # noqa: E402

from scheduling.planning import read_instance, solve, write_solution  # noqa: E402


@dataclass(frozen=True, slots=True)
class Case:
    """One row: the generator's shape, or a public instance so many times, apart or linked; its limit in seconds."""

    seconds: float
    workers: int = 0
    shape: str = ""
    public: str = ""
    times: int = 1
    linked: bool = False
    bound: int = 0
    full: bool = False


CASES = {
    "hagiang-commune": Case(5, public="hagiang-commune", bound=2_414_503),
    "tight-3k": Case(5, public="tight-3k", bound=36_339_847),
    "park-12k": Case(20, public="park-12k", bound=863_535),
    "communes-1200": Case(5, 1_200, "communes"),
    "gynaecology-3000": Case(5, 3_000, "gynaecology"),
    "audiometry-2500": Case(5, 2_500, "audiometry"),
    "giant-3000": Case(5, 3_000, "giant"),
    "mountains-3000": Case(5, 3_000, "mountains"),
    "scarce-3000": Case(5, 3_000, "scarce"),
    "mountains-12000": Case(60, 12_000, "mountains", full=True),
    "scarce-12000": Case(60, 12_000, "scarce", full=True),
    "giant-20000": Case(40, 20_000, "giant"),
    "park-12k x 2, linked": Case(40, public="park-12k", times=2, linked=True),
    "tight-3k x 4, linked": Case(30, public="tight-3k", times=4, linked=True),
    "hagiang x 85, linked": Case(90, public="hagiang-commune", times=85, linked=True, full=True),
    "tight-3k x 34": Case(90, public="tight-3k", times=34, full=True),
    "park-12k x 8, linked": Case(90, public="park-12k", times=8, linked=True, full=True),
    "drive-100000": Case(90, 100_000, "drive", full=True),
    "park-12k x 25, linked": Case(240, public="park-12k", times=25, linked=True, full=True),
    "tight-3k x 100": Case(240, public="tight-3k", times=100, full=True),
    "drive-300000": Case(240, 300_000, "drive", full=True),
    "park-12k x 83, linked": Case(280, public="park-12k", times=83, linked=True, full=True),
    "hagiang x 800": Case(280, public="hagiang-commune", times=800, full=True),
    "drive-1000000": Case(280, 1_000_000, "drive", full=True),
}
HEAD = (
    "| instance | workers | limit s | total | bound | excess/worker | unassigned by priority | s | busy | GB | valid |"
)


def measure(name: str) -> dict[str, object]:
    """Plan one case once in this process."""
    case = CASES[name]
    with tempfile.TemporaryDirectory() as scratch:
        folder = _folder(case, Path(scratch))
        started = time.monotonic()
        instance = read_instance(folder)
        plan = solve(instance, time_limit=case.seconds)
        write_solution(plan, Path(scratch) / "solution")
        taken = time.monotonic() - started
        own, helpers = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        workers = len(instance.workers)
        valid = bench_data.verdict(folder, Path(scratch) / "solution")["valid"]
    priority = {w.id: w.priority for w in instance.workers}
    left_out = Counter(priority[w] for w in plan.unassigned)
    best_bound = max(plan.bound, case.bound)
    busy = sum(use.ru_utime + use.ru_stime for use in (own, helpers)) / (2 * taken)
    return {
        "workers": workers,
        "total": plan.cost.total,
        "bound": best_bound,
        "excess": (plan.cost.total - best_bound) / workers,
        "unassigned": dict(sorted(left_out.items())),
        "seconds": taken,
        "busy": busy,
        "gigabytes": (own.ru_maxrss + 2 * helpers.ru_maxrss) / 1e6,
        "valid": valid,
    }


def _folder(case: Case, scratch: Path) -> Path:
    folder = scratch / "instance"
    if case.shape:
        generator.write_instance(generator.generate(generator.SHAPES[case.shape], case.workers, seed=1), folder)
        return folder
    public = bench_data.unpack(case.public, scratch)
    if case.times == 1:
        return public
    generator.write_instance(copies.multiplied(read_instance(public), case.times, 1, case.linked), folder)
    return folder


def table(names: list[str]) -> None:
    """Run the cases, one process each, and print a row as each ends."""
    print(f"\n{HEAD}\n|---|---:|---:|---:|---:|---:|---|---:|---:|---:|---|")
    for name in names:
        command = [sys.executable, __file__, "--once", name]
        r = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        print(
            f"| {name} | {r['workers']:,} | {CASES[name].seconds:.0f} | {r['total']:,} | {r['bound']:,} | "
            f"{r['excess']:.2f} | {r['unassigned']} | {r['seconds']:.1f} | {r['busy']:.2f} | {r['gigabytes']:.2f} | "
            f"{r['valid']} |",
            flush=True,
        )


def test_the_planning_engine_at_every_size() -> None:
    table([name for name, case in CASES.items() if FULL or not case.full])


def main(arguments: list[str]) -> None:
    """Print the table, or measure one case."""
    if arguments[:1] == ["--once"]:
        print(json.dumps(measure(arguments[1])))
    else:
        table(arguments or [name for name, case in CASES.items() if not case.full])


if __name__ == "__main__":
    main(sys.argv[1:])
