"""`khamdoan roster read`, without any server."""

import json
from pathlib import Path

import pytest

from khamdoan import cli

ROSTER = "Họ tên;Ngày sinh;Giới tính;Số CCCD\nTrần An;1/2/1990;nam;001090123456\nLê Bé;?;nữ;\nCộng;;;\n"


def test_reading_prints_a_line_per_person_and_one_for_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, answered = tmp_path / "list.csv", tmp_path / "answered.csv"
    file.write_text(ROSTER, encoding="utf-8")

    status = cli.main(["roster", "read", str(file), "--reference-date", "2026-12-01", "--answer", str(answered)])

    *persons, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert status == 0
    assert [(person["row"], person["outcome"]) for person in persons] == [(2, "accepted"), (3, "refused")]
    assert persons[0]["fields"]["identifiers"] == {"cccd": "001090123456"}
    assert persons[1]["codes"] == ["birth_date.invalid", "national_id.missing"]
    assert summary["skipped_rows"] == {"subtotal": [4]}
    assert summary["totals"]["refused"] == 1
    assert "Ngày sinh không đọc được" in answered.read_text(encoding="utf-8-sig")


def test_a_refused_file_is_an_answer_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "list.xlsx"
    file.write_bytes(bytes(range(256)))

    status = cli.main(["roster", "read", str(file), "--reference-date", "2026-12-01"])

    assert status == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["file_outcome"], summary["file_codes"]) == ("refused", ["file.not_a_workbook"])


def test_a_file_that_is_not_there_is_said_to_be_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = cli.main(["roster", "read", str(tmp_path / "nowhere.csv"), "--reference-date", "2026-12-01"])

    said = capsys.readouterr()
    assert (status, said.out) == (1, "")
    assert said.err.startswith("khamdoan: file.away\n")
    assert "nowhere.csv" in said.err


@pytest.mark.parametrize("day", ["2026-13-01", "01/07/2026", "9999-12-31"])
def test_a_day_that_is_none_is_refused_with_an_example(day: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["roster", "read", "list.csv", "--reference-date", day])

    assert "2026-07-01" in capsys.readouterr().err


def test_a_mapping_says_what_a_column_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, mapping = tmp_path / "list.csv", tmp_path / "mapping.json"
    file.write_text(ROSTER.replace("Giới tính", "Cột lạ"), encoding="utf-8")
    mapping.write_text('{"columns": {"C": "sex", "D": null}}')

    cli.main(["roster", "read", str(file), "--reference-date", "2026-12-01", "--mapping", str(mapping)])

    *persons, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert persons[0]["fields"]["sex"] == "male"
    assert "identifiers" not in persons[0]["fields"]
    assert [column.get("how") for column in summary["columns"]] == ["heading", "heading", "mapping", "mapping"]


def test_what_is_no_mapping_is_said_to_be_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, mapping = tmp_path / "list.csv", tmp_path / "mapping.json"
    file.write_text(ROSTER, encoding="utf-8")
    mapping.write_text('{"columns": 7}')

    status = cli.main(["roster", "read", str(file), "--reference-date", "2026-12-01", "--mapping", str(mapping)])

    assert status != 0
    assert "mapping.json" in capsys.readouterr().err
