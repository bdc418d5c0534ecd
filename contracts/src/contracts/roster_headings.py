"""Which column of a roster a heading announces: the wordings that senders use, compared without marks and case.

Both ends of a roster's way need it: the gateway to see where a text file's header stands (its delimiter is the one that
occurs most there), registry to map columns. `data/roster_headings.tsv` holds the wordings.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from contracts import legacy_text
from contracts.legacy_text import Encoding

OLD_ENCODINGS: tuple[Encoding, ...] = ("tcvn3", "vni")
EXACT, PART, PHRASE = 3, 2, 1
SHORT = 3
"""Letters of a wording that means little in a longer heading: `Tên`, `Tổ`, `Ca`, `TT`."""
LONGEST = 1_000
"""Characters as they are written, white space and marks among them, beyond which nothing is a heading."""
NAME_FIELDS = frozenset({"full_name", "given_name"})
UNNAMED_FIELDS = frozenset({"running_number", "ignored"})

TEMPLATE_FIELDS = {
    "HO_TEN": "full_name",
    "GIOI_TINH": "sex",
    "NGAY_SINH": "birth_date",
    "SO_CCCD": "national_id",
    "NGAYCAP_CCCD": "issue_date",
    "NOICAP_CCCD": "issue_place",
    "MA_DAN_TOC": "ethnic_code",
    "MATINH_CU_TRU": "residence_province_code",
    "MAXA_CU_TRU": "residence_commune_code",
    "DIA_CHI": "address",
    "DIEN_THOAI": "phone",
    "MA_NGHE_NGHIEP": "occupation_code",
    "NOI_LAM_VIEC_HOC_TAP": "workplace",
    "NHOM_MAU": "blood_group",
    "DOI_TUONG": "target_groups",
    "NGUON_CHI_TRA": "payer_sources",
    "LY_DO_VV": "visit_reason",
    "MA_LOAI_KCB": "visit_type_code",
}
"""Field keys of the national template (QĐ 1551/QĐ-BYT, QĐ 2062/QĐ-BYT) that say something before the examination."""

SPELLED_OUT = {
    "bh": "bao hiem",
    "bnn": "benh nghe nghiep",
    "bp": "bo phan",
    "cn": "cong nhan",
    "cnv": "cong nhan vien",
    "cty": "cong ty",
    "cv": "cong viec",
    "dk": "dieu kien",
    "dt": "dien thoai",
    "hd": "hop dong",
    "hdld": "hop dong lao dong",
    "ld": "lao dong",
    "lv": "lam viec",
    "ms": "ma so",
    "mtld": "moi truong lao dong",
    "nld": "nguoi lao dong",
    "nv": "nhan vien",
    "pb": "phong ban",
    "px": "phan xuong",
    "sdt": "so dien thoai",
    "sx": "san xuat",
    "thnn": "tac hai nghe nghiep",
    "xn": "xi nghiep",
    "yt": "yeu to",
}
"""Abbreviations inside headings, as they are once folded."""

_PARTS = re.compile(r"[\n\r/()\[\]|;:,–—-]+")
_NOT_WORD = re.compile(r"[\W_]+")


class Match(NamedTuple):
    """The field a heading announces, how surely: EXACT, PART (one of two languages), PHRASE (somewhere in it), by what.

    `wording` is the known one that was found, never the heading's own words.
    """

    field: str
    score: int
    wording: str = ""


def fold(text: str) -> str:
    """A text without marks, case, punctuation and line breaks: `Họ và\\ntên:` → `ho va ten`."""
    decomposed = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return _NOT_WORD.sub(" ", bare).strip()


def _spelled_out(folded: str) -> str:
    """A folded text with its abbreviations in full; single letters (`N.T.N.S`) as the one they make together."""
    words = folded.split()
    if len(words) > 1 and all(len(word) == 1 for word in words):
        return "".join(words)
    return " ".join(SPELLED_OUT.get(word, word) for word in words)


class _Wordings(NamedTuple):
    exact: dict[str, str]
    compact: dict[str, str]
    phrases: dict[str, str]
    longest: int


@lru_cache(maxsize=1)
def _wordings() -> _Wordings:
    exact: dict[str, str] = {}
    phrases: dict[str, str] = {}
    lines = (files("contracts") / "data" / "roster_headings.tsv").read_text(encoding="utf-8").splitlines()
    for line in lines[1:]:
        field, match, wordings = line.split("\t")
        for wording in wordings.split("|"):
            (exact if match == "exact" else phrases).setdefault(fold(wording), field)
    for known in (exact, phrases):
        for wording, field in list(known.items()):
            known.setdefault(_spelled_out(wording), field)
    compact = {wording.replace(" ", ""): field for wording, field in exact.items() if len(wording) > SHORT * 2}
    return _Wordings(exact, compact, phrases, max(len(phrase.split()) for phrase in phrases))


@lru_cache(maxsize=4096)
def match(heading: str) -> Match | None:
    """What a heading announces; the whole text counts most, then one part of it, then a phrase within it."""
    found = _match(heading)
    if found is None and (encoding := legacy_text.detect(heading)):
        return _match(legacy_text.convert(heading, encoding))
    return found


def old_encoding(headings: Iterable[str]) -> Encoding | None:
    """The old encoding of a header: its letters show, and conversion makes more headings known, or better known."""
    texts = tuple(heading for heading in headings if not heading.isascii())
    return _old_encoding(texts) if any(map(legacy_text.detect, texts)) else None


@lru_cache(maxsize=1024)
def _old_encoding(texts: tuple[str, ...]) -> Encoding | None:
    as_written = [_score(text) for text in texts]
    gains: dict[Encoding, int] = {}
    for encoding in OLD_ENCODINGS:
        converted = [_score(legacy_text.convert(text, encoding)) for text in texts]
        pairs = list(zip(as_written, converted, strict=True))
        gains[encoding] = sum(after > before for before, after in pairs) - sum(
            after < before for before, after in pairs
        )
    best = max(gains, key=lambda encoding: gains[encoding])
    signs = sum(legacy_text.detect(text) is not None for text in texts)
    return best if gains[best] >= 2 or (gains[best] == 1 and signs >= 2) else None


def _score(text: str) -> int:
    found = _match(text)
    return found.score if found else 0


def in_unicode(headings: Iterable[str]) -> list[str]:
    """Headings as they are to be read: all of them converted where the header is in an old encoding."""
    texts = list(headings)
    encoding = old_encoding(texts)
    if encoding is None:
        return texts
    return [text if text.isascii() else legacy_text.convert(text, encoding) for text in texts]


def _match(heading: str) -> Match | None:
    if len(heading) > LONGEST:
        return None
    words = _wordings()
    folded = fold(heading)
    if not folded or len(folded) > 160:
        return None
    if field := words.exact.get(folded) or words.compact.get(folded):
        return Match(field, EXACT, folded)
    full = _spelled_out(folded)
    if field := words.exact.get(full):
        return Match(field, EXACT, full)
    tokens = folded.split()
    if phrase := _phrase(tokens, words, only="ignored"):
        return Match("ignored", PHRASE, phrase)
    folded_parts = [fold(part) for part in _PARTS.split(heading)]
    parts = [form for part in folded_parts for form in (part, _spelled_out(part)) if form in words.exact]
    for part in parts:
        if len(part) > SHORT:
            return Match(words.exact[part], PART, part)
    if phrase := _phrase(tokens, words) or _phrase(full.split(), words):
        return Match(words.phrases[phrase], PHRASE, phrase)
    return Match(words.exact[parts[0]], PART, parts[0]) if parts and folded.startswith(parts[0]) else None


def _phrase(tokens: list[str], words: _Wordings, only: str | None = None) -> str | None:
    """The first phrase from the left, the longest of those that start there."""
    for start in range(len(tokens)):
        for length in range(min(words.longest, len(tokens) - start), 0, -1):
            phrase = " ".join(tokens[start : start + length])
            field = words.phrases.get(phrase)
            if field and (only is None or field == only):
                return phrase
    return None


@lru_cache(maxsize=1)
def fields() -> frozenset[str]:
    """Every field that a column can be read as, halves of a name or a date among them."""
    words = _wordings()
    parts = {"birth_day", "birth_month", "birth_year", "male_birth_date", "female_birth_date"}
    return frozenset({*words.exact.values(), *TEMPLATE_FIELDS.values(), *parts} - UNNAMED_FIELDS)


def template_keys(texts: Iterable[str]) -> int:
    """How many of a row's texts are field keys of the national template."""
    return sum(text.strip().upper() in TEMPLATE_FIELDS for text in texts)


def is_header(texts: Iterable[str]) -> bool:
    """Whether a row is a roster header: three field keys, or a name column and two other known columns."""
    texts = [text for text in texts if text]
    if template_keys(texts) >= 3:
        return True
    fields = {found.field for found in map(match, in_unicode(texts)) if found and found.field != "ignored"}
    return bool(fields & NAME_FIELDS) and len(fields) >= 3
