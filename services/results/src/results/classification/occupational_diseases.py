"""The 35 compensated occupational diseases (bệnh nghề nghiệp) of TT 60/2025/TT-BYT art 3."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files

VERSION = "bnn-2026.1"
LEGAL_SOURCE = "TT 60/2025/TT-BYT art 3; TT 56/2025/TT-BYT art 18"
VALID_FROM = date(2026, 2, 15)
CONFIDENCE = "numbers 1–29 certain, order of 30–35 likely; ICD-10 a suggestion, to check against TT 06/2026"


@dataclass(frozen=True, slots=True)
class OccupationalDisease:
    """One listed disease; `assess_at_once` cannot be treated to stability and goes to assessment at once."""

    number: int
    vi: str
    en: str
    icd10: str
    assess_at_once: bool


def _load() -> Mapping[int, OccupationalDisease]:
    text = files("results.classification").joinpath("occupational_diseases.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    listed = (
        OccupationalDisease(int(r["number"]), r["vi"], r["en"], r["icd10"], r["assess_at_once"] == "yes") for r in rows
    )
    return {one.number: one for one in listed}


BY_NUMBER = _load()
