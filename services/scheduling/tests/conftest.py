"""Scheduling's tables for the `database` fixture."""

from pathlib import Path

import pytest


@pytest.fixture
def migrations() -> Path:
    return Path(__file__).parents[1] / "migrations"
