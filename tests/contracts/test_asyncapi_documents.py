"""The AsyncAPI documents are valid to the specification's own parser, where Node 20 or newer is found."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
DOCUMENTS = sorted((HERE.parents[1] / "contracts" / "asyncapi").glob("*.json"))


def node_major() -> int:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return 0
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return int(re.match(r"v(\d+)", said)[1])  # type: ignore[index]


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(node_major() < 20, reason="AsyncAPI documents are not validated: no Node 20 or newer here"),
]


@pytest.fixture(scope="module")
def parser() -> list[str]:
    if not (HERE / "node_modules" / "@asyncapi" / "parser").exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=HERE, check=True, timeout=300)
    return ["node", str(HERE / "validate.mjs")]


def test_every_document_is_valid_asyncapi_3(parser: list[str]) -> None:
    command = [*parser, *map(str, DOCUMENTS)]
    said = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=120, check=False)

    assert (said.returncode, said.stderr) == (0, "")


def test_the_parser_would_find_a_broken_document(parser: list[str], tmp_path: Path) -> None:
    broken = json.loads(DOCUMENTS[0].read_text("utf-8"))
    broken["operations"][next(iter(broken["operations"]))]["channel"] = {"$ref": "#/channels/nowhere"}
    (tmp_path / "broken.json").write_text(json.dumps(broken), "utf-8")

    command = [*parser, str(tmp_path / "broken.json")]
    said = subprocess.run(command, cwd=HERE, capture_output=True, timeout=120, check=False)

    assert said.returncode == 1
