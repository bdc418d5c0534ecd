"""From counts per class to named workers, by order of worker id, so that equal plans name equal people."""

from scheduling.planning.blocks import Block
from scheduling.planning.classes import Demand
from scheduling.planning.eligibility import Ints, Rules
from scheduling.planning.model import Appointments


def name(
    rules: Rules, demand: Demand, block: Block, classes: Ints, windows: Ints, amounts: Ints, appointments: Appointments
) -> None:
    """Give the block's visits (class, window, amount) to members of the classes, earliest visits first."""
    instance, flat = rules.instance, rules.windows
    at: dict[int, list[tuple[int, int]]] = {}
    for c, w, n in zip(classes.tolist(), windows.tolist(), amounts.tolist(), strict=True):
        at.setdefault(c, []).append((w, n))
    for c, seats in at.items():
        ids = iter(sorted(instance.workers[m].id for m in demand.members[block.classes[c]]))
        for w, n in seats:
            window = block.window_at[w]
            place = (instance.sessions[flat.session[window]].id, int(flat.index[window]))
            for _ in range(n):
                appointments[next(ids)] = place
