"""Solution folders as somebody might hand them in: rows moved, doubled, dropped, or nonsense, by a seed."""

import csv
import random
from collections.abc import Callable
from pathlib import Path

from scheduling.planning import Instance
from scheduling.planning.model import REASONS

Row = list[str]
Rows = list[Row]


class Breaker:
    """The rows of a valid solution, and ways to spoil them."""

    def __init__(self, instance: Instance, solution: Path, seed: int) -> None:
        self.instance, self.dice = instance, random.Random(seed)
        self.appointments, self.unassigned = _rows(solution / "appointments.csv"), _rows(solution / "unassigned.csv")
        self.ways: list[Callable[[], None]] = [
            self.drop, self.double, self.double_elsewhere, self.both, self.unknown, self.no_window, self.move,
            self.crowd, self.send_line, self.leave_out, self.false_reason, self.place, self.close_session,
        ]  # fmt: skip

    def spoil(self, folder: Path) -> list[str]:
        """Write a copy spoilt in one to three ways; returns their names."""
        chosen = self.dice.choices(self.ways, k=self.dice.randint(1, 3))
        for way in chosen:
            way()
        _write(folder / "appointments.csv", ["worker", "session", "window"], self.appointments)
        _write(folder / "unassigned.csv", ["worker", "reason"], self.unassigned)
        return [way.__name__ for way in chosen]

    def drop(self) -> None:
        self.appointments.pop(self._any())

    def double(self) -> None:
        self.appointments.append(list(self.appointments[self._any()]))

    def double_elsewhere(self) -> None:
        self.appointments.append([self.appointments[self._any()][0], *self._window()])

    def both(self) -> None:
        self.unassigned.append([self.appointments[self._any()][0], self.dice.choice(REASONS)])

    def unknown(self) -> None:
        row = self.dice.choice([["NOBODY", *self._window()], [self.appointments[self._any()][0], "NOWHERE", "0"]])
        self.appointments.insert(self._any(), row)
        self.unassigned.append(["NOBODY TOO", self.dice.choice(REASONS)])

    def no_window(self) -> None:
        self.appointments[self._any()][2] = self.dice.choice(["-1", "999", "noon", "", "1.5", " 1"])

    def move(self) -> None:
        for _ in range(self.dice.choice([1, 5, 40])):
            self.appointments[self._any()][1:] = self._window()

    def crowd(self) -> None:
        place = self.appointments[self._any()][1:]
        for _ in range(self.dice.choice([5, 40])):
            self.appointments[self._any()][1:] = place

    def send_line(self) -> None:
        line, place = self.dice.choice(self.instance.lines).id, self._window()
        crew = {w.id for w in self.instance.workers if w.line == line}
        for row in self.appointments:
            if row[0] in crew:
                row[1:] = place

    def leave_out(self) -> None:
        for _ in range(self.dice.choice([1, 5, 40])):
            worker = self.appointments.pop(self._any())[0]
            self.unassigned.append([worker, self.dice.choice(REASONS)])

    def false_reason(self) -> None:
        for row in self.unassigned:
            row[1] = self.dice.choice([row[1], self.dice.choice(REASONS), "because"])

    def place(self) -> None:
        if self.unassigned:
            worker = self.unassigned.pop(self.dice.randrange(len(self.unassigned)))[0]
            self.appointments.append([worker, *self._window()])

    def close_session(self) -> None:
        closed = self.appointments[self._any()][1]
        self.unassigned += [[row[0], "capacity_exhausted"] for row in self.appointments if row[1] == closed]
        self.appointments = [row for row in self.appointments if row[1] != closed] or [["NOBODY", closed, "0"]]

    def _any(self) -> int:
        return self.dice.randrange(len(self.appointments))

    def _window(self) -> Row:
        session = self.dice.choice(self.instance.sessions)
        return [session.id, str(self.dice.randrange(len(session.windows)))]


def _rows(path: Path) -> Rows:
    with path.open(newline="", encoding="utf-8") as source:
        return list(csv.reader(source))[1:]


def _write(path: Path, header: Row, rows: Rows) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as target:
        csv.writer(target, lineterminator="\n").writerows([header, *rows])
