"""What an operator may set."""

from shared.settings import Settings as ServiceSettings


class Settings(ServiceSettings):
    """The kernel's settings, and how long a plan may be searched for: seconds, more for more people, up to a limit."""

    plan_seconds: float = 2.0
    plan_seconds_per_thousand: float = 1.5
    plan_time_limit: float = 30.0
    plan_poll_seconds: float = 1.0

    def plan_seconds_for(self, people: int) -> float:
        """How long to search for a plan of so many people."""
        return min(self.plan_time_limit, self.plan_seconds + self.plan_seconds_per_thousand * people / 1000)
