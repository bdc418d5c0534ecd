"""What a plan says of itself, for the officers who are to approve it, in both languages."""

from collections import Counter

from scheduling.plan_folder import Result
from scheduling.problems import REASONS


def vietnamese(result: Result) -> list[str]:
    """The plan in Vietnamese, a sentence per fact."""
    total = len(result.placements)
    lines = [
        f"{result.placed} trên {total} người có chỗ khám, trong {result.sessions_used} buổi khám.",
        f"Chi phí {result.cost}; không phương án hợp lệ nào dưới {result.bound} ({_gap(result)} % trên cận dưới).",
    ]
    return lines + [f"{n} người chưa có chỗ: {REASONS[reason][0]}." for reason, n in _unplaced(result)]


def english(result: Result) -> list[str]:
    """The plan in English, a sentence per fact."""
    total = len(result.placements)
    lines = [
        f"{result.placed} of {total} people have a place, in {result.sessions_used} sessions.",
        f"Cost {result.cost}; no valid plan costs less than {result.bound} ({_gap(result)} % above the bound).",
    ]
    return lines + [f"{n} people have no place: {REASONS[reason][1]}." for reason, n in _unplaced(result)]


def _unplaced(result: Result) -> list[tuple[str, int]]:
    return Counter(reason for *_, reason in result.placements if reason).most_common()


def _gap(result: Result) -> str:
    return f"{100 * (result.cost - result.bound) / max(1, result.bound):.1f}"
