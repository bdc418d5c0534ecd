"""The process in which roster files are opened: no network use, no secrets in its environment, little memory.

It answers one request after another on its pipes. In: a JSON head (what to do) and the file; out: a JSON head (facts
and the lengths of the chunks) and the chunks; four bytes of length before each. Nothing is ever unpickled.
"""

import gc
import json
import resource
import struct
import sys
from math import ceil
from typing import Any, BinaryIO

from contracts.roster_cells import ExtractedFile, RosterCells, to_chunks
from gateway.extraction import answer_file, files
from gateway.extraction.limits import MAX_MEMORY_BYTES, MAX_SECONDS, FileRefusedError

LENGTH = struct.Struct(">I")


def main() -> None:
    """Serve until the pipe closes, which it does when the parent ends."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    gc.set_threshold(200_000, 20, 100)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while length := source.read(LENGTH.size):
        _allow_seconds(MAX_SECONDS)
        request = json.loads(source.read(LENGTH.unpack(length)[0]))
        data = source.read(LENGTH.unpack(source.read(LENGTH.size))[0])
        _reply(sink, _extract(data) if request["do"] == "extract" else _answer_file(data, request))


def _allow_seconds(seconds: int) -> None:
    """The CPU limit counts the whole life of a process, so it is moved on for every file."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = ceil(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _extract(data: bytes) -> ExtractedFile:
    try:
        return files.extract(data)
    except MemoryError:
        return to_chunks(RosterCells(file_codes=FileRefusedError("file.too_large_uncompressed").codes))


def _answer_file(data: bytes, request: dict[str, Any]) -> ExtractedFile:
    place = answer_file.Place(request["sheet"], request["header_row"])
    answers = {int(row): text for row, text in request["answers"].items()}
    return ExtractedFile({}, [answer_file.write(data, place, answers)])


def _reply(sink: BinaryIO, extracted: ExtractedFile) -> None:
    head = json.dumps({"facts": extracted.facts, "lengths": [len(chunk) for chunk in extracted.chunks]}).encode()
    sink.write(LENGTH.pack(len(head)) + head)
    sink.writelines(extracted.chunks)
    sink.flush()


if __name__ == "__main__":
    main()
