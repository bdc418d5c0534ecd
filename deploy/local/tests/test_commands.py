"""What `khamdoan` says when there is nothing to talk about."""

import subprocess
import sys
from pathlib import Path

import pytest

from khamdoan import cli


@pytest.mark.parametrize("command", ["down", "status", "env"])
def test_a_stack_that_does_not_run_is_said_in_both_languages(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = cli.main([command, "--data", str(tmp_path)])

    said = capsys.readouterr().err
    assert status == 1
    assert "not-running" in said
    assert "hãy chạy" in said
    assert "start it with" in said


@pytest.mark.parametrize("command", sorted(cli.COMMANDS))
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main([command, "--help"])

    assert end.value.code == 0
    assert f"khamdoan {command}" in capsys.readouterr().out


def test_starting_imports_no_solver() -> None:
    script = "import sys; from khamdoan import cli; cli.parser(['up']); print('ortools' in sys.modules)"

    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "False"


def test_logs_show_the_last_lines_behind_the_name_of_who_wrote_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "kafka.log").write_text("one\ntwo\nthree\n")

    cli.main(["logs", "--data", str(tmp_path), "-n", "2"])

    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [["kafka", "two"], ["kafka", "three"]]
