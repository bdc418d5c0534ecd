"""What an operator sets."""

from typing import Literal

from pydantic import Field

from shared.settings import Settings as KernelSettings


class Settings(KernelSettings):
    """Coordination's settings beside the kernel's; `signing_seed` is 32 bytes in hex, and production must give it."""

    days: Literal["clock", "simulated"] = "clock"
    signing_seed: str = Field("", repr=False)
