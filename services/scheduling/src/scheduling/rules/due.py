"""When a worker's next check is due, by which rule, and of what it consists."""

from dataclasses import dataclass
from datetime import date, timedelta

from scheduling.rules import explain, packages
from scheduling.rules.explain import Reason
from scheduling.rules.months import add_months
from scheduling.rules.packages import PackageNeeds
from scheduling.rules.rule_sets import Rule, RuleSet
from scheduling.rules.workers import WorkerFacts


@dataclass(frozen=True, slots=True)
class DueCheck:
    """The next check: from `soft_due` on it should, by `legal_deadline` it must be held.

    Priority 4 is overdue or heavy work, 3 another six-monthly group or a near deadline, 2 an annual check that is
    due within the horizon, 1 not yet due within it, whoever the worker is.
    """

    interval_months: int
    soft_due: date
    legal_deadline: date
    priority: int
    package: PackageNeeds
    reasons: tuple[Reason, ...]
    rule_set_version: str


@dataclass(frozen=True, slots=True)
class _Duty:
    """One rule's claim on the worker: should be held by `soft`, must be by `hard`."""

    rule: Rule
    soft: date
    hard: date


def due_check(worker: WorkerFacts, *, as_of: date, rules: RuleSet) -> DueCheck | None:
    """The worker's next check as seen on a day; None before the employment starts.

    Without a last check the employment's start counts as one; without either the check is due at once.
    """
    if worker.employed_since and worker.employed_since > as_of:
        return None
    start = worker.last_check or worker.employed_since
    annual = _annual(start, as_of, rules)
    detection = _detection(worker, as_of, rules)
    held_by = max(as_of, min(duty.hard for duty in [annual, *detection]))
    short = _six_monthly(worker, start, max(annual.hard, as_of), held_by, as_of, rules)
    duties = [annual, *short, *detection]
    soft, hard = min(duty.soft for duty in duties), min(duty.hard for duty in duties)
    package = packages.needs(worker, max(as_of, soft), rules.packages)
    interval = 6 if short else 12
    return DueCheck(
        interval_months=interval,
        soft_due=soft,
        legal_deadline=hard,
        priority=_priority(worker, soft, hard, interval, start is None, as_of, rules),
        package=package,
        reasons=_reasons(short or [annual], detection, package, start, rules),
        rule_set_version=rules.version,
    )


def _annual(start: date | None, as_of: date, rules: RuleSet) -> _Duty:
    """Twelve months after the last check as a wish, the end of that calendar year as the law (O1)."""
    rule = rules.rules["O1"]
    soft = add_months(start, rule.interval_months or 12) if start else as_of
    return _Duty(rule, soft, date(soft.year, 12, 31))


def _six_monthly(
    worker: WorkerFacts, start: date | None, latest: date, held_by: date, as_of: date, rules: RuleSet
) -> list[_Duty]:
    """The six-month duties that bind before the annual check is due at the latest (O2).

    A group that is entered only after the check is held, which a detection exam may bring forward, does not count yet.
    """
    groups = [
        ("O2-heavy", date.min, date.max if worker.heavy else date.min),
        ("O2-disabled", date.min, date.max if worker.disabled else date.min),
        ("O2-minor", date.min, worker.minor_until),
        ("O2-elderly", worker.elderly_from, date.max),
    ]
    duties = []
    for rule_id, since, until in groups:
        rule = rules.rules.get(rule_id)
        if rule is None:
            continue
        rolling = add_months(start, rule.interval_months or 6) if start else as_of
        day = max(rolling, since)
        if day < until and day <= latest and since <= held_by:
            duties.append(_Duty(rule, day, day))
    return duties


def _detection(worker: WorkerFacts, as_of: date, rules: RuleSet) -> list[_Duty]:
    """Detection exams that no check has covered yet (O4), the earliest first."""
    rule = rules.rules.get("O4")
    if rule is None:
        return []
    early = timedelta(days=rules.counting.detection_early_days)
    days = set()
    for code, since in worker.hazards:
        day = _detection_day(worker, since, rule, as_of)
        covered = worker.last_check is not None and day is not None and worker.last_check >= day - early
        if rules.packages.hazards[code].diseases and day and not covered:
            days.add(day)
    return [_Duty(rule, day, day) for day in sorted(days)[:1]]


def _detection_day(worker: WorkerFacts, since: date | None, rule: Rule, as_of: date) -> date | None:
    """Six months after exposure starts; an unknown start is the employment's, or today for the never checked."""
    start = since or worker.employed_since
    if start:
        return add_months(start, rule.after_exposure_months or 6)
    return None if worker.last_check else as_of


def _priority(
    worker: WorkerFacts, soft: date, hard: date, interval: int, unknown: bool, as_of: date, rules: RuleSet
) -> int:
    if hard < as_of:
        return 4
    if soft > as_of + timedelta(days=rules.counting.horizon_days):
        return 1
    if worker.heavy:
        return 4
    near = hard <= as_of + timedelta(days=rules.counting.near_days)
    return 3 if interval == 6 or near or unknown else 2


def _reasons(
    rhythm: list[_Duty], detection: list[_Duty], package: PackageNeeds, start: date | None, rules: RuleSet
) -> tuple[Reason, ...]:
    reasons = [explain.rhythm(duty.rule, start, duty.soft, duty.hard) for duty in rhythm]
    reasons += [explain.detection(duty.rule, duty.hard) for duty in detection]
    if "GYN" in package.stations and "O3" in rules.rules:
        reasons.append(explain.content(rules.rules["O3"]))
    if package.apart:
        reasons.append(explain.apart(rules.packages, package.apart))
    return tuple(reasons)
