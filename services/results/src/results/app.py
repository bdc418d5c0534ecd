"""The composition root: the only file that builds things."""

from importlib.resources import files
from pathlib import Path

from results import deadlines
from results.consumers import consumer
from results.settings import Settings
from shared.service import Service

MIGRATIONS = Path(str(files("results"))).parents[1] / "migrations"


def make_service(settings: Settings) -> Service:
    """Results, ready to run."""
    return Service(
        name="results", settings=settings, consumer=consumer, migrations=MIGRATIONS, deadlines=deadlines.DEADLINES
    )
