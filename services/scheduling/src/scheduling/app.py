"""The composition root: the only file that builds things."""

from importlib.resources import files
from pathlib import Path

from scheduling import deadlines
from scheduling.consumers import consumer
from scheduling.plan_runner import PlanRunner
from scheduling.settings import Settings
from shared.service import Service

MIGRATIONS = Path(str(files("scheduling"))).parents[1] / "migrations"


def make_service(settings: Settings) -> Service:
    """Scheduling, ready to run: the consumer and, beside it, the plan runner."""
    return Service(
        name="scheduling",
        settings=settings,
        consumer=consumer,
        migrations=MIGRATIONS,
        background=[PlanRunner(settings).run],
        deadlines=deadlines.DEADLINES,
    )
