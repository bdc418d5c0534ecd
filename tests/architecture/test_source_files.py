"""What holds for every file that we keep: its size, what it may import, and what never stands in it."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KEPT = [
    ROOT / name
    for name in subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    .stdout.rstrip("\0")
    .split("\0")
]
SOURCES = [path for path in KEPT if path.suffix == ".py" and path.exists()]
TEXTS = [
    path
    for path in KEPT
    if path.suffix in {".py", ".md", ".toml", ".sql", ".yml", ".yaml", ".sh", ".in", ".lock", ""} and path.is_file()
]
MOST_LINES, MOST_TEST_LINES = 400, 500
# In halves, so that this file does not say them.
WORDS = [first + second for first, second in (("TO", "DO"), ("FIX", "ME"), ("X", "XX"), ("HA", "CK"))]
UNFINISHED = re.compile(rf"\b({'|'.join(WORDS)})\b")
OF_THIS_MACHINE = re.compile(r"(?<![\w.$}])/(home/\w|Users/\w|root/|work/|mnt/|tmp/(?!\{))")
LONG_FORM = re.compile(r"pytest\.mark\.exhaustive\b")
PURE = [
    path
    for path in SOURCES
    if "tests" not in path.parts and (path.stem == "model" or path.stem.endswith("_rules") or "rules" in path.parts)
]
IMPURE = {"store", "shared", "faststream", "aiokafka", "confluent_kafka", "asyncpg", "fastapi", "httpx", "time"}


def shown(path: Path) -> str:
    """A path as a person would name it."""
    return str(path.relative_to(ROOT))


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    lengths = {shown(path): len(path.read_text("utf-8").splitlines()) for path in SOURCES}

    assert {
        name: length
        for name, length in lengths.items()
        if length > (MOST_TEST_LINES if "/tests/" in f"/{name}" else MOST_LINES)
    } == {}


def test_no_file_speaks_of_what_is_still_to_be_done() -> None:
    assert [shown(path) for path in TEXTS if UNFINISHED.search(path.read_text("utf-8"))] == []


def test_no_file_names_a_folder_of_one_machine() -> None:
    assert [shown(path) for path in TEXTS if OF_THIS_MACHINE.search(path.read_text("utf-8"))] == []


def test_every_long_form_of_a_test_is_run_by_make_faults() -> None:
    marked = [path for path in SOURCES if LONG_FORM.search(path.read_text("utf-8"))]
    told = subprocess.run(["make", "-n", "faults"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    run = [ROOT / place for place in told.partition("-m pytest -v")[2].split()]

    assert marked
    assert [shown(path) for path in marked if not any(path.is_relative_to(place) for place in run)] == []


@pytest.mark.parametrize("text", [*WORDS, f"# {WORDS[0]}: later"])
def test_such_a_word_would_be_found(text: str) -> None:
    assert UNFINISHED.search(text)


@pytest.mark.parametrize(("first", "rest"), [("home", "anna/x"), ("root", ".cache"), ("work", "main"), ("tmp", "x")])
def test_such_a_folder_would_be_found(first: str, rest: str) -> None:
    assert OF_THIS_MACHINE.search(f'open("/{first}/{rest}")')


def test_no_exception_disappears_unseen() -> None:
    assert [f"{shown(path)}:{line}" for path in SOURCES for line in swallowed(ast.parse(path.read_text("utf-8")))] == []


def swallowed(tree: ast.AST) -> Iterator[int]:
    """Lines of handlers that catch everything and do nothing about it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            caught = {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)} if node.type else {"all"}
            if caught & {"all", "Exception", "BaseException"} and all(isinstance(step, ast.Pass) for step in node.body):
                yield node.lineno


def test_a_swallowed_exception_would_be_found() -> None:
    broad = ast.parse("try:\n    work()\nexcept Exception:\n    pass\n")
    narrow = ast.parse("try:\n    work()\nexcept KeyError:\n    pass\n")

    assert list(swallowed(broad)) == [3]
    assert list(swallowed(narrow)) == []


@pytest.mark.parametrize("path", PURE, ids=shown)
def test_rules_know_neither_store_nor_kernel_nor_the_outer_world(path: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {part for alias in node.names for part in alias.name.split(".")}
        elif isinstance(node, ast.ImportFrom):
            imported |= {*(node.module or "").split("."), *(alias.name for alias in node.names)}

    assert imported & IMPURE == set()


def test_there_are_rules_to_look_at() -> None:
    assert len(PURE) >= 10
