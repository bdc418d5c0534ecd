"""Parts of the problem that share no session: each can be planned, and bounded, on its own."""

from dataclasses import dataclass

import numpy as np

from scheduling.planning.classes import Demand
from scheduling.planning.eligibility import Ints, Rules


@dataclass(frozen=True, slots=True)
class Component:
    """Classes and sessions by position; no class of one may use a session of another."""

    classes: Ints
    sessions: Ints


def split(rules: Rules, demand: Demand) -> list[Component]:
    """The components with work and sessions, smallest first; classes that reach no session are left out."""
    instance = rules.instance
    holidays = instance.holidays
    site_at = {site: k for k, site in enumerate(rules.sites)}
    session_site = np.array([site_at[s.site] for s in instance.sessions], dtype=np.int64)
    usable = np.array([s.permit and s.day not in holidays and s.day >= rules.first_free for s in instance.sessions],
                      dtype=np.bool_)
    hosting = np.zeros(len(rules.sites), dtype=np.bool_)
    hosting[session_site[usable]] = True
    parent = list(range(len(rules.sites)))

    def root(x: int) -> int:
        while parent[x] != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    host_of: dict[str, int] = {}
    for site in sorted({instance.lines[x].site for x in np.unique(demand.line)}):
        reached = np.flatnonzero(rules.within_reach(site) & hosting)
        if len(reached):
            host_of[site] = int(reached[0])
            for other in reached[1:].tolist():
                parent[root(other)] = root(int(reached[0]))
    by_root: dict[int, list[int]] = {}
    for c, line in enumerate(demand.line.tolist()):
        host = host_of.get(instance.lines[line].site)
        if host is not None:
            by_root.setdefault(root(host), []).append(c)
    session_root = np.array([root(int(s)) for s in session_site], dtype=np.int64)
    parts = [Component(np.array(found, dtype=np.int64), np.flatnonzero((session_root == r) & usable))
             for r, found in by_root.items()]
    return sorted(parts, key=lambda part: (int(demand.size[part.classes].sum()), int(part.classes[0])))
