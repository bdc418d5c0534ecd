"""python -m registry"""

import asyncio

from registry.app import run
from registry.settings import Settings

asyncio.run(run(Settings()))
