"""What is said with an effect is heard to its last word: parameters that a route does not know are refused.

`dryrun=true` for `dry_run=true` would otherwise register a roster. Whoever only reads may ask more than is known.
"""

from collections import Counter
from collections.abc import Iterator

from fastapi import Request
from fastapi.dependencies.models import Dependant

from gateway.problems import Refusal, problem


async def known(request: Request) -> None:
    """Refuse what is sent with parameters that its route does not have, or with one more than once."""
    if request.method == "GET" or not request.query_params:
        return
    said = Counter(name for name, _ in request.query_params.multi_items())
    names = set(_names(request.scope["route"].dependant))
    wrong = [problem("field.unknown", f"query.{name}") for name in said if name not in names]
    wrong += [problem("field.repeated", f"query.{name}") for name, times in said.items() if times > 1 and name in names]
    if wrong:
        raise Refusal("request.invalid", wrong)


def _names(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for part in dependant.dependencies:
        yield from _names(part)
