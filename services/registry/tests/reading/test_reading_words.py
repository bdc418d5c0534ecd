"""Fields told in words: hazards, class of work, sex, text."""

import pytest

from contracts import roster_codes as codes
from registry.reading import hazards, places, sexes, text, work_classes


@pytest.mark.parametrize(
    ("cell", "found", "reported"),
    [
        ("Tiếng ồn, bụi bông", ["DUST_COT", "PHYS_NOISE"], ()),
        ("- bụi gỗ\n- độ ồn\n- rung cầm tay", ["PHYS_HAV", "PHYS_NOISE", "SENS"], ()),
        ("Bụi gỗ + ồn và nóng", ["PHYS_HEAT", "PHYS_NOISE", "SENS"], ()),
        ("Tiếng ồn (ồn, rung)", ["PHYS_NOISE"], ()),
        ("TIENG ON VA BUI BONG", ["DUST_COT", "PHYS_NOISE"], ()),
        ("tiếng ồn rất cao", ["PHYS_NOISE"], ()),
        ("mủ cao su", ["SENS", "SKIN_RUB"], ()),
        ("bụi", None, ("hazard.unspecific",)),
        ("bụi, ồn", ["PHYS_NOISE"], ("hazard.unspecific",)),
        ("hoá chất", None, ("hazard.unspecific",)),
        ("hóa chất: toluen", ["CHEM_BTX"], ()),
        ("tư thế gò bó", None, ("hazard.without_code",)),
        ("xem phụ lục 2; ồn", ["PHYS_NOISE"], ("hazard.unrecognised",)),
        ("CO2", None, ("hazard.unrecognised",)),
        ("ồn; " + "(" * 30_000, ["PHYS_NOISE"], ("hazard.unrecognised",)),
        ("Không", None, ()),
        ("-", None, ()),
        (None, None, ()),
        ("TiÕng ån, bôi b«ng", ["DUST_COT", "PHYS_NOISE"], ("text.legacy_encoding_converted",)),
    ],
)
def test_hazards(cell: str | None, found: list[str] | None, reported: tuple[str, ...]) -> None:
    assert hazards.read_hazards(cell) == (found, reported)


@pytest.mark.parametrize(
    ("cell", "work_class"),
    [
        ("NNĐHNH", "NNDHNH"),
        ("NN-ĐH-NH", "NNDHNH"),
        ("N.N.Đ.H", "NNDHNH"),
        ("nặng nhọc độc hại", "NNDHNH"),
        ("Loại IV", "NNDHNH"),
        ("ĐBNNĐHNH", "DBNNDHNH"),
        ("Đặc biệt nặng nhọc", "DBNNDHNH"),
        ("loại VI", "DBNNDHNH"),
        ("Lao động bình thường", "NORMAL"),
        ("BT", "NORMAL"),
        ("loại III", "NORMAL"),
        ("A2", None),
    ],
)
def test_classes_of_work(cell: str, work_class: str | None) -> None:
    field = work_classes.read_work_class(cell)

    assert field.value == work_class
    assert bool(field.codes) == (work_class is None)


@pytest.mark.parametrize(
    ("cell", "sex"), [("NỮ", "female"), ("nu", "female"), ("M", "male"), ("N÷", "female"), ("1", None)]
)
def test_sexes(cell: str, sex: str | None) -> None:
    assert sexes.read_sex(cell).value == sex


@pytest.mark.parametrize(
    ("cell", "code"), [("Việt Nam", "VN"), ("TRUNG QUỐC", "CN"), ("Han Quoc", "KR"), ("Sao Hỏa", "??")]
)
def test_nationalities(cell: str, code: str) -> None:
    assert places.read_nationality(cell).value == code


@pytest.mark.parametrize(
    ("cell", "value", "reported"),
    [
        ("  Tổ  xẻ 1\u00a0", "Tổ xẻ 1", ()),
        ("\t=1+1", "=1+1", ("text.formula_prefix",)),
        ("-", "-", ()),
        ("- chuyển tổ", "- chuyển tổ", ("text.formula_prefix",)),
        ("Ph©n x\xadëng sÊy", "Phân xưởng sấy", ("text.legacy_encoding_converted",)),
        (753.0, "753", ()),
        (1e17, "100000000000000000", ()),
    ],
)
def test_texts(cell: str | float, value: str, reported: tuple[str, ...]) -> None:
    assert text.read_text(cell) == (value, reported)


def test_every_code_has_its_words_in_both_languages() -> None:
    for code in codes.catalogue().values():
        assert code.severity in ("error", "warning", "info")
        assert all((code.message_vi, code.message_en, code.hint_vi, code.hint_en))


def test_an_answer_names_what_is_wrong_and_what_to_do() -> None:
    answer = codes.sentence("refused", ["birth_date.invalid", "name.case_normalized"])

    assert answer.startswith("Chưa nhận, cần sửa; Ngày sinh không đọc được → ")
    assert answer.count(";") == 1
