"""Rosters laid out in ways nobody thought of: drawn from seeds, each row with the reading it deserves."""

from collections.abc import Callable
from typing import Any

import pytest
import roster_layouts
from roster_people import EXAMINED_ON

Read = Callable[..., Any]

FILES = 40
MANY_FILES = 250


def misread(read: Read, seed: int) -> list[Any]:
    """What of a drawn file was read otherwise than it deserves."""
    layout = roster_layouts.draw(seed)
    reading = read(layout.content, EXAMINED_ON)
    mine = {person.row: (list(person.codes), person.fields) for person in reading.persons}
    deserved = {row.row: (row.codes, row.fields) for row in layout.rows}
    differing = [row for row in sorted(mine.keys() | deserved.keys()) if mine.get(row) != deserved.get(row)]
    return [(layout.what, row, mine.get(row), deserved.get(row)) for row in differing]


@pytest.mark.parametrize("start", range(0, 10 * FILES, FILES))
def test_every_row_of_a_drawn_file_is_read_as_it_deserves(read: Read, start: int) -> None:
    assert [wrong for seed in range(start, start + FILES) for wrong in misread(read, seed)] == []


@pytest.mark.exhaustive
@pytest.mark.parametrize("start", range(10_000, 15_000, MANY_FILES))
def test_every_row_of_thousands_of_drawn_files_is_read_as_it_deserves(read: Read, start: int) -> None:
    assert [wrong for seed in range(start, start + MANY_FILES) for wrong in misread(read, seed)] == []
