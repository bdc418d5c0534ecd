"""The report keeps the newest figures of every test, whoever writes at the same time."""

import json
import multiprocessing
from pathlib import Path

import fault_report


def test_a_test_that_runs_again_replaces_its_own_figures_and_no_others(tmp_path: Path) -> None:
    report = tmp_path / "faults" / "report.json"
    fault_report.replace("first", [{"fault": "power cut", "seconds": 9}, {"fault": "flood", "seconds": 1}], report)
    fault_report.replace("second", [{"fault": "power cut", "seconds": 5}], report)

    fault_report.replace("first", [{"fault": "power cut", "seconds": 7}], report)

    rows = json.loads(report.read_text())
    assert [(row["test"], row["fault"], row["seconds"]) for row in rows] == [
        ("first", "power cut", 7),
        ("second", "power cut", 5),
    ]


def test_processes_that_write_at_once_lose_no_figure(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        pool.starmap(fault_report.replace, [(str(n), [{"fault": "flood", "n": n}], report) for n in range(40)])

    assert sorted(row["n"] for row in json.loads(report.read_text())) == list(range(40))
