"""`solve`: an instance and a time limit in, a valid plan with its proved bound out."""

import threading
import time

import numpy as np

from scheduling.planning import classes, completing, components, costs, naming, reasons, turns
from scheduling.planning.classes import Demand
from scheduling.planning.eligibility import Rules
from scheduling.planning.model import Instance, Plan
from scheduling.planning.occupancy import Occupancy
from scheduling.planning.reasons import Chain
from scheduling.planning.seats import Seats
from scheduling.planning.tally import Listener, Tally
from scheduling.planning.turns import Round

SECONDS_PER_WORKER = 10e-6  # kept for naming, reasons and cost


def solve(
    instance: Instance,
    time_limit: float = 5.0,
    seed: int = 0,
    progress: Listener | None = None,
    people: int = turns.PIECE,
    stop: threading.Event | None = None,
) -> Plan:
    """Plan an instance within about `time_limit` seconds; the same seed and enough time give the same plan.

    Whatever hangs together and has more than half as many workers again as `people` is planned in pieces.
    Once `stop` is set, the plan is what `progress` was told of last; threads of a small instance may outlive the call.
    """
    started = time.monotonic()
    rules = Rules(instance)
    demand = classes.of(rules, enumerate(instance.workers))
    parts = components.split(rules, demand)
    tally = Tally(instance, demand, started, progress)
    tally.leave_out(parts)
    reserve = min(0.3 * time_limit, 0.05 + SECONDS_PER_WORKER * len(instance.workers))
    plan = Round(rules, demand, parts, tally, started + time_limit - reserve, seed, people)
    seats = plan.run(stop or threading.Event())
    return _finished(rules, demand, seats, tally)


def _finished(rules: Rules, demand: Demand, seats: Seats, tally: Tally) -> Plan:
    """The plan of named people, with whoever still fits, true reasons and the cost."""
    instance, chain = rules.instance, Chain(rules)
    occupancy = Occupancy(rules, seats.visits(demand))
    seats = Seats.joined((seats, completing.seat_whoever_fits(chain, demand, seats.waiting(demand), occupancy)))
    appointments = naming.name(rules, demand, seats.classes, seats.windows, seats.amounts)
    unassigned = reasons.of_all(chain, occupancy, instance.workers, appointments)
    left_out = np.repeat(demand.priority, seats.waiting(demand)).tolist()
    due, priority = demand.due[seats.classes], demand.priority[seats.classes]
    cost = costs.of_visits(rules, seats.visits(demand), due, priority, left_out)
    bound = min(int(np.ceil(tally.bound - 1e-6)), cost.total)
    return Plan(appointments, unassigned, cost, bound, tally.notes())
