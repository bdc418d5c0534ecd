"""The example in docs/plan-format.md is what it says: a folder that can be planned as it stands."""

import csv
import json
import re
from pathlib import Path

import pytest

from khamdoan.cli import main

FORMAT = (Path(__file__).parents[3] / "docs" / "plan-format.md").read_text("utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, kind in (("instance.json", "json"), ("workers.csv", "csv")):
        (block,) = re.findall(rf"^\*\*{name}\*\*\n\n```{kind}\n(.*?)```", FORMAT, re.MULTILINE | re.DOTALL)
        (tmp_path / name).write_text(block, "utf-8")
    return tmp_path


def test_the_example_of_the_format_is_planned_and_checked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "out"

    solved = main(["plan", "solve", str(folder), "-o", str(out), "--time-limit", "2"])
    figures = json.loads(capsys.readouterr().out)
    checked = main(["plan", "check", str(folder), str(out)])

    assert (solved, checked) == (0, 0)
    assert figures["total"] == figures["bound"]
    with (out / "appointments.csv").open() as placed, (out / "unassigned.csv").open() as left_out:
        assert {row["worker"] for row in csv.DictReader(placed)} == {"w1", "w3"}
        assert list(csv.DictReader(left_out)) == [{"worker": "w2", "reason": "no_licensed_session"}]
