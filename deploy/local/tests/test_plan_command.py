"""`khamdoan plan …`: what it prints, and how it refuses what it cannot read or write."""

import csv
import json
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from khamdoan.cli import main

INSTANCE = {
    "format": "kd-plan/1", "name": "two", "start_date": "2027-03-01", "days": 2, "holidays": [],
    "params": {"max_travel_minutes": 45, "fasting_before": 570, "quiet_rest_minutes": 720, "end_of_shift_minutes": 60,
               "freeze_days": 1},
    "weights": {"unassigned": {"1": 20000, "4": 100000}, "late_day": {"1": 1, "4": 8}, "travel_minute": 1,
                "shift_minute": 1, "rest_day_visit": 45, "move": 150},
    "packages": [{"id": "B", "stations": ["REC"], "timing": [], "bnn": False, "cycle_minutes": 60}],
    "calendars": {"C": [[450, 990], None]},
    "travel": {"S": {"S": 0}},
    "lines": [{"id": "L", "site": "S", "calendar": "C", "headcount": 10, "max_absent_pct": 10}],
    "sessions": [{"id": "K", "site": "S", "day": 0, "bnn": False, "permit": True, "open_cost": 6000, "windows": [480],
                  "total": [1], "capacity": {"REC": [5]}}],
}  # fmt: skip
WORKERS = "worker,line,sex,package,priority,earliest,due,deadline,unavailable\nA,L,F,B,1,0,0,,\nB,L,M,B,4,0,0,,\n"
CHANGES = {
    "now": 0, "sessions_cancelled": [], "workers_left": [], "workers_unavailable": [], "capacity_changes": [],
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One place, two people of priority 1 and 4."""
    (tmp_path / "instance.json").write_text(json.dumps(INSTANCE))
    (tmp_path / "workers.csv").write_text(WORKERS)
    return tmp_path


def test_a_plan_is_solved_told_and_checked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["plan", "solve", str(folder), "-o", str(folder / "out"), "--time-limit", "2"])

    told = capsys.readouterr()
    figures = json.loads(told.out)
    assert status == 0
    assert figures["unassigned_by_priority"] == {"1": 1}
    assert figures["bound"] == figures["total"] == 26_060
    assert "cost 26,060  bound 26,060  gap 0  unassigned 1:1" in told.err
    assert main(["plan", "check", str(folder), str(folder / "out")]) == 0
    assert json.loads(capsys.readouterr().out)["total"] == 26_060


def test_a_plan_that_breaks_rules_ends_with_one_and_is_not_explained(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "appointments.csv").write_text("worker,session,window\nA,K,0\nB,K,0\nB,K,0\n")
    (folder / "unassigned.csv").write_text("worker,reason\n")

    assert main(["plan", "check", str(folder), str(folder)]) == 1
    assert set(json.loads(capsys.readouterr().out)["violations"]) == {"R1", "R4", "R5"}
    assert main(["plan", "explain", str(folder), str(folder)]) == 1
    assert "plan.invalid" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("instance.json", "{"),
        ("instance.json", "[]"),
        ("workers.csv", "worker\n"),
        ("workers.csv", WORKERS.replace("1,0,0", "one,0,0")),
        ("appointments.csv", "worker,session\n"),
        ("unassigned.csv", "worker,reason\nA\n"),
        ("changes.json", "{}"),
        ("changes.json", json.dumps({**CHANGES, "now": "soon"})),
        ("changes.json", json.dumps({**CHANGES, "sessions_cancelled": ["K?"]})),
        ("workers_joined.csv", WORKERS),
        ("workers_joined.csv", WORKERS.replace("A,L,F,B,1", "C,L?,F,B,1").replace("B,L,M,B,4", "D,L,M,B,4")),
        ("published.csv", "worker,session,window\nA,K,7\n"),
    ],
)
def test_an_unreadable_file_is_named_with_a_code_and_ends_with_two(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, content: str
) -> None:
    (folder / "changes.json").write_text(json.dumps(CHANGES))
    (folder / "published.csv").write_text("worker,session,window\nA,K,0\n")
    (folder / "appointments.csv").write_text("worker,session,window\nA,K,0\n")
    (folder / "unassigned.csv").write_text("worker,reason\nB,capacity_exhausted\n")
    (folder / name).write_text(content)

    status = main(["plan", "check", str(folder), str(folder), "--replan", str(folder)])

    told = capsys.readouterr().err
    assert status == 2
    assert "plan.unreadable" in told
    assert f"Cannot read {folder}: " in told
    assert {"published.csv": "window 7", "workers_joined.csv": "changes.json: "}.get(name, f"{name}: ") in told


def test_a_folder_that_cannot_be_written_is_said_before_the_search(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begun = time.monotonic()

    status = main(["plan", "solve", str(folder), "-o", str(folder / "workers.csv"), "--time-limit", "30"])

    assert status == 1
    assert "plan.unwritable" in capsys.readouterr().err
    assert time.monotonic() - begun < 15


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files as a full disk would")
def test_a_plan_that_finds_no_room_leaves_the_one_before_it_whole(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order = ["plan", "solve", str(folder), "-o", str(folder / "out"), "--time-limit", "1"]
    assert main(order) == 0
    before = {file.name: file.read_text() for file in (folder / "out").iterdir()}
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)

    resource.setrlimit(resource.RLIMIT_FSIZE, (20, usual[1]))
    try:
        status = main(order)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)

    assert status == 1
    assert "plan.unwritable" in capsys.readouterr().err
    assert {file.name: file.read_text() for file in (folder / "out").iterdir()} == before


@pytest.mark.parametrize("request_to_end", [signal.SIGINT, signal.SIGTERM])
def test_a_search_that_is_interrupted_leaves_its_best_plan(folder: Path, request_to_end: signal.Signals) -> None:
    _make_hard(folder)
    order = ["plan", "solve", str(folder), "-o", str(folder / "out"), "--time-limit", "300"]
    command = [sys.executable, "-m", "khamdoan", *order]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as search:
        assert search.stdout is not None
        assert search.stderr is not None
        search.stderr.readline()

        search.send_signal(request_to_end)
        told, said = search.communicate(timeout=120)

    assert search.returncode == 0
    assert "Stopped on request" in said
    assert json.loads(told)["assigned"] > 0
    assert main(["plan", "check", str(folder), str(folder / "out")]) == 0


def _make_hard(folder: Path) -> None:
    """Far too many people, no two of them alike, for sessions of one place a window: nobody proves a plan at once."""
    dice, sites = random.Random(4), [f"S{n}" for n in range(8)]
    travel = {a: {b: 0 if a == b else 5 * dice.randint(1, 9) for b in sites} for a in sites}
    lines = [{**INSTANCE["lines"][0], "id": f"L{n}", "site": f"S{n}"} for n in range(8)]  # type: ignore[index]
    windows = list(range(420, 960, 30))
    offered = {"windows": windows, "total": [1] * len(windows), "capacity": {"REC": [5] * len(windows)}}
    sessions = [
        {**INSTANCE["sessions"][0], **offered, "id": f"K{n}", "site": sites[n % 8], "day": n % 60}  # type: ignore[index]
        for n in range(120)
    ]
    hard = {"days": 60, "calendars": {"C": [[450, 990]] * 60}, "travel": travel, "lines": lines, "sessions": sessions}
    (folder / "instance.json").write_text(json.dumps(INSTANCE | hard))
    people = (f"W{n},L{n % 8},F,B,{dice.choice((1, 4))},{n % 7},{n % 50},,{n % 59}" for n in range(3_000))
    (folder / "workers.csv").write_text("\n".join([WORKERS.splitlines()[0], *people, ""]))


@pytest.mark.parametrize("option", [["--time-limit", "0"], ["--time-limit", "nan"], ["--seed", "-1"]])
def test_a_limit_or_seed_that_means_nothing_is_refused(folder: Path, option: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["plan", "solve", str(folder), "-o", str(folder / "out"), *option])

    assert refused.value.code == 2


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"withdrawn": ["K?"]}, "unknown session K?"),
        ({"ceilings": {"L?": 50}}, "unknown line L?"),
        ({"ceilings": {"L": "high"}}, "'high' is not a whole number"),
        ({"capacity_changes": [{"session": "K", "window": -1, "total": 3}]}, "no window -1"),
        ({"added": INSTANCE["sessions"]}, "session K occurs twice"),
    ],
)
def test_a_question_about_what_is_not_there_is_refused_in_words(
    folder: Path, capsys: pytest.CaptureFixture[str], asked: dict[str, object], said: str
) -> None:
    (folder / "asked.json").write_text(json.dumps(asked))

    status = main(["plan", "whatif", str(folder), str(folder / "asked.json"), "-o", str(folder / "out")])

    assert status == 2
    told = capsys.readouterr().err
    assert "asked.json: " in told
    assert said in told


def test_a_repair_tells_how_far_it_is_and_what_its_bound_supposes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "changes.json").write_text(json.dumps({**CHANGES, "workers_left": ["A"]}))
    (folder / "published.csv").write_text("worker,session,window\nA,K,0\n")
    changed = {**INSTANCE, "params": {**INSTANCE["params"], "freeze_days": 0}}
    (folder / "instance.json").write_text(json.dumps(changed))

    status = main(["plan", "replan", str(folder), str(folder), "-o", str(folder / "out"), "--time-limit", "2"])

    told = capsys.readouterr()
    figures = json.loads(told.out)
    assert status == 0
    assert figures["bound_if_the_rest_stays"] == figures["total"] == 6_060
    assert figures["moved"] == 0
    assert "cost 6,060  bound 6,060  gap 0  unassigned 0" in told.err


def test_a_repair_names_what_appointments_break_that_it_must_keep(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = {"session": "K", "window": 0, "total": 0}
    (folder / "changes.json").write_text(json.dumps({**CHANGES, "now": 1, "capacity_changes": [cut]}))
    (folder / "published.csv").write_text("worker,session,window\nA,K,0\n")

    status = main(["plan", "replan", str(folder), str(folder), "-o", str(folder / "out"), "--time-limit", "2"])

    told = capsys.readouterr()
    assert status == 1
    assert json.loads(told.out)["held"] == [{"code": "plan.held-over-capacity", "people": 1, "at": ["K", 0]}]
    assert "plan.held-over-capacity: Buổi K, khung giờ 0: 1 người đã giữ chỗ, chỉ có 0 chỗ." in told.err
    assert "Session K, window 0: 1 people hold 0 places." in told.err
    assert (folder / "out" / "appointments.csv").read_text() == "worker,session,window\nA,K,0\n"


def solved(folder: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The folder of a plan that the command itself made."""
    assert main(["plan", "solve", str(folder), "-o", str(folder / "plan"), "--time-limit", "1"]) == 0
    capsys.readouterr()
    return folder / "plan"


def test_a_plan_is_explained_with_its_bound_what_is_worth_money_and_everybodys_case(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan, out = solved(folder, capsys), folder / "why"

    status = main(["plan", "explain", str(folder), str(plan), "-o", str(out), "--time-limit", "4"])

    told = capsys.readouterr().out
    assert status == 0
    assert "Cost 26,060, at least 26,060 for any plan; 1 people have no appointment." in told
    assert "Without session K: planned anew it is 93,940 dearer (at least 93,940), 1 more people left out" in told
    said = json.loads((out / "explanation.json").read_text(encoding="utf-8"))
    assert {lever["kind"] for lever in said["levers"]} == {"without"}
    assert [case["elsewhere"] for case in said["overview"]["sessions"]] == [99_940]
    people = {
        row["worker"]: row for row in csv.DictReader((out / "people.csv").read_text(encoding="utf-8").splitlines())
    }
    assert people["B"]["text_en"] == "Session K, window 0. Costs 60; 1 windows are allowed, none is cheaper."
    assert people["A"]["reason"] == "capacity_exhausted"
    assert people["A"]["text_en"].endswith("all it lacks is one more of the line being let go and one more place.")


def test_one_worker_is_explained_alone_and_an_unknown_one_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = solved(folder, capsys)

    assert main(["plan", "explain", str(folder), str(plan), "--worker", "A"]) == 0
    told = capsys.readouterr().out
    assert main(["plan", "explain", str(folder), str(plan), "--worker", "A?"]) == 1

    assert told.startswith(
        "A: Chưa có lịch: đã hết chỗ. Gần nhất: buổi K, khung giờ 0 (ngày 0), chỉ còn thiếu một người"
    )
    assert "plan.unknown-worker" in capsys.readouterr().err


@pytest.mark.parametrize("given", [True, False])
def test_a_change_is_shown_beside_the_plan_in_force(
    folder: Path, capsys: pytest.CaptureFixture[str], given: bool
) -> None:
    plan, out = solved(folder, capsys), folder / "out"
    asked = {"capacity_changes": [{"session": "K", "window": 0, "total": 2}], "ceilings": {"L": 20}}
    (folder / "asked.json").write_text(json.dumps(asked))
    question = ["plan", "whatif", str(folder), str(folder / "asked.json"), "-o", str(out), "--time-limit", "4"]

    status = main([*question, "--plan", str(plan)] if given else question)

    told = capsys.readouterr().out
    assert status == 0
    assert "The change makes it -19,940 in cost, +1 people served, +0 sessions." in told
    sides = json.loads((out / "comparison.json").read_text())
    assert [sides[side]["total"] for side in ("in_force", "searched_again", "what_if")] == [26_060, 26_060, 6_120]
    assert (out / "appointments.csv").read_text().splitlines() == ["worker,session,window", "A,K,0", "B,K,0"]
