"""Measurements live in `bench_*.py` and run only where somebody asks for them: `make bench`, never `make test`."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect `bench_*.py` when this folder is an argument; pytest itself collects files that are."""
    asked = any((parent.config.invocation_params.dir / arg).resolve() == HERE for arg in parent.config.args)
    if asked and file_path.suffix == ".py" and file_path.name.startswith("bench_"):
        return pytest.Module.from_parent(parent, path=file_path)
    return None
