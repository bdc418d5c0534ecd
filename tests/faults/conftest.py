"""What every fault test may ask for: the kernel's shop and its means of doing harm, and a place for its figures."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
sys.path.insert(1, str(HERE.parents[1] / "shared" / "tests"))

import fault_report
from kernel_shop import MIGRATIONS, Store, a_store


class Figure(Protocol):
    """Notes one row of measured values."""

    def __call__(self, fault: str, /, **values: Any) -> None:
        """Values are numbers or short texts, their unit in the name: `recovered_seconds=4.1`."""


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Iterator[Figure]:
    """`figure("Kafka killed", recovered_seconds=4.1, copies=12)`: a row of `.khamdoan/faults/report.json`."""
    rows: list[dict[str, Any]] = []

    def note(fault: str, /, **values: Any) -> None:
        rows.append({"fault": fault, **values})
        print(f"  {fault}: {', '.join(f'{name} {value}' for name, value in values.items())}")

    yield note
    if rows:
        fault_report.replace(request.node.nodeid, rows)


@pytest.fixture
def migrations() -> Path:
    """The shop's tables."""
    return MIGRATIONS


@pytest.fixture
def store() -> Store:
    """A consumer with an empty record of its calls."""
    return a_store()
