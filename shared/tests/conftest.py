"""Fixtures of the kernel's own tests."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from kernel_shop import MIGRATIONS, Store, a_store


@pytest.fixture
def migrations() -> Path:
    """The shop's tables."""
    return MIGRATIONS


@pytest.fixture
def store() -> Store:
    """A consumer with an empty record of its calls."""
    return a_store()
