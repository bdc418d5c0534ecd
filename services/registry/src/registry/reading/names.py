"""Names: the display form, its parts by position, and the key under which one person's spellings meet."""

import re
import unicodedata
from typing import NamedTuple

from contracts import legacy_text
from contracts.roster_cells import Cell
from registry.reading import text
from registry.reading.text import NONE

_REMARK = re.compile(r"\s*\([^()]*\)\s*$")
_WORD_START = re.compile(r"(^|[ '’.-])([^\W\d_])")
_ALLOWED = frozenset(" '’.-")
_OTHER_ALPHABETS = re.compile("[\u0370-\u052f]")
_FOREIGN = re.compile("[Ðð\u0370-\u052f]")
"""Icelandic eth, and Greek and Cyrillic letters: some keyboards and copied texts have them for ours."""
_LOOKALIKES = {
    **str.maketrans("Ðð", "Đđ"),
    **str.maketrans("АВЕЅІЈКМНОРСТУХаеѕіјорсух", "ABESIJKMHOPCTYXaesijopcyx"),
    **str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοιαν", "ABEZHIKMNOPTYXoiav"),
}


class Name(NamedTuple):
    """A name as shown, its parts (None if absent), and the codes to report."""

    full: str | None
    family: str | None = None
    middle: str | None = None
    given: str | None = None
    codes: tuple[str, ...] = NONE


def read_name(cell: Cell) -> Name:
    """Read a name; `full` is None if it is missing or holds what no name holds."""
    raw = text.raw_text(cell)
    if _is_clean(raw) and raw is cell:
        return _split(raw, NONE)
    codes: list[str] = ["name.invisible_characters_removed"] if text.INVISIBLE.search(raw) else []
    cleaned = text.clean(raw)
    if not cleaned:
        return Name(None, codes=("name.missing",))
    encoding = text.encoding_of(cell, cleaned)
    if encoding:
        cleaned = text.clean(legacy_text.convert(cleaned, encoding))
        codes.append("name.legacy_encoding_converted")
    else:
        if not unicodedata.is_normalized("NFC", raw):
            codes.append("name.unicode_normalized")
        if _FOREIGN.search(cleaned):
            cleaned = _in_our_letters(cleaned, codes)
    if text.has_formula_prefix(cleaned):
        codes.append("text.formula_prefix")
    return _finish(cleaned, encoding, codes)


def _is_clean(raw: str) -> bool:
    """A fast no for everything that needs a closer look; most names of most rosters need none."""
    return (
        raw.istitle()
        and raw.replace(" ", "").isalpha()
        and "  " not in raw
        and raw[0] != " " != raw[-1]
        and " " in raw
        and not raw.isupper()
        and (raw.isascii() or (unicodedata.is_normalized("NFC", raw) and legacy_text.detect(raw) is None))
        and not _FOREIGN.search(raw)
    )


def _in_our_letters(name: str, codes: list[str]) -> str:
    """Foreign letters replaced by the ones they look like, tones kept, unless some are left that look like none."""
    replaced = unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).translate(_LOOKALIKES))
    if not _OTHER_ALPHABETS.search(replaced):
        codes.append("name.lookalike_letters_replaced")
        return replaced
    if any(c.isascii() and c.isalpha() for c in name):
        codes.append("name.mixed_alphabets")
    return name


def _finish(name: str, encoding: str | None, codes: list[str]) -> Name:
    bare = _REMARK.sub("", name)
    if bare != name:
        codes.append("name.annotation_removed")
    if not bare:
        return Name(None, codes=(*codes, "name.missing"))
    if not bare[0].isalpha() or not all(c.isalpha() or c in _ALLOWED for c in bare):
        return Name(None, codes=(*codes, "name.invalid_characters"))
    if _is_one_case(bare, encoding):
        shown = title_case(bare.lower())
        if shown != bare or encoding is None:
            codes.append("name.case_normalized")
        bare = shown
    elif encoding:
        bare = title_case(bare)
    return _split(bare, tuple(codes))


def _is_one_case(name: str, encoding: str | None) -> bool:
    """Whether the letters are all capitals or all small; TCVN3 has no capitals with tones, so those say nothing."""
    letters = [c for c in name if c.isalpha()]
    if encoding == "tcvn3":
        letters = [c for c in letters if not text.has_tone(c)]
    return bool(letters) and (all(c.isupper() for c in letters) or all(c.islower() for c in letters))


def title_case(name: str) -> str:
    """A capital for the first letter of each word and after an apostrophe, hyphen or full stop."""
    return _WORD_START.sub(lambda found: found[1] + found[2].upper(), name)


def _split(name: str, codes: tuple[str, ...]) -> Name:
    words = name.split()
    if len(words) == 1:
        return Name(name, None, None, name, (*codes, "name.single_word"))
    return Name(name, words[0], " ".join(words[1:-1]) or None, words[-1], codes)


def name_key(name: str) -> str:
    """Small letters, marks removed, đ as d, single spaces: what two spellings of one name have in common."""
    return " ".join(_word_keys[word] for word in name.split())


class _WordKeys(dict[str, str]):
    def __missing__(self, word: str) -> str:
        if len(self) > 50_000:
            self.clear()
        key = self[word] = text.without_marks(word)
        return key


_word_keys = _WordKeys()
