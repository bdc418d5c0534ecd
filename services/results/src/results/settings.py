"""What an operator sets."""

from shared.settings import Settings as KernelSettings


class Settings(KernelSettings):
    """Results needs nothing beside the kernel's settings."""
