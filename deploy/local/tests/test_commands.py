"""What `khamdoan` says when there is nothing to talk about."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from urllib.error import HTTPError

import pytest

from khamdoan import cli, requests, sockets, state

HOLDING = (
    "import pathlib, sys, time; from khamdoan import state\nwith state.held(pathlib.Path(sys.argv[1])): time.sleep(300)"
)


class Answering(BaseHTTPRequestHandler):
    """Answers every GET."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_said: object) -> None:
        """Nothing."""


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


@pytest.mark.parametrize("command", ["down", "status", "env"])
def test_who_asks_for_the_stack_while_a_demo_runs_is_shown_the_demo(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with state.held(tmp_path / "demo"):
        status = cli.main([command, "--data", str(tmp_path)])

    assert status == 1
    assert capsys.readouterr().err.count(f"--data {tmp_path / 'demo'}") == 2


def test_who_asks_for_a_stack_that_is_still_starting_is_told_to_wait(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with state.held(tmp_path):
        statuses = [cli.main([command, "--data", str(tmp_path)]) for command in ("status", "env")]
        again = cli.main(["up", "--detach", "--data", str(tmp_path)])

    said = capsys.readouterr()
    assert statuses == [1, 1]
    assert said.err.count(f"still-starting\n  Hệ thống trên {tmp_path} (tiến trình {os.getpid()})") == 2
    assert (again, said.out) == (0, f"Đang chạy rồi / it runs already: pid {os.getpid()}\n")


def test_a_stack_that_an_earlier_version_started_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with state.held(tmp_path):
        state.write(tmp_path, state.State(pid=7, pids={}, ports={}, environment={}, services={}))
        (tmp_path / "supervisor.lock").write_text("")
        cli.main(["up", "--detach", "--data", str(tmp_path)])

    assert "it runs already: pid 7" in capsys.readouterr().out


def test_a_stack_that_is_still_starting_can_be_stopped(tmp_path: Path, wait_until: Callable[..., None]) -> None:
    starting = subprocess.Popen([sys.executable, "-c", HOLDING, str(tmp_path)])
    wait_until(lambda: state.is_held(tmp_path))

    status = cli.main(["down", "--data", str(tmp_path)])

    assert status == 0
    assert starting.wait() == -signal.SIGTERM


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A shell's job in the background ignores interrupts, and so does whatever it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_who_interrupts_a_start_in_the_background_leaves_nothing_behind(
    tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    command = [sys.executable, "-m", "khamdoan", "up", "--detach", "--no-services", "--throwaway", "--data"]
    waiting = subprocess.Popen([*command, str(tmp_path / "stack")])
    wait_until(lambda: state.is_held(tmp_path / "stack"))

    waiting.send_signal(signal.SIGINT)

    assert waiting.wait() == 130
    assert not state.is_held(tmp_path / "stack")


def test_data_is_not_discarded_under_a_running_demo(tmp_path: Path, wait_until: Callable[..., None]) -> None:
    demo = subprocess.Popen([sys.executable, "-c", HOLDING, str(tmp_path / "stack" / "demo")])
    wait_until(lambda: state.is_held(tmp_path / "stack" / "demo"))

    status = cli.main(["down", "--discard", "--data", str(tmp_path / "stack")])

    assert status == 0
    assert demo.wait() == -signal.SIGTERM
    assert not (tmp_path / "stack").exists()


def test_a_proxy_for_the_world_outside_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "")

    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        before = sockets.answers(f"http://127.0.0.1:{server.server_port}")
        cli.main(["status", "--data", "nowhere"])
        after = sockets.answers(f"http://127.0.0.1:{server.server_port}")
        server.shutdown()

    assert (before, after) == (False, True)


def test_how_the_shell_connects_to_another_database_says_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSSLMODE", "require")

    cli.main(["status", "--data", "nowhere"])

    assert "PGSSLMODE" not in os.environ


@pytest.mark.parametrize("command", sorted(cli.COMMANDS))
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main([command, "--help"])

    assert end.value.code == 0
    assert f"khamdoan {command}" in capsys.readouterr().out


def test_a_folder_that_cannot_be_made_is_said_to_be_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()

    status = cli.main(["up", "--data", str(tmp_path / "file" / "data")])

    said = capsys.readouterr().err
    assert status == 1
    assert said.startswith("khamdoan: file.away\n")
    assert "Không mở" in said
    assert "Cannot open" in said


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["kitchen"],
        ["demo", "--scale", "0"],
        ["demo", "--scale", "nan"],
        ["plan", "solve", ".", "-o", "out", "--time-limit", "-1"],
        ["plan", "solve", ".", "-o", "out", "--seed", "x"],
        ["trace", "NOT-A-UUID"],
        ["subject", "erase", "somebody", "--who", "a", "--why", "b"],
        ["dead-letters", "show", "--service", "results", "first"],
        ["dead-letters", "list", "--service", "results", "--since", "yesterday"],
    ],
)
def test_a_command_called_wrongly_says_so_in_both_languages(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)

    assert end.value.code == 2
    assert "gọi lệnh chưa đúng / wrong arguments" in capsys.readouterr().err


def test_whoever_has_no_name_on_this_machine_can_ask_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 54_321)

    with pytest.raises(SystemExit) as end:
        cli.main(["dead-letters", "replay", "--help"])

    assert end.value.code == 0
    assert "--who" in capsys.readouterr().out


def test_the_edges_refusals_are_told_in_both_languages() -> None:
    body = b'{"code": "token.expired", "title_vi": "Da het han", "title_en": "The token has expired"}'

    told = requests.refused(HTTPError("", 401, "", Message(), BytesIO(body)))

    assert (told.code, told.vi, told.en) == ("token.expired", "Da het han", "The token has expired")


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


@pytest.mark.slow
@pytest.mark.stack
def test_a_stack_in_the_background_is_ready_when_the_command_returns_even_after_a_kill(
    tmp_path: Path,
) -> None:
    where = ["--data", str(tmp_path / "stack")]
    start = ["up", "--detach", "--no-services", "--throwaway", *where]
    khamdoan(*start)
    os.kill(state.read(tmp_path / "stack").pid, signal.SIGKILL)

    khamdoan(*start)
    status = khamdoan("status", *where)
    khamdoan("down", "--discard", *where)

    assert status.count(" ready") == 4
    assert not (tmp_path / "stack").exists()


def khamdoan(*arguments: str) -> str:
    """Run the command in a process of its own, which must end well; returns what it printed."""
    command = [sys.executable, "-m", "khamdoan", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def test_the_environment_can_be_taken_over_by_a_shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = {"DATABASE_URL": "postgresql://postgres:a'b c@127.0.0.1/postgres"}
    with state.held(tmp_path):
        state.write(tmp_path, state.State(pid=0, pids={}, ports={}, environment=told, services={"results": {"A": "1"}}))
        cli.main(["env", "--data", str(tmp_path)])

    script = f'{capsys.readouterr().out}\nprintf %s "$DATABASE_URL"'
    taken_over = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout
    assert taken_over == told["DATABASE_URL"]


def test_the_environment_of_one_service_is_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with state.held(tmp_path):
        state.write(tmp_path, state.State(pid=0, pids={}, ports={}, environment={}, services={"results": {"A": "1"}}))
        statuses = [cli.main(["env", name, "--data", str(tmp_path)]) for name in ("results", "kitchen")]

    said = capsys.readouterr()
    assert statuses == [0, 1]
    assert said.out == "export A=1\n"
    assert "service-unknown" in said.err


def test_a_second_supervisor_of_the_same_data_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with state.held(tmp_path):
        status = cli.main(["up", "--no-services", "--data", str(tmp_path)])

    assert status == 1
    assert "already-running" in capsys.readouterr().err
