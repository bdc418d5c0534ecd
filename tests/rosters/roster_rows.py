"""Two people in a plain roster, as rows under a header."""

from collections.abc import Callable
from typing import Any

HEADER = ["STT", "Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD"]
AN = ["1", "Trần Văn An", "05/06/1990", "Nam", "001090123456"]
BE = ["2", "Lê Thị Bé", "12/05/1988", "Nữ", "001188123456"]

Builder = Callable[..., bytes]
Read = Callable[..., Any]


def names(reading: Any) -> list[str]:
    """The full names that were read, in their order."""
    return [person.full_name for person in reading.persons]
