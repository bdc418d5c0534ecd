"""From counts per class to named workers, by order of worker id, so that equal plans name equal people."""

from itertools import pairwise

import numpy as np

from scheduling.planning.classes import Demand
from scheduling.planning.eligibility import Ints, Rules
from scheduling.planning.model import Appointments


def name(rules: Rules, demand: Demand, classes: Ints, windows: Ints, amounts: Ints) -> Appointments:
    """Visits (class, window, amount) as appointments of the classes' members, earliest visits first."""
    instance, flat = rules.instance, rules.windows
    place = [(instance.sessions[s].id, i) for s, i in zip(flat.session.tolist(), flat.index.tolist(), strict=True)]
    order = np.lexsort((windows, flat.instant[windows], classes))
    found, starts = np.unique(classes[order], return_index=True)
    edges = [*starts.tolist(), len(order)]
    at, people = windows[order].tolist(), amounts[order].tolist()
    appointments: Appointments = {}
    for c, (first, past) in zip(found.tolist(), pairwise(edges), strict=True):
        ids = sorted([instance.workers[m].id for m in demand.members[c]])
        seated = 0
        for x in range(first, past):
            for who in ids[seated : seated + people[x]]:
                appointments[who] = place[at[x]]
            seated += people[x]
    return appointments
