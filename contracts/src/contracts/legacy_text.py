"""Vietnamese text in the byte-fonts of the 1990s (TCVN3 "ABC", VNI), as it still comes out of old payroll programs.

`data/legacy_encodings.tsv` lists the letters. A heading may be written so (the edge looks for it) and any text cell.
"""

import re
from functools import lru_cache
from importlib.resources import files
from typing import Literal

Encoding = Literal["tcvn3", "vni"]

_TCVN3 = re.compile("[¡¢£¤¥¦§¨©ª«¬®µ¶·¸¹»¼½¾Ç×Þßç÷þ\xad]")
_VNI = re.compile("[ÄÅÆËÎÏÑÖØÛÜäåæëîïñöøûü]")


def detect(text: str) -> Encoding | None:
    """The old encoding a text is in, told by letters that Vietnamese in Unicode never has."""
    if text.isascii():
        return None
    if _TCVN3.search(text):
        return "tcvn3"
    if _VNI.search(text):
        return "vni"
    return None


def convert(text: str, encoding: Encoding) -> str:
    """The text in Unicode; TCVN3 has no capitals with tones, they come out small."""
    letters = table(encoding)
    return _pattern(encoding).sub(lambda found: letters[found.group()], text)


def typed(text: str, encoding: Encoding) -> str:
    """The text as it is typed in an old font; capitals that the font does not have come out small."""
    letters = _letters(encoding)
    return "".join(letters.get(letter) or letters.get(letter.lower(), letter) for letter in text)


@lru_cache(maxsize=2)
def _letters(encoding: Encoding) -> dict[str, str]:
    return {letter: written for written, letter in table(encoding).items()}


@lru_cache(maxsize=2)
def table(encoding: Encoding) -> dict[str, str]:
    """What is typed in an old font, one or two characters, and the letter it shows."""
    lines = (files("contracts") / "data" / "legacy_encodings.tsv").read_text(encoding="utf-8").splitlines()
    letters: dict[str, str] = {}
    for line in lines[1:]:
        letter, tcvn3, vni = line.split("\t")
        typed = tcvn3 if encoding == "tcvn3" else vni
        if typed:
            letters.setdefault(typed, letter)
    return letters


@lru_cache(maxsize=2)
def _pattern(encoding: Encoding) -> re.Pattern[str]:
    longest_first = sorted(table(encoding), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)))
