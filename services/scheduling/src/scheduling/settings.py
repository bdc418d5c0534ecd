"""What an operator may set."""

from shared.settings import Settings as ServiceSettings


class Settings(ServiceSettings):
    """The kernel's settings, and how long a plan may take: seconds, at most, by the size of its demand."""

    plan_time_limit: float = 10.0
    large_plan_time_limit: float = 30.0
    large_plan_workers: int = 5_000
    plan_poll_seconds: float = 1.0
