"""`python -m gateway`: the edge as one process."""

import asyncio
import sys

from pydantic import ValidationError

from gateway.app import make_service
from gateway.settings import ConfigurationError, Settings


def main() -> int:
    """Run until told to stop; a wrong environment ends it with one sentence."""
    try:
        settings = Settings()
        settings.check()
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except ValidationError as error:
        names = ", ".join(str(part["loc"][0]).upper() for part in error.errors(include_input=False))
        sys.stderr.write(f"These settings are missing or wrong: {names}.\n")
        return 2
    asyncio.run(make_service(settings).run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
