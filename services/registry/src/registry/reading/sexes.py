"""Sex, as a word, a letter or a tick."""

from contracts.roster_cells import Cell
from registry.reading import text
from registry.reading.text import Field

WORDS = {"nam": "male", "m": "male", "male": "male", "nữ": "female", "nu": "female", "f": "female", "female": "female"}
TEMPLATE_CODES = {"1": "male", "2": "female", "3": "other"}


def read_sex(cell: Cell) -> Field:
    """`male` or `female` from a word; anything else that is written is unrecognised."""
    return _look_up(cell, WORDS)


def read_template_sex(cell: Cell) -> Field:
    """The national template's 1, 2, 3 (or a word)."""
    return _look_up(cell, WORDS | TEMPLATE_CODES)


def _look_up(cell: Cell, words: dict[str, str]) -> Field:
    written = text.clean_cell(cell)
    if not written:
        return Field(None)
    sex = words.get(written.lower())
    return Field(sex) if sex else Field(None, ("sex.unrecognised",))


def read_female_tick(cell: Cell) -> Field:
    """A column headed `Nữ`: any mark means female, blank means male."""
    return Field("female" if _is_marked(cell) else "male")


def read_two_ticks(male: Cell, female: Cell) -> Field:
    """A column for men and one for women: the marked one counts; both marked is unrecognised."""
    is_male, is_female = _is_marked(male), _is_marked(female)
    if is_male and is_female:
        return Field(None, ("sex.unrecognised",))
    return Field("male" if is_male else "female" if is_female else None)


def _is_marked(cell: Cell) -> bool:
    """Whether somebody ticked; a box left unticked is a cell too (`FALSE`), and some write that they mean no."""
    return text.without_marks(text.clean_cell(cell)) not in {"", "0", "false", "no", "khong", "ko", "-"}


def read_flag(cell: Cell) -> Field:
    """`x`, `có`, `1` are true; blank, `không`, `0` false; anything else says nothing."""
    written = text.without_marks(text.clean_cell(cell))
    if written in {"x", "co", "1", "v", "✓", "✔", "yes", "y", "true", "roi"}:
        return Field(True)
    return Field(False if written in {"", "khong", "0", "k", "ko", "no", "n", "false", "chua", "-"} else None)
