"""Parts of the problem that share no session: each can be planned, and bounded, on its own."""

import numpy as np

from scheduling.planning import sharing
from scheduling.planning.classes import Demand
from scheduling.planning.eligibility import Ints, Rules
from scheduling.planning.pricing import Floats
from scheduling.planning.sharing import Component

SESSIONS = 40  # sessions of a full piece
LARGE = 1.5  # times the people of a full piece: what may stay whole whatever its borders
ROUGHLY, LOOSE = 0.25, 0.08  # of a full piece; of a host's ties: a border lies where fewer lead across it
CROWDED, MANY = 4.0, 300_000  # times the sessions of a full piece, where there is no border before; workers in all
UNCUT = 3.0  # times the people of a full piece: a component up to that is cut at borders only


def split(rules: Rules, demand: Demand) -> list[Component]:
    """The components with work and sessions, smallest first; classes that reach no session are left out."""
    instance = rules.instance
    site_at = {site: k for k, site in enumerate(rules.sites)}
    session_site = np.array([site_at[s.site] for s in instance.sessions], dtype=np.int64)
    usable = np.array([rules.in_force(s) for s in instance.sessions], dtype=np.bool_)
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
    parts = [
        Component(np.array(found, dtype=np.int64), np.flatnonzero((session_root == r) & usable))
        for r, found in by_root.items()
    ]
    return sorted(parts, key=lambda part: (int(demand.size[part.classes].sum()), int(part.classes[0])))


def pieces(rules: Rules, demand: Demand, part: Component, people: int) -> list[Component]:
    """Cut a component that is too large to plan as a whole into neighbourhoods of about so many people.

    Session sites gather around the outermost one left, those that share the most line sites first; a line goes to the
    piece that is near and has places for it (`sharing`). What a piece may not use belongs to another, so the plans of
    pieces fit together.
    """
    full = int(demand.size[part.classes].sum()) / people
    # Of a very large plan a piece has so little time that many sessions do not fit into it, nor does their memory.
    crowded = CROWDED if demand.size.sum() <= MANY else 1.0
    if full <= LARGE and full * len(part.sessions) / SESSIONS <= max(LARGE**2, crowded):
        return [part]
    instance, site_at = rules.instance, {site: k for k, site in enumerate(rules.sites)}
    hosts = sorted({site_at[instance.sessions[s].site] for s in part.sessions.tolist()})
    hosting = np.zeros(len(rules.sites), dtype=np.bool_)
    hosting[hosts] = True
    living: dict[str, int] = {}
    for c in part.classes.tolist():
        site = instance.lines[demand.line[c]].site
        living[site] = living.get(site, 0) + int(demand.size[c])
    shared: dict[int, dict[int, int]] = {h: {} for h in hosts}
    crowd = dict.fromkeys(hosts, 0)
    for site, n in living.items():
        minutes = rules.travel_from(site)
        reached = np.flatnonzero(rules.within_reach(site) & hosting).tolist()
        crowd[min(reached, key=lambda h, m=minutes: (int(m[h]), h))] += n  # type: ignore[misc]
        for h in reached:
            for other in reached:
                if other != h:
                    shared[h][other] = shared[h].get(other, 0) + n
    offered = dict.fromkeys(hosts, 0)
    for s in part.sessions.tolist():
        offered[site_at[instance.sessions[s].site]] += 1
    most = np.array([UNCUT if full <= UNCUT else 1.0, crowded])
    piece_of = _gather(hosts, shared, {h: np.array([crowd[h] / people, offered[h] / SESSIONS]) for h in hosts}, most)
    count = max(piece_of.values()) + 1
    session_piece = np.array([piece_of[site_at[instance.sessions[s].site]] for s in part.sessions])
    class_piece = sharing.out(rules, demand, part, session_piece, count)
    for empty in np.setdiff1d(np.arange(count), class_piece).tolist():
        own = session_piece == empty
        session_piece[own] = _nearest(rules, demand, part, part.sessions[own], class_piece)
    kept = np.unique(class_piece).tolist()
    return [Component(part.classes[class_piece == p], part.sessions[session_piece == p]) for p in kept]


def _nearest(rules: Rules, demand: Demand, part: Component, sessions: Ints, class_piece: Ints) -> int:
    """The piece of most people who reach one of these sessions, which nobody's piece holds."""
    hosts = np.unique(rules.windows.site[rules.windows_in(sessions)])
    sites = [rules.instance.lines[x].site for x in demand.line[part.classes].tolist()]
    near = {site: bool(rules.within_reach(site)[hosts].any()) for site in set(sites)}
    people = demand.size[part.classes] * np.array([near[site] for site in sites], dtype=np.int64)
    return int(np.bincount(class_piece, people).argmax())


def _gather(
    hosts: list[int], shared: dict[int, dict[int, int]], weight: dict[int, Floats], most: Floats
) -> dict[int, int]:
    """Host → piece: grow one after the other until it is full of people (weight 1) or roughly so and at a border.

    `weight`: what part of a piece a host's people and its sessions make up. Many small sessions make planning slower,
    but where no border lies between them a cut costs far more: up to `most` times what fills a piece stay together.
    """
    left, piece_of, piece = set(hosts), dict[int, int](), 0
    whole = {h: sum(shared[h].values()) for h in hosts}
    while left:
        ties = {h: sum(n for other, n in shared[h].items() if other in left) for h in left}
        seed = min(left, key=lambda h: (ties[h], h))
        grown, inside, pull = np.zeros(2), [seed], dict[int, int]()
        while inside:
            host = inside.pop()
            left.discard(host)
            piece_of[host] = piece
            grown = grown + weight[host]
            for other, n in shared[host].items():
                if other in left:
                    pull[other] = pull.get(other, 0) + n
            pull.pop(host, None)
            near = [h for h in pull if h in left]
            if near and (grown < most).all():
                closest = max(near, key=lambda h: (pull[h], -h))
                if grown.max() < ROUGHLY or pull[closest] >= LOOSE * whole[closest]:
                    inside.append(closest)
        piece += 1
    return piece_of
