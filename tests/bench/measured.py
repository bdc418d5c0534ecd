"""Figures of one run: medians of repeats, ratios between them, one table on the screen and all of it in a JSON file."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

FOLDER = Path(__file__).parents[2] / ".khamdoan" / "bench"
FULL = os.environ.get("BENCH_FULL") == "1"


@dataclass
class Figure:
    """What one thing measured, in every repeat; a remark says what the number stands for."""

    section: str
    name: str
    unit: str
    remark: str = ""
    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The middle of the repeats: a neighbour's burst on a shared machine moves it least."""
        return median(self.values)


@dataclass
class Report:
    """The figures of one bench file, in the order they were first taken."""

    name: str
    title: str
    figures: dict[str, Figure] = field(default_factory=dict)
    ratios: list[tuple[str, float]] = field(default_factory=list)

    def take(self, section: str, name: str, value: float, unit: str = "events/s", remark: str = "") -> None:
        """Add one repeat of a figure."""
        self.figures.setdefault(name, Figure(section, name, unit, remark)).values.append(value)

    def median(self, name: str) -> float:
        """The median of a figure taken before."""
        return self.figures[name].median

    def ratio(self, sentence: str, of: str, to: str) -> None:
        """Note how two figures stand to each other, where both were taken."""
        if of in self.figures and to in self.figures and self.median(to):
            self.ratios.append((sentence, self.median(of) / self.median(to)))

    def finish(self) -> None:
        """Print the table and write the JSON file."""
        print(self.table())
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / f"{self.name}.json").write_text(json.dumps(self.as_json(), indent=2, ensure_ascii=False) + "\n")

    def table(self) -> str:
        """One table: figure, median, lowest, highest, repeats; then the ratios."""
        lines = ["", "", self.title, machine()]
        for section in dict.fromkeys(figure.section for figure in self.figures.values()):
            lines += ["", f"{section:<66}{'median':>10}{'lowest':>10}{'highest':>10}   n"]
            lines += [_line(figure) for figure in self.figures.values() if figure.section == section]
        if self.ratios:
            lines += ["", "ratios, within this run"]
            lines += [f"  {sentence:<84}{_number(value):>12}" for sentence, value in self.ratios]
        return "\n".join(lines) + "\n"

    def as_json(self) -> dict[str, object]:
        """Every repeat of every figure."""
        return {
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": machine(),
            "full": FULL,
            "figures": [vars(figure) | {"median": figure.median} for figure in self.figures.values()],
            "ratios": dict(self.ratios),
        }


def machine() -> str:
    """Processors, load and Python: without them a figure says nothing."""
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}, {platform.machine()}"


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so large a share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _line(figure: Figure) -> str:
    numbers = "".join(f"{_number(value):>10}" for value in (figure.median, min(figure.values), max(figure.values)))
    return f"  {figure.name:<64}{numbers}{len(figure.values):>4}  {figure.unit} {figure.remark}".rstrip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
