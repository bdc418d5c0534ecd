"""The shop as a process of its own, to be killed, frozen and drained by tests; settings come from the environment."""

import asyncio

from kernel_shop import MIGRATIONS, a_store

from shared.service import Service, Settings


async def main() -> None:
    """Run the shop until it is stopped."""
    await Service("store", Settings(), consumer=a_store().consumer, migrations=MIGRATIONS).run()


if __name__ == "__main__":
    asyncio.run(main())
