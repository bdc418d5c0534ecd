"""The live display: one line per stage, and in a terminal a bar while something long goes on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class Display:
    """Tells a person what happens; keeps how long each stage, and each part of the exam days, took in seconds."""

    def __init__(self) -> None:
        self.console = Console(highlight=False)
        self.durations: dict[str, float] = {}
        self.parts: dict[str, float] = {}

    def say(self, text: str) -> None:
        """One line."""
        self.console.print(text, soft_wrap=True)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Add up how long something took that happens often, without a word."""
        started = monotonic()
        yield
        self.parts[name] = self.parts.get(name, 0) + monotonic() - started

    @contextmanager
    def stage(self, name: str, title: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """A stage with a bar that the yielded function moves; its duration is kept under `name`."""
        started = monotonic()
        columns = (TextColumn("  {task.description}"), BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn())
        seen = self.console.is_terminal
        with Progress(*columns, console=self.console, transient=True, refresh_per_second=4, disable=not seen) as bars:
            task = bars.add_task(title, total=total)
            yield lambda number: bars.advance(task, number)
        self.durations[name] = self.durations.get(name, 0) + monotonic() - started
        self.say(f"  ✓ {title}  [dim]{dotted(self.durations[name], 1)} s[/dim]")


def dotted(value: float, decimals: int = 0) -> str:
    """A number as Vietnamese writes it: 1.234,5."""
    return f"{value:,.{decimals}f}".translate(str.maketrans(",.", ".,"))
