"""The checker: every invariant held against the books of everybody."""

from ledger_books import Books
from ledger_rules import RULES, Violation
from ledger_state_rules import STATE_RULES


def check(books: Books) -> list[Violation]:
    """Everything that is wrong; an empty list is the proof sought."""
    return [Violation(invariant, text) for invariant, rule in (*RULES, *STATE_RULES) for text in rule(books)]
