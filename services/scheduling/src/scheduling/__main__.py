"""`python -m scheduling` runs the service until it is told to stop."""

import asyncio

from scheduling.app import make_service
from scheduling.settings import Settings

asyncio.run(make_service(Settings()).run())
