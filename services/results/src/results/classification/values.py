"""How a value sent by a clinic is read: decimal commas, invisible spaces and the written signs of blindness."""

import re
from decimal import Decimal, InvalidOperation

from results.classification.fields import Field
from results.classification.model import BLIND_SIGNS, SPECIALTIES

INVISIBLE = re.compile("[\u00a0\u2007\u202f\u200b\u200c\u200d\ufeff]")


def read(field: Field, raw: object) -> object:
    """The value in the field's kind; ValueError says that it is none."""
    match field.kind:
        case "number":
            return number(raw)
        case "vision":
            return vision(raw)
        case "class":
            return health_class(raw)
        case "flag":
            return flag(raw)
        case "codes":
            return _codes(field, raw)
        case "choice":
            return _chosen(field, raw)
        case "audiogram":
            return audiogram(raw)
    return text(raw)


def text(raw: object) -> str:
    """Text without invisible characters at its ends or inside."""
    if not isinstance(raw, str):
        raise ValueError("not a text")  # noqa: TRY004  one error for every unreadable value
    return INVISIBLE.sub(" ", raw).strip()


def number(raw: object) -> Decimal:
    """A finite number, also written as text with a decimal comma; a flag, a list or a word is none."""
    written = text(raw) if isinstance(raw, str) else str(raw)
    try:
        value = Decimal(written.replace(",", "."))
    except InvalidOperation:
        raise ValueError("not a number") from None
    if not value.is_finite():
        raise ValueError("not a number")
    return value


def vision(raw: object) -> Decimal | str:
    """Tenths, also written "8/10", or a sign of blindness in any of its spellings (ĐNT, ST (+), ST (−))."""
    if not isinstance(raw, str):
        return number(raw)
    written = text(raw).upper().replace("Đ", "D").replace("−", "-").replace("–", "-")
    sign = re.sub(r"[\s()]", "", written)
    return sign if sign in BLIND_SIGNS else number(written.removesuffix("/10"))


def health_class(raw: object) -> int:
    """A class 1..5, also written as a Roman numeral."""
    roman = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5}
    if isinstance(raw, str) and text(raw).upper() in roman:
        return roman[text(raw).upper()]
    value = number(raw)
    if value not in range(1, 6):
        raise ValueError("not a class")
    return int(value)


def flag(raw: object) -> bool:
    """True or false, nothing that merely looks like it."""
    if not isinstance(raw, bool):
        raise ValueError("not a flag")  # noqa: TRY004
    return raw


def strings(raw: object) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(raw, list | tuple):
        raise ValueError("not a list")  # noqa: TRY004
    return tuple(text(one) for one in raw)


def by_specialty(raw: object) -> dict[str, tuple[str, ...]]:
    """Lists of texts under the names of specialties."""
    if not isinstance(raw, dict) or not SPECIALTIES.issuperset(raw):
        raise ValueError("not keyed by specialty")
    return {str(specialty): strings(listed) for specialty, listed in raw.items()}


def specialties(raw: object) -> tuple[str, ...]:
    """A list of specialties of the check."""
    listed = strings(raw)
    if not SPECIALTIES.issuperset(listed):
        raise ValueError("not a specialty")
    return listed


def audiogram(raw: object) -> dict[int, Decimal]:
    """Threshold in dB HL by frequency in Hz."""
    if not isinstance(raw, dict):
        raise ValueError("not an audiogram")  # noqa: TRY004
    return {int(number(hz)): number(threshold) for hz, threshold in raw.items()}


def _codes(field: Field, raw: object) -> tuple[str, ...]:
    listed = strings(raw)
    if not set(listed) <= set(field.choices):
        raise ValueError("not a code of the list")
    return listed


def _chosen(field: Field, raw: object) -> str:
    chosen = text(raw)
    if chosen not in field.choices:
        raise ValueError("not a choice")
    return chosen
