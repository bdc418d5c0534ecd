"""Files that must be refused as a whole: one clear answer, quickly, in little memory."""

import copy
import io
import os
import struct
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.extraction import files, limits, text_file, workbook
from gateway.sandbox import Sandbox

SHEET = "xl/worksheets/sheet1.xml"
HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = "</sheetData></worksheet>"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def a_workbook(sheet: str | bytes | None = None, more: dict[str, bytes] | None = None) -> bytes:
    """A plain workbook whose sheet is replaced and that holds more parts."""
    plain, content = io.BytesIO(), io.BytesIO()
    workbook = openpyxl.Workbook()
    workbook.active.append(["Họ và tên", "Ngày sinh", "Số CCCD"])
    workbook.save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, sheet if sheet is not None and name == SHEET else source.read(name))
        for name, part in (more or {}).items():
            target.writestr(name, part)
    return content.getvalue()


def a_bomb() -> bytes:
    """A sheet that inflates to 400 MB of blanks."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        target.writestr("xl/workbook.xml", "<workbook/>")
        with target.open(SHEET, "w") as part:
            for _ in range(400):
                part.write(b" " * (1 << 20))
    return content.getvalue()


def a_lying_bomb() -> bytes:
    """The same bomb whose directory declares a kilobyte."""
    content = bytearray(a_bomb())
    position = content.rfind(b"PK\x01\x02")
    content[position + 24 : position + 28] = struct.pack("<I", 1024)
    return bytes(content)


def a_zip_of_zips(levels: int) -> bytes:
    """An archive of archives of archives of blanks."""
    inner = b" " * (1 << 20)
    for _ in range(levels + 1):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as target:
            for number in range(10):
                target.writestr(f"{number}.zip", inner)
        inner = content.getvalue()
    return inner


def an_overlapping_archive() -> bytes:
    """One part of 20 MB that the directory names four thousand times, and calls small."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("xl/a.xml", b"0" * (20 << 20))
        for number in range(4_000):
            again = copy.copy(target.filelist[0])
            again.filename, again.file_size = f"xl/a{number}.xml", 100
            target.filelist.append(again)
    return content.getvalue()


def a_broken_part(method: int) -> bytes:
    """An archive whose only part was packed by some method and then damaged in its middle."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as target:
        target.writestr("xl/workbook.xml", os.urandom(2_000) + b"<workbook/>")
    damaged = bytearray(content.getvalue())
    damaged[40:1_000] = bytes(960)
    return bytes(damaged)


def cell(reference: str, text: str = "x") -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


DOCTYPE = '<?xml version="1.0"?><!DOCTYPE worksheet [<!ENTITY a "aaaa">]>'
HOSTILE = {
    "random bytes": (os.urandom(6000), ["file.not_a_workbook"]),
    "text with a control character": ("Họ tên;Ngày sinh\x01".encode(), ["file.not_a_workbook"]),
    "broken UTF-16": (b"\xff\xfea", ["file.not_a_workbook"]),
    "old binary workbook": (OLE + bytes(2000), ["file.not_a_workbook"]),
    "encrypted workbook": (OLE + bytes(500) + "EncryptedPackage".encode("utf-16-le"), ["file.encrypted"]),
    "truncated archive": (a_workbook()[:2000], ["file.corrupt"]),
    "broken part": (a_broken_part(zipfile.ZIP_DEFLATED), ["file.corrupt"]),
    "broken part, bzip2": (a_broken_part(zipfile.ZIP_BZIP2), ["file.corrupt"]),
    "broken part, lzma": (a_broken_part(zipfile.ZIP_LZMA), ["file.corrupt"]),
    "archive without a workbook": (a_workbook()[:0] + b"PK\x05\x06" + bytes(18), ["file.corrupt"]),
    "broken sheet": (a_workbook("<worksheet><sheetData><row"), None),
    "macro": (a_workbook(more={"xl/vbaProject.bin": b"x"}), ["file.macros_present"]),
    "old macro sheet": (a_workbook(more={"xl/macrosheets/sheet1.xml": b"<x/>"}), ["file.macros_present"]),
    "macro and link": (
        a_workbook(more={"xl/vbaProject.bin": b"x", "xl/externalLinks/externalLink1.xml": b"<x/>"}),
        ["file.external_links", "file.macros_present"],
    ),
    "doctype": (a_workbook(DOCTYPE + HEAD + TAIL), ["file.xml_doctype"]),
    "doctype in another part": (a_workbook(more={"docProps/custom.xml": DOCTYPE.encode()}), ["file.xml_doctype"]),
    "doctype in UTF-16": (a_workbook(DOCTYPE.encode("utf-16")), ["file.xml_doctype"]),
    "cell in the last column": (
        a_workbook(HEAD + f'<row r="1">{cell("XFD1")}</row>' + TAIL),
        ["file.too_many_columns"],
    ),
    "a million columns": (b",".join([b"Ho ten"] * 1_000_000), ["file.too_many_columns"]),
    "a square of a million rows": (
        a_workbook(HEAD + f'<row r="1">{cell("A1")}</row><row r="1048576">{cell("SR1048576")}</row>' + TAIL),
        ["file.too_large_uncompressed"],
    ),
    "a stray cell in the last row": (
        a_workbook(HEAD + f'<row r="1">{cell("A1")}</row><row r="1048576">{cell("A1048576")}</row>' + TAIL),
        ["file.too_large_uncompressed"],
    ),
    "too many records": (b"An;1990;1\n" * 120_000, ["file.too_many_rows"]),
    "bomb": (a_bomb(), ["file.too_large_uncompressed"]),
    "lying bomb": (a_lying_bomb(), ["file.too_large_uncompressed"]),
    "half a million half-open tags": (
        a_workbook(HEAD + '<c r="AB2" t="e" ' * 500_000 + " hidden= " + TAIL),
        ["file.corrupt"],
    ),
    "a zip of zips": (a_zip_of_zips(3), ["file.corrupt"]),
    "one part named four thousand times": (an_overlapping_archive(), ["file.corrupt"]),
    "too many parts": (
        a_workbook(more={f"xl/media/{n}.png": b"" for n in range(6000)}),
        ["file.too_large_uncompressed"],
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gets_one_clear_answer_within_the_childs_limit(name: str) -> None:
    content, codes = HOSTILE[name]
    started = time.process_time()

    extracted = files.extract(content)

    assert not extracted.readable
    assert extracted.file_codes == codes if codes else extracted.file_codes == ["file.corrupt"]
    assert time.process_time() - started < limits.MAX_SECONDS


def test_an_external_link_alone_is_only_a_warning() -> None:
    extracted = files.extract(a_workbook(more={"xl/externalLinks/externalLink1.xml": b"<x/>"}))

    assert extracted.readable
    assert extracted.file_codes == ["file.external_links"]


async def test_a_child_that_needs_too_much_memory_is_replaced() -> None:
    text = "x" * 30_000
    shared = f"<sst><si><t>{text}</t></si></sst>".encode()
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 60_000))
    hog = a_workbook(HEAD + rows + TAIL, {"xl/sharedStrings.xml": shared})
    async with Sandbox(children=1) as sandbox:
        refused = await sandbox.extract(hog)
        read = await sandbox.extract("Họ tên;Ngày sinh;CCCD\nAn;1990;\n".encode())

    assert refused.file_codes == ["file.too_large_uncompressed"]
    assert read.readable


async def test_a_file_larger_than_any_may_unpack_to_is_not_even_sent_to_a_child() -> None:
    async with Sandbox(children=1) as sandbox:
        refused = await sandbox.extract(bytes(limits.MAX_EXPANDED_BYTES + 1))

    assert refused.file_codes == ["file.too_large_uncompressed"]


async def test_a_child_killed_at_work_takes_only_its_file_along() -> None:
    async with Sandbox(children=1) as sandbox:
        await sandbox.extract(b"a;b\n")
        child = next(iter(sandbox._alive))
        child.kill()
        await child.wait()
        read = await sandbox.extract(b"a;b\n")

    assert read.readable


async def test_children_end_with_the_sandbox_and_inherit_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    async with Sandbox(children=1) as sandbox:
        await sandbox.extract(b"a;b\n")
        child = next(iter(sandbox._alive))
        environment = environment_of(child.pid)

    assert b"secret" not in environment
    assert child.returncode is not None


def environment_of(pid: int) -> bytes:
    file = Path(f"/proc/{pid}/environ")
    return file.read_bytes() if file.exists() else b""


@pytest.mark.parametrize("end", ["", '"Tam,3\n'], ids=["never closed", "closed in a later line"])
def test_a_stray_quote_swallows_no_row(end: str) -> None:
    rows = f'Họ và tên,Số\nMột,1\n"Hai,2\nBa,3\n{end}'

    sheet = text_file.extract(rows.encode()).sheets[0]

    assert len(sheet.rows) == len(rows.splitlines())


def test_a_line_break_in_a_well_quoted_cell_starts_no_row() -> None:
    sheet = text_file.extract('Họ và tên,Số\n"Một\nHai",1\nBa,3\n'.encode()).sheets[0]

    assert len(sheet.rows) == 3


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"\xff\xfe", b"\xef\xbb\xbf", OLE]))
def test_random_bytes_never_break_the_extraction(content: bytes, head: bytes) -> None:
    extracted = files.extract(head + content)

    assert extracted.readable or extracted.file_codes


WHOLE = a_workbook()


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
def test_a_damaged_workbook_never_breaks_the_extraction(position: int, value: int) -> None:
    damaged = bytearray(WHOLE)
    damaged[position] = value

    extracted = files.extract(bytes(damaged))

    assert extracted.readable or extracted.file_codes


@pytest.mark.parametrize("marks", ["\u0301\u0323", "\u0f71\u0f72"])
def test_a_tower_of_marks_is_cut_down_before_anybody_has_to_put_them_in_order(marks: str) -> None:
    name = "Trầ" + marks * 16_000

    cell = workbook.text_cell(name)

    assert cell == "Trầ" + marks * 15
    assert workbook.text_cell("Nguyễn Thị " * 40) == "Nguyễn Thị " * 40
