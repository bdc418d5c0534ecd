"""Hazard wordings to the codes of the exam packages; `data/hazard_terms.tsv` lists the terms."""

import re
import unicodedata
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from contracts.roster_cells import Cell
from registry.reading import text
from registry.reading.text import NONE, Field

UNSPECIFIC, UNCODED, NO_HAZARD = "UNSPECIFIC", "UNCODED", "NONE"

_TOKEN = re.compile(r"\w+|[^\w\s]")
_DIVIDED_WITH_MARKS = re.compile(r"\([^()]*\)|[,;/+\n\r\v\f\u2028\u2029]|(?<!\w)và(?!\w)", re.IGNORECASE)
_DIVIDED_WITHOUT_MARKS = re.compile(r"\([^()]*\)|[,;/+\n\r\v\f\u2028\u2029]|(?<!\w)va(?!\w)", re.IGNORECASE)
_BULLET = re.compile(r"^[\s\-–—•●▪◦*·+>]+")
_OLDER = {"oà": "òa", "oá": "óa", "oả": "ỏa", "oã": "õa", "oạ": "ọa", "oè": "òe", "oé": "óe", "oẻ": "ỏe"}
_TONE_PLACES = _OLDER | {"oẽ": "õe", "oẹ": "ọe", "uỳ": "ùy", "uý": "úy", "uỷ": "ủy", "uỹ": "ũy", "uỵ": "ụy"}
_TONE_PLACE = re.compile("(?<!q)(" + "|".join(_TONE_PLACES) + r")\b")

LONGEST = 2_000
"""Characters of a cell in which hazards are looked for; what stands behind them is reported as unrecognised."""

Tokens = tuple[str, ...]


class _Terms(NamedTuple):
    codes: dict[Tokens, tuple[str, ...]]
    longest: int


@lru_cache(maxsize=2)
def _terms(*, marks: bool) -> _Terms:
    terms: dict[Tokens, tuple[str, ...]] = {}
    for name in ("hazard_terms.tsv", "hazard_terms_more.tsv"):
        lines = (files("registry.reading") / "data" / name).read_text(encoding="utf-8").splitlines()
        for line in lines[1:]:
            term, codes = line.split("\t")
            written = _normal(term) if marks else text.without_marks(term)
            terms.setdefault(tuple(_TOKEN.findall(written)), tuple(codes.split(",")))
    return _Terms(terms, max(map(len, terms)))


@lru_cache(maxsize=1)
def codes() -> frozenset[str]:
    """Every code that a wording stands for."""
    named = {code for codes in _terms(marks=True).codes.values() for code in codes}
    return frozenset(named - {UNSPECIFIC, UNCODED, NO_HAZARD})


def _normal(written: str) -> str:
    """Small letters, the tone on its older place (`hoá` and `hóa` are one word)."""
    return _TONE_PLACE.sub(lambda found: _TONE_PLACES[found[1]], written.lower())


def read_hazards(cell: Cell) -> Field:
    """The sorted list of all hazards a cell names; parts that say too little or nothing known are reported."""
    raw = unicodedata.normalize("NFC", text.raw_text(cell))
    cleaned = text.clean_cell(cell)
    if not cleaned or cleaned == "-":
        return Field(None)
    codes: tuple[str, ...] = NONE
    if cleaned != text.clean(raw):
        raw, codes = _converted(cell), ("text.legacy_encoding_converted",)
    if len(raw) > LONGEST:
        raw, codes = raw[:LONGEST], (*codes, "hazard.unrecognised")
    has_marks = text.without_marks(raw) != raw.lower()
    terms = _terms(marks=has_marks)
    found: set[str] = set()
    reported: set[str] = set(codes)
    for part in _parts(raw, has_marks=has_marks):
        hazards = _part(tuple(_TOKEN.findall(_normal(part))), terms)
        reported |= _report(hazards)
        found |= hazards - {UNSPECIFIC, UNCODED, NO_HAZARD}
    return Field(sorted(found) or None, tuple(sorted(reported)))


def _converted(cell: Cell) -> str:
    """The text in Unicode with its line breaks, which divide, kept as separators."""
    return text.clean_cell(cell.replace("\n", ";") if isinstance(cell, str) else cell)


def _parts(raw: str, *, has_marks: bool) -> list[str]:
    """The cell divided at separators outside parentheses, without bullets."""
    pieces, start = [], 0
    for found in (_DIVIDED_WITH_MARKS if has_marks else _DIVIDED_WITHOUT_MARKS).finditer(raw):
        if not found[0].startswith("("):
            pieces.append(raw[start : found.start()])
            start = found.end()
    parts = (_BULLET.sub("", text.clean(piece)) for piece in [*pieces, raw[start:]])
    return [part for part in parts if part]


def _part(tokens: Tokens, terms: _Terms) -> set[str]:
    """The codes of an equal term, else of all terms found as whole words, longest first, without overlap."""
    if tokens in terms.codes:
        return set(terms.codes[tokens])
    found: set[str] = set()
    free = list(tokens)
    for length in range(min(terms.longest, len(tokens)), 0, -1):
        for start in range(len(tokens) - length + 1):
            window = tuple(free[start : start + length])
            if window in terms.codes:
                found |= set(terms.codes[window])
                free[start : start + length] = [""] * length
    if not found:
        return set()
    return found - {UNSPECIFIC} or found


def _report(hazards: set[str]) -> set[str]:
    if not hazards:
        return {"hazard.unrecognised"}
    reported = {"hazard.without_code"} if UNCODED in hazards else set()
    return reported | ({"hazard.unspecific"} if UNSPECIFIC in hazards else set())
