"""What can be wrong with an examination's values, by stable code, in Vietnamese and English."""

from typing import Literal

from results.classification.model import Problem, Text

MESSAGES = {
    "unknown_section": Text("Không có bàn khám này.", "There is no such desk."),
    "unknown_field": Text("Trường không thuộc bàn khám này.", "The field does not belong to this desk."),
    "not_readable": Text("Không đọc được theo kiểu của trường.", "Cannot be read as what the field holds."),
    "unit_suspected": Text("Có thể nhập theo {given}; cần {unit}.", "Probably given in {given}; {unit} is needed."),
    "unknown_index": Text("Chỉ số xét nghiệm chưa có trong bảng.", "The laboratory index is not in the table."),
    "unknown_unit": Text("Không đổi được đơn vị; cần {unit}.", "The unit cannot be converted; {unit} is needed."),
    "out_of_range": Text("Ngoài khoảng {low}–{high} {unit}.", "Outside {low} to {high} {unit}."),
    "unusual": Text("Trị số bất thường, cần kiểm tra lại.", "Unusual value, please check."),
    "not_in_steps_of_5": Text("Ngưỡng nghe phải theo bước 5 dB.", "Thresholds come in steps of 5 dB."),
    "pair_incomplete": Text("Thiếu một nửa của cặp trị số.", "The other half of the pair is missing."),
    "pulse_pressure": Text(
        "Huyết áp tâm thu phải cao hơn tâm trương trên 10 mmHg.",
        "Systolic must exceed diastolic by more than 10 mmHg.",
    ),
    "fev1_above_fvc": Text("FEV1 không thể lớn hơn FVC.", "FEV1 cannot exceed FVC."),
    "obstruction": Text("FEV1/FVC dưới 0,70.", "FEV1/FVC is below 0.70."),
    "icd_with_class_1": Text("Có mã ICD thì loại phải từ II.", "With an ICD code the class is II or worse."),
    "class_without_abnormality": Text(
        "Ghi không bất thường thì loại I và không có mã ICD.", "No abnormality means class I and no ICD code."
    ),
    "class_too_good_for_disease": Text(
        "Theo QĐ 1613, {vi} không thể tốt hơn loại {rank}.", "By QĐ 1613 {en} is class {rank} at best."
    ),
    "high_blood_pressure_with_class_1": Text(
        "Huyết áp từ 140/90 mà tuần hoàn ghi loại I.", "Blood pressure from 140/90 with circulatory class I."
    ),
    "gynaecology_of_a_man": Text(
        "Nam giới không khám sản phụ khoa; không tính vào phân loại.",
        "A man has no gynaecological examination; left out.",
    ),
    "gynaecology_refused": Text(
        "Từ chối khám sản phụ khoa; phân loại theo phần còn lại.",
        "Gynaecological examination refused; classified from the rest.",
    ),
    "criterion_without_class": Text(
        "Tiêu chí {criterion} chưa có loại, không tính vào phân loại; bác sĩ cần ghi loại.",
        "Criterion {criterion} has no class and was left out; the doctor must state one.",
    ),
    "stated_worse_than_annex_2": Text(
        "{vi}: bác sĩ ghi xấu hơn mức còn lại sau châm chước, cần xem lại.",
        "{en}: stated worse than annex 2 leaves; please check.",
    ),
}


def reject(code: str, field: str, **details: object) -> Problem:
    """The value is refused: it is not classified until corrected."""
    return _problem(code, "reject", field, details)


def warn(code: str, field: str, **details: object) -> Problem:
    """The value stands, and somebody should look."""
    return _problem(code, "warn", field, details)


def _problem(code: str, severity: Literal["reject", "warn"], field: str, details: dict[str, object]) -> Problem:
    text = MESSAGES[code]
    return Problem(code, severity, field, text.vi.format(**details), text.en.format(**details))
