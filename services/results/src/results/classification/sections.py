"""The desks' sections put together into one examination."""

from collections.abc import Iterable, Mapping

from results.classification import findings, validation, values
from results.classification.fields import BY_NAME, SECTIONS
from results.classification.model import MEASURES, Examination, Finding, Measures, Sex

EXIT_WITHOUT_VALUES = frozenset({"REC"})
"""Reception records attendance, not findings; its section is welcome but never waited for."""


def merge(
    sections: Mapping[str, Mapping[str, object]], sex: Sex, age: int, *, tumour_class: int | None = None
) -> Examination:
    """One examination from the sections received so far, in whatever order they came.

    Values that section 2.4 rejects are named in `rejected` and left out. `tumour_class` is the concluding doctor's.
    """
    rejected = _rejected(sections)
    given = _readable_fields(sections, rejected)
    classes = {name for name in given if BY_NAME[name].kind == "class"}
    stated = {name.removesuffix("_class"): int(str(given[name])) for name in classes}
    if tumour_class is not None:
        stated["tumour"] = tumour_class
    return Examination(
        sex=sex,
        age=age,
        measures=Measures(**{name: given[name] for name in MEASURES if name in given}),  # type: ignore[arg-type]
        stated=stated,
        findings=_findings(sections),
        gynaecology_refused=given.get("gynaecology_refused") is True,
        icd=_icd(sections),
        no_abnormality=frozenset(_no_abnormality(sections)),
        rejected=rejected,
    )


def values_of(sections: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
    """Every value of the sections by field name, as read and not rejected."""
    return _readable_fields(sections, _rejected(sections))


def missing(stations: Iterable[str], received: Iterable[str]) -> tuple[str, ...]:
    """The sections an appointment's package still waits for, in desk order."""
    wanted = set(stations) - set(received) - EXIT_WITHOUT_VALUES
    return tuple(code for code in SECTIONS if code in wanted)


def _rejected(sections: Mapping[str, Mapping[str, object]]) -> frozenset[str]:
    problems = [problem for code, section in sections.items() for problem in validation.check(code, section)]
    return validation.names_rejected(problems)


def _readable_fields(sections: Mapping[str, Mapping[str, object]], rejected: frozenset[str]) -> dict[str, object]:
    """The readable values of every field that came with its own desk's section."""
    return {
        name: values.read(BY_NAME[name], raw)
        for code, section in sections.items()
        for name, raw in section.items()
        if name in BY_NAME and BY_NAME[name].section == code and raw is not None and name not in rejected
    }


def _findings(sections: Mapping[str, Mapping[str, object]]) -> tuple[Finding, ...]:
    return tuple(one for raw in _readable(sections, "criteria") for one in findings.read(raw))


def _icd(sections: Mapping[str, Mapping[str, object]]) -> dict[str, tuple[str, ...]]:
    coded: dict[str, tuple[str, ...]] = {}
    for raw in _readable(sections, "icd"):
        for specialty, codes in values.by_specialty(raw).items():
            coded[specialty] = (*coded.get(specialty, ()), *codes)
    return coded


def _no_abnormality(sections: Mapping[str, Mapping[str, object]]) -> tuple[str, ...]:
    return tuple(one for raw in _readable(sections, "no_abnormality") for one in values.specialties(raw))


def _readable(sections: Mapping[str, Mapping[str, object]], name: str) -> list[object]:
    """The common field of every section that carries it in readable form."""
    carried = [(code, section[name]) for code, section in sections.items() if name in section]
    return [raw for code, raw in carried if not validation.names_rejected(validation.check(code, {name: raw}))]
