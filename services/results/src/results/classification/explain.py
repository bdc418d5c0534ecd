"""Readable lines in Vietnamese and English for what led to a proposed class."""

from collections.abc import Iterator, Sequence

from results.classification import problems
from results.classification.model import Criterion, Examination, IndexClass, Problem, Text

ROMAN = ("", "I", "II", "III", "IV", "V")

NAMES = {
    "physique": Text("Thể lực chung", "Physique"),
    "eye": Text("Mắt", "Eye"),
    "ent": Text("Tai mũi họng", "Ear, nose and throat"),
    "dental": Text("Răng hàm mặt", "Dental"),
    "neuro_psychiatric": Text("Tâm thần – thần kinh", "Neuro-psychiatric"),
    "circulatory": Text("Tuần hoàn", "Circulatory"),
    "respiratory": Text("Hô hấp", "Respiratory"),
    "digestive": Text("Tiêu hóa", "Digestive"),
    "urogenital": Text("Tiết niệu – sinh dục", "Urogenital"),
    "locomotor": Text("Vận động", "Locomotor"),
    "surgical_dermatological": Text("Ngoại – da liễu", "Surgical and dermatological"),
    "endocrine_metabolic": Text("Nội tiết – chuyển hóa", "Endocrine and metabolic"),
    "tumour": Text("U", "Tumour"),
    "psychiatric": Text("tâm thần", "psychiatry"),
    "neurological": Text("thần kinh", "neurology"),
    "renal_urogenital": Text("thận – tiết niệu – sinh dục", "kidney and urogenital"),
    "gynaecological": Text("sản phụ khoa", "gynaecology"),
    "musculoskeletal": Text("cơ xương khớp", "musculoskeletal"),
    "surgical": Text("ngoại khoa", "surgery"),
    "dermatological": Text("da liễu", "dermatology"),
    "endocrine": Text("nội tiết", "endocrinology"),
    "height": Text("chiều cao", "height"),
    "weight": Text("cân nặng", "weight"),
    "chest": Text("vòng ngực", "chest"),
    "obesity": Text("BMI", "BMI"),
    "vision": Text("thị lực", "vision"),
    "colour_vision": Text("rối loạn sắc giác", "colour vision defect"),
    "whispered_voice": Text("tiếng nói thầm", "whispered voice"),
    "hearing_loss": Text("giảm thính lực (dB)", "hearing loss (dB)"),
    "caries": Text("số răng sâu", "carious teeth"),
    "chewing_power": Text("sức nhai (%)", "chewing power (%)"),
    "pulse": Text("mạch", "pulse"),
    "blood_pressure": Text("huyết áp", "blood pressure"),
    "45.1": Text("huyết áp (45.1)", "blood pressure (45.1)"),
}

MISSING = {
    "value_rejected": Text("có trị số bị từ chối, cần đo lại", "a value was rejected and must be measured again"),
    "half_measured": Text("mới đo một nửa của cặp trị số", "only half of a pair of values was measured"),
    "not_examined:tumour": Text("người kết luận chưa nêu về u", "the concluding doctor has not spoken on tumours"),
}


def name(code: str) -> Text:
    """The name of an index, specialty or criterion; a criterion's number stands for itself."""
    return NAMES.get(code) or Text(f"tiêu chí {code}", f"criterion {code}")


def missing(reason: str) -> Text:
    """Why an index has no class, from its code."""
    if known := MISSING.get(reason):
        return known
    specialty = name(reason.removeprefix("not_examined:"))
    return Text(f"chưa khám {specialty.vi.lower()}", f"{specialty.en.lower()} was not examined")


def why_not(indices: Sequence[IndexClass]) -> Text:
    """Why there is no overall class: every index that lacks one, with its reason."""
    open_ones = [(name(one.index), missing(one.missing)) for one in indices if one.missing]
    vi = "; ".join(f"{index.vi}: {reason.vi}" for index, reason in open_ones)
    en = "; ".join(f"{index.en}: {reason.en}" for index, reason in open_ones)
    return Text(f"Chưa phân loại chung. {vi}.", f"No overall class. {en}.")


def lines(indices: Sequence[IndexClass], overall: int | None) -> tuple[Text, ...]:
    """One line for the whole, when there is a class, then one for each index."""
    whole = []
    if overall:
        worst = [name(one.index) for one in indices if one.health_class == overall]
        vi, en = ", ".join(one.vi for one in worst), ", ".join(one.en for one in worst)
        whole = [
            Text(
                f"Đề xuất loại {ROMAN[overall]}, theo chỉ số xấu nhất: {vi}.",
                f"Proposed class {ROMAN[overall]}, by the worst index: {en}.",
            )
        ]
    return (*whole, *(_line(one) for one in indices))


def _line(one: IndexClass) -> Text:
    index = name(one.index)
    if one.missing:
        reason = missing(one.missing)
        return Text(f"{index.vi}: chưa có loại, {reason.vi}.", f"{index.en}: no class, {reason.en}.")
    rank = ROMAN[one.health_class or 0]
    parts = [*map(_criterion, one.criteria), *(_stated(who, what) for who, what in one.stated.items())]
    if one.tolerance:
        parts.append(Text("được châm chước một bậc theo phụ lục 2", "one class tolerated by annex 2"))
    return Text(
        f"{index.vi}: loại {rank} ({'; '.join(part.vi for part in parts)}).",
        f"{index.en}: class {rank} ({'; '.join(part.en for part in parts)}).",
    )


def _criterion(one: Criterion) -> Text:
    what, rank = name(one.code), ROMAN[one.health_class]
    vi = one.value.replace("corrected", "có kính")
    return Text(f"{what.vi} {vi}".strip() + f" loại {rank}", f"{what.en} {one.value}".strip() + f" class {rank}")


def _stated(specialty: str, rank: int) -> Text:
    if specialty == "tumour":
        return Text(f"người kết luận ghi loại {ROMAN[rank]}", f"the concluding doctor states class {ROMAN[rank]}")
    who = name(specialty)
    return Text(f"bác sĩ {who.vi.lower()} ghi loại {ROMAN[rank]}", f"{who.en.lower()} states class {ROMAN[rank]}")


def refusal(examination: Examination) -> Iterator[Problem]:
    """A woman's refusal is stated beside the class that the rest gives."""
    if examination.sex != "male" and examination.gynaecology_refused:
        yield problems.warn("gynaecology_refused", "gynaecology_refused")


def stated_worse(indices: Sequence[IndexClass]) -> Iterator[Problem]:
    """Where a doctor states worse than annex 2 leaves: the statement stands, and somebody should look."""
    for one in indices:
        if one.tolerance and max(one.stated.values(), default=0) > _tolerated(one):
            index = name(one.index)
            yield problems.warn("stated_worse_than_annex_2", one.index, vi=index.vi, en=index.en)


def _tolerated(one: IndexClass) -> int:
    return max(criterion.health_class for criterion in one.criteria) - 1
