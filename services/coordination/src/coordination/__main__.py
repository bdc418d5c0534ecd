"""`python -m coordination` runs the service until it is told to stop."""

import asyncio

from coordination.app import make_service
from coordination.settings import Settings

asyncio.run(make_service(Settings()).run())
