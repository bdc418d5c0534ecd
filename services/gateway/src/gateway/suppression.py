"""Which units' class mixes may be shown so that no subtraction reveals a cell of fewer than ten people.

A unit's row is shown whole or not at all. Released units cut the people into disjoint atoms: what remains of a unit
when all released units below it are taken away. Every cell of every atom has at least `k` people, so every sum and
difference of what is shown does too, or is empty.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

K = 10
Cells = tuple[int, ...]
Parents = Mapping[UUID, UUID | None]


def releasable(parents: Parents, own: Mapping[UUID, Cells], *, k: int = K) -> set[UUID]:
    """The units whose subtree totals may be shown, given each unit's own people per cell."""
    children = _children(parents)
    width = max((len(cells) for cells in own.values()), default=0)
    nothing = (0,) * width
    released: set[UUID] = set()
    residual: dict[UUID, Cells] = {}
    for unit in _from_the_leaves(parents, children):
        rest = _sum([own.get(unit, nothing), *(residual[c] for c in children[unit] if c not in released)], nothing)
        if any(rest) and not _is_large(rest, k):
            rest = _with_a_sibling_hidden(rest, children[unit], released, residual, k)
        residual[unit] = rest
        if _is_large(rest, k) or (not any(rest) and any(c in released for c in children[unit])):
            released.add(unit)
    return released


def totals(parents: Parents, own: Mapping[UUID, Cells]) -> dict[UUID, Cells]:
    """Every unit's people per cell, those of all units below it included."""
    children = _children(parents)
    nothing = (0,) * max((len(cells) for cells in own.values()), default=0)
    total: dict[UUID, Cells] = {}
    for unit in _from_the_leaves(parents, children):
        total[unit] = _sum([own.get(unit, nothing), *(total[child] for child in children[unit])], nothing)
    return total


def _with_a_sibling_hidden(
    rest: Cells, siblings: Sequence[UUID], released: set[UUID], residual: Mapping[UUID, Cells], k: int
) -> Cells:
    """Too few are left over: hide the smallest shown row beside them, so that they cannot be had by subtraction."""
    candidates = [unit for unit in siblings if unit in released and _is_large(residual[unit], k)]
    if not candidates:
        return rest
    hidden = min(candidates, key=lambda unit: (sum(residual[unit]), str(unit)))
    released.discard(hidden)
    return _sum([rest, residual[hidden]], rest)


def _children(parents: Parents) -> dict[UUID, list[UUID]]:
    children: dict[UUID, list[UUID]] = defaultdict(list)
    for unit, parent in parents.items():
        if parent is not None:
            children[parent].append(unit)
    return children


def _from_the_leaves(parents: Parents, children: Mapping[UUID, Sequence[UUID]]) -> list[UUID]:
    """Every unit after all units below it."""
    order = [unit for unit, parent in parents.items() if parent is None or parent not in parents]
    for unit in order:
        order.extend(children.get(unit, ()))
    order.reverse()
    return order


def _is_large(cells: Cells, k: int) -> bool:
    return bool(cells) and all(cell >= k for cell in cells)


def _sum(parts: Sequence[Cells], nothing: Cells) -> Cells:
    return tuple(map(sum, zip(*parts, strict=True))) if parts else nothing
