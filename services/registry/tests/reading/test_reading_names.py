"""Names: cleaning, case, old encodings, parts."""

import unicodedata

import pytest

from registry.reading import names


@pytest.mark.parametrize(
    ("cell", "full", "codes"),
    [
        ("Nguyễn Văn An", "Nguyễn Văn An", ()),
        ("  Nguyễn   Văn An ", "Nguyễn Văn An", ()),
        ("Nguyễn\nVăn An", "Nguyễn Văn An", ()),
        ("NGUYỄN VĂN AN", "Nguyễn Văn An", ("name.case_normalized",)),
        ("h'loan niê", "H'Loan Niê", ("name.case_normalized",)),
        ("Nguyễn Văn an", "Nguyễn Văn an", ()),
        ("Nguyễn\u00a0Văn An", "Nguyễn Văn An", ("name.invisible_characters_removed",)),
        ("Nguyễn\u200b Văn An", "Nguyễn Văn An", ("name.invisible_characters_removed",)),
        (unicodedata.normalize("NFD", "Nguyễn Văn An"), "Nguyễn Văn An", ("name.unicode_normalized",)),
        ("Ðặng Văn An", "Đặng Văn An", ("name.lookalike_letters_replaced",)),
        ("Nguy\u0435\u0302\u0303n Văn \u0410n", "Nguyễn Văn An", ("name.lookalike_letters_replaced",)),
        ("\u039d\u039f\u0391 BAN", "Noa Ban", ("name.lookalike_letters_replaced", "name.case_normalized")),
        ("Nguyễn \u0416an", "Nguyễn \u0416an", ("name.mixed_alphabets",)),
        (
            "\u0418\u0432\u0430\u043d \u0411\u0443\u043d\u0438\u043d",
            "\u0418\u0432\u0430\u043d \u0411\u0443\u043d\u0438\u043d",
            (),
        ),
        ("Nguyễn Văn An (nghỉ thai sản)", "Nguyễn Văn An", ("name.annotation_removed",)),
        ("K'Brêl", "K'Brêl", ("name.single_word",)),
        ("Lß V¨n H\xadng", "Lò Văn Hưng", ("name.legacy_encoding_converted",)),
        ("PHAN H÷U PHONG", "Phan Hữu Phong", ("name.legacy_encoding_converted", "name.case_normalized")),
        ("§Æng B¸ TriÓn", "Đặng Bá Triển", ("name.legacy_encoding_converted",)),
        ("Buøi Vaên Haïnh", "Bùi Văn Hạnh", ("name.legacy_encoding_converted",)),
        ("Lê Thị Hòa", "Lê Thị Hòa", ()),
        ("Lê Thị Hoà", "Lê Thị Hoà", ()),
        ("Phan Thanh Giang7", None, ("name.invalid_characters",)),
        ("-Nguyễn An", None, ("text.formula_prefix", "name.invalid_characters")),
        (12.0, None, ("name.invalid_characters",)),
        ("(ghi chú)", None, ("name.annotation_removed", "name.missing")),
        (None, None, ("name.missing",)),
    ],
)
def test_names(cell: str | float | None, full: str | None, codes: tuple[str, ...]) -> None:
    name = names.read_name(cell)

    assert (name.full, name.codes) == (full, codes)


@pytest.mark.parametrize(
    ("full", "parts"),
    [
        ("Nguyễn Thị Kim Lan", ("Nguyễn", "Thị Kim", "Lan")),
        ("Trần An", ("Trần", None, "An")),
        ("Rah Lan H'Nhung", ("Rah", "Lan", "H'Nhung")),
        ("Chẩu", (None, None, "Chẩu")),
    ],
)
def test_parts_go_by_position(full: str, parts: tuple[str | None, ...]) -> None:
    name = names.read_name(full)

    assert (name.family, name.middle, name.given) == parts


def test_spellings_of_one_name_share_a_key() -> None:
    keys = {
        names.name_key(text)
        for text in ("Đỗ Thị Hoà", "ĐỖ THỊ HÒA", "do thi hoa", unicodedata.normalize("NFD", "Đỗ Thị Hòa"))
    }

    assert keys == {"do thi hoa"}
