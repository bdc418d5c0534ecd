"""`python -m results` runs the service until it is told to stop."""

import asyncio

from results.app import make_service
from results.settings import Settings

asyncio.run(make_service(Settings()).run())
