"""What invented doctors find: sections, laboratory rows and conclusions with the class mix of the published figures."""

from random import Random
from typing import Any

LABORATORY = ("BLD", "URI", "XRY")
INTERNAL = ("circulatory", "respiratory", "digestive", "renal_urogenital", "endocrine", "musculoskeletal",
            "neurological", "psychiatric")  # fmt: skip


def section(random: Random, station: str, *, female: bool) -> dict[str, Any]:
    """One desk's findings."""
    return _DESKS[station](random, female)


def _measures(random: Random, female: bool) -> dict[str, Any]:
    high = random.random() < 0.1
    return {
        "height_cm": round(random.gauss(156 if female else 166, 5)),
        "weight_kg": round(random.gauss(52 if female else 61, 7)),
        "pulse_per_minute": round(random.gauss(74, 6)),
        "systolic_mmhg": round(random.gauss(146 if high else 117, 5)),
        "diastolic_mmhg": round(random.gauss(93 if high else 75, 4)),
    }


def _eyes(random: Random, _female: bool) -> dict[str, Any]:
    good = random.random() < 0.8
    return {"vision_right": 10 if good else 8, "vision_left": 10 if good else 8, "eye_class": 1 if good else 2}


def _ears(random: Random, _female: bool) -> dict[str, Any]:
    far = 5 if random.random() < 0.9 else 4
    return {"whisper_right_m": far, "whisper_left_m": far, "whisper_method_m": 5, "ent_class": 1 if far == 5 else 2}


def _teeth(random: Random, _female: bool) -> dict[str, Any]:
    caries = random.choices((0, 2, 5), (65, 28, 7))[0]
    return {"caries_count": caries, "chewing_power_pct": 100 if caries < 5 else 88, "dental_class": _class(caries)}


def _class(caries: int) -> int:
    return 1 if caries == 0 else 2 if caries <= 3 else 3


def _internal(random: Random, _female: bool) -> dict[str, Any]:
    found: dict[str, Any] = {f"{specialty}_class": 1 for specialty in INTERNAL}
    if random.random() < 0.25:
        found[f"{random.choice(INTERNAL)}_class"] = random.choices((2, 3, 4), (70, 24, 6))[0]
    return found


def _surgery(random: Random, _female: bool) -> dict[str, Any]:
    return {"surgical_class": 1, "dermatological_class": 2 if random.random() < 0.06 else 1}


def _gynaecology(random: Random, _female: bool) -> dict[str, Any]:
    if random.random() < 0.08:
        return {"gynaecology_refused": True}
    return {"gynaecological_class": random.choices((1, 2, 3), (74, 21, 5))[0]}


def _audiometry(random: Random, _female: bool) -> dict[str, Any]:
    return {"hearing_loss_db": random.choices((10, 25, 40, 50), (70, 20, 7, 3))[0]}


def _spirometry(random: Random, female: bool) -> dict[str, Any]:
    fvc = round(random.gauss(3.1 if female else 4.0, 0.3), 2)
    return {"fvc_l": fvc, "fev1_l": round(fvc * random.uniform(0.68, 0.88), 2)}


def _electrocardiogram(_random: Random, _female: bool) -> dict[str, Any]:
    return {}


_DESKS = {
    "MEA": _measures, "EYE": _eyes, "ENT": _ears, "DEN": _teeth, "INT": _internal, "SUR": _surgery,
    "GYN": _gynaecology, "AUD": _audiometry, "SPI": _spirometry, "ECG": _electrocardiogram,
}  # fmt: skip


def laboratory(random: Random, station: str) -> list[dict[str, Any]]:
    """A laboratory's or the X-ray reader's rows for a station."""
    if station == "BLD":
        values = (
            ("haemoglobin_g_l", random.gauss(138, 11), "g/L"),
            ("glucose_mmol_l", random.gauss(5.2, 0.7), "mmol/L"),
            ("creatinine_umol_l", random.gauss(76, 11), "umol/L"),
            ("alt_u_l", abs(random.gauss(24, 10)) + 5, "U/L"),
        )
        return [{"index": index, "value": f"{value:.1f}", "unit": unit} for index, value, unit in values]
    if station == "URI":
        return [{"index": "urine_protein", "value": "âm tính"}, {"index": "urine_glucose", "value": "âm tính"}]
    suspected = random.random() < 0.001
    return [{"index": "xray_findings", "value": "suspected_tb" if suspected else ""}]
