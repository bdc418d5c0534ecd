"""The public benchmark instances of kd-plan/1 and the referee, for tests and the bench."""

import gzip
import importlib.util
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).parent
DATA = HERE / "data"


def unpack(name: str, target: Path) -> Path:
    """The plain files of an instance (or re-plan) folder, as the referee wants them."""
    folder = target / name
    folder.mkdir(parents=True, exist_ok=True)
    for packed in (DATA / name).glob("*.gz"):
        with gzip.open(packed, "rb") as source, (folder / packed.stem).open("wb") as plain:
            shutil.copyfileobj(source, plain)
    return folder


def referee() -> ModuleType:
    """The benchmark's reference checker, kept as it was published."""
    spec = importlib.util.spec_from_file_location("kd_plan_referee", HERE / "referee.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def verdict(instance: Path, solution: Path, replan: Path | None = None) -> dict[str, Any]:
    """What the referee says about a solution folder."""
    result, _ = referee().check(str(instance), str(solution), str(replan) if replan else None)
    return dict(result)
