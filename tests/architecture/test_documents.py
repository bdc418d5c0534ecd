"""What the documents point at exists: links, anchors, files, functions, commands, settings and metrics."""

import ast
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from contracts.catalogue import BY_TYPE
from coordination.settings import Settings as CoordinationSettings
from gateway.settings import Settings as GatewaySettings
from khamdoan import cli
from registry.settings import Settings as RegistrySettings
from results.settings import Settings as ResultsSettings
from scheduling.settings import Settings as SchedulingSettings
from shared.metrics import Metrics

ROOT = Path(__file__).parents[2]
NOT_OURS = {".venv", ".khamdoan", "node_modules", ".git", ".pytest_cache", ".hypothesis"}
DOCUMENTS = sorted(path for path in ROOT.rglob("*.md") if not NOT_OURS & set(path.relative_to(ROOT).parts))
PARTS = sorted(path for pattern in ("*/src/*", "*/*/src/*") for path in ROOT.glob(pattern) if path.is_dir())
SETTINGS = (RegistrySettings, SchedulingSettings, ResultsSettings, CoordinationSettings, GatewaySettings)

LINK = re.compile(r"\]\(([^)\s]+)\)")
MENTION = re.compile(r"`([\w./-]+\.py): ([^`]+)`")
FILE = re.compile(r"`([\w./-]*\w/?[\w.-]*\.(?:py|sql|toml|csv|tsv|md|mjs|yml))`")
MAKE = re.compile(r"`make ([a-z-]+)")
COMMAND = re.compile(r"khamdoan ([a-z][a-z-]+)")


def by_name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def text_of(document: Path) -> str:
    return document.read_text("utf-8")


@cache
def files() -> list[str]:
    ask = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    told = subprocess.run(ask, cwd=ROOT, capture_output=True, text=True, check=False)
    found = told.stdout.splitlines() if told.returncode == 0 else []
    return [f"/{name}" for name in found or (str(path.relative_to(ROOT)) for path in ROOT.rglob("*"))]


def places(document: Path, mention: str) -> Iterator[Path]:
    """Where a file that a document names may lie: from the root, beside the document, or in the part it describes."""
    yield ROOT / mention
    yield document.parent / mention
    for part in PARTS:
        if document.parent in part.parents and document.parent != ROOT:
            yield part / mention


@cache
def names_in(module: Path) -> frozenset[str]:
    """Every function, class, method and constant of a module, members behind their class."""
    return frozenset(_names(ast.parse(module.read_text("utf-8")), ""))


def _names(node: ast.AST, behind: str) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield behind + child.name
            yield from _names(child, behind)
        elif isinstance(child, ast.ClassDef):
            yield behind + child.name
            yield from _names(child, f"{behind}{child.name}.")
        elif isinstance(child, ast.Assign | ast.AnnAssign):
            targets = child.targets if isinstance(child, ast.Assign) else [child.target]
            yield from (behind + target.id for target in targets if isinstance(target, ast.Name))


@cache
def anchors_of(document: Path) -> frozenset[str]:
    headings = re.findall(r"^#+ (.+)$", text_of(document), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


@pytest.mark.parametrize("document", DOCUMENTS, ids=by_name)
def test_every_link_leads_to_a_file_and_its_heading(document: Path) -> None:
    broken = []
    for link in LINK.findall(text_of(document)):
        if link.startswith(("http:", "https:", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            broken.append(link)

    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=by_name)
def test_every_function_that_is_named_with_its_file_is_there(document: Path) -> None:
    missing = []
    for mention, named in MENTION.findall(text_of(document)):
        modules = [place for place in places(document, mention) if place.is_file()]
        known = names_in(modules[0]) if modules else frozenset()
        missing += [f"{mention}: {name}" for name in re.split(r"\s*·\s*|,\s*", named) if name not in known]

    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=by_name)
def test_every_file_that_is_named_is_there(document: Path) -> None:
    named = set(FILE.findall(text_of(document)))

    assert [name for name in sorted(named) if not any(f.endswith(f"/{name}") for f in files())] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=by_name)
def test_every_command_that_is_named_is_there(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    code = " ".join(re.findall(r"`[^`]+`", text_of(document)))

    assert set(MAKE.findall(text_of(document))) <= targets
    assert set(COMMAND.findall(code)) <= set(cli.COMMANDS)


def test_the_index_lists_every_document() -> None:
    index = ROOT / "docs" / "index.md"
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in LINK.findall(text_of(index))}

    assert [by_name(document) for document in DOCUMENTS if document not in {*linked, index}] == []


def test_no_two_decisions_have_one_number() -> None:
    numbers = Counter(path.name[:4] for path in (ROOT / "docs/decisions").glob("*.md"))

    assert [number for number, times in numbers.items() if times > 1 or not number.isdigit()] == []


def test_the_glossary_has_every_noun_that_events_are_about() -> None:
    nouns = {event_type.split(".")[3] for event_type in BY_TYPE}
    words = text_of(ROOT / "GLOSSARY.md").lower()

    assert sorted(noun for noun in nouns if noun not in words and noun.replace("-", " ") not in words) == []


def test_operators_are_told_of_every_setting_and_metric() -> None:
    told = text_of(ROOT / "docs" / "operations.md")
    settings = {name.upper() for kind in SETTINGS for name in kind.model_fields}
    metrics = {family.name for family in Metrics().registry.collect()}

    assert sorted(name for name in settings | metrics if f"`{name}" not in told) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=by_name)
def test_no_document_knows_a_machine(document: Path) -> None:
    assert re.findall(r"/(?:home|root|work|Users)/\w+", text_of(document)) == []
