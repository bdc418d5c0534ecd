"""Large rosters are read in a process of their own: what comes out is the same, and its end is no roster's end."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from pydantic_core import to_json
from registry_builders import UNIT, a_person, a_sheet

from contracts.roster_cells import to_chunks
from registry.blind_index import BlindIndex
from registry.roster_opening import Opened, Sealed, open_roster
from registry.roster_reader import Reader, ReaderFailedError, ReaderGoneError
from registry.roster_rows import Roster
from shared.sealing import new_key_pair, seal

ROSTER = Roster(UUID(int=9), UNIT, None, None, complete=True, dry_run=False, reference_date=date(2026, 6, 1))
INDEX = BlindIndex(bytes(32), b"\1" * 32)


@pytest.fixture
def reader() -> Iterator[Reader]:
    """A reader that has not begun."""
    reader = Reader()
    yield reader
    reader.close()


def read_by(opening: object) -> Opened:
    """Have a small list read, by a function of a process or by one of ours."""
    private, public = new_key_pair()
    extracted = to_chunks(a_sheet(*(a_person(number) for number in range(7)), ["8", "", "", "", ""]))
    facts = Sealed("1", seal(public, to_json(extracted.facts)))
    chunks = [Sealed("1", seal(public, chunk)) for chunk in extracted.chunks]
    assert callable(opening)
    opened = opening(ROSTER, facts, chunks, {"1": private}, INDEX, {}, {})
    assert isinstance(opened, Opened)
    return opened


def test_a_roster_read_in_a_process_beside_is_read_as_here(reader: Reader) -> None:
    there, here = read_by(reader.open_roster), read_by(open_roster)

    assert there.accepted is not None
    assert here.accepted is not None
    assert there.accepted.entries(0, 7) == here.accepted.entries(0, 7)
    assert there.accepted.entries(2, 5) == here.accepted.entries(2, 5)
    assert (there.size, there.rows, there.refused) == (here.size, here.rows, here.refused)


def test_what_cannot_be_opened_there_is_a_refused_file_as_here(reader: Reader) -> None:
    opened = reader.open_roster(ROSTER, Sealed("lost", ""), [], {}, INDEX, {}, {})

    assert (opened.file_outcome, opened.file_codes, opened.accepted) == ("refused", ["file.unopenable"], None)


def test_whoever_waits_for_a_process_that_ended_is_told_so(reader: Reader) -> None:
    opened = read_by(reader.open_roster)
    reader.close()

    assert opened.accepted is not None
    with pytest.raises(ReaderGoneError):
        opened.accepted.entries(0, 1)


def test_what_goes_wrong_there_is_told_by_its_place_alone_and_ends_nothing(reader: Reader) -> None:
    opened = read_by(reader.open_roster)

    with pytest.raises(ReaderFailedError, match=r"^KeyError at registry\.roster_reader:\d+$"):
        reader.entries(UUID(int=404), 0, 1)
    assert opened.accepted is not None
    assert len(opened.accepted.entries(0, 7)) == 7


def environments_of_readers() -> list[Path]:
    """The environment of each process that reads for this one, as Linux shows it."""
    children = [pid for told in Path("/proc/self/task").glob("*/children") for pid in told.read_text().split()]
    readers = [Path("/proc", pid) for pid in children if b"roster_reader" in Path("/proc", pid, "cmdline").read_bytes()]
    return [reader / "environ" for reader in readers]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks where Linux shows processes")
def test_the_process_has_none_of_the_secrets_of_the_service(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KHAMDOAN_MASTER_KEY", "kept-from-others")

    read_by(reader.open_roster)

    told = [path.read_bytes().split(b"\0") for path in environments_of_readers()]
    assert len(told) == 1
    assert [entry for entry in told[0] if entry.startswith(b"PYTHONPATH=")]
    assert [entry for entry in told[0] if entry.startswith(b"KHAMDOAN_MASTER_KEY")] == []
