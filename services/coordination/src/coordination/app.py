"""The composition root: the only file that builds things."""

from importlib.resources import files
from pathlib import Path

from coordination import days
from coordination.consumers import make_consumer
from coordination.settings import Settings
from shared.service import Service

MIGRATIONS = Path(str(files("coordination"))).parents[1] / "migrations"


def make_service(settings: Settings) -> Service:
    """Coordination, ready to run; refuses to start in production without a signing key or with simulated days."""
    if settings.khamdoan_environment == "production" and (not settings.signing_seed or settings.days != "clock"):
        raise SystemExit("Production needs SIGNING_SEED (32 bytes in hex) and DAYS=clock.")
    return Service(
        name="coordination",
        settings=settings,
        consumer=make_consumer(settings),
        migrations=MIGRATIONS,
        background=[days.follow_clock] if settings.days == "clock" else [],
    )
