"""Planning of health campaigns: who is examined when and where, at the least cost, with true reasons."""

from scheduling.planning.checking import Excess, Report
from scheduling.planning.engine import solve
from scheduling.planning.model import (
    CapacityChange,
    Changes,
    CostParts,
    Instance,
    Line,
    Package,
    Params,
    Plan,
    Progress,
    Session,
    Weights,
    Worker,
)
from scheduling.planning.reading import read_appointments, read_changes, read_instance, write_solution
from scheduling.planning.rechecking import check, held_excesses
from scheduling.planning.replanning import replan

__all__ = [
    "CapacityChange",
    "Changes",
    "CostParts",
    "Excess",
    "Instance",
    "Line",
    "Package",
    "Params",
    "Plan",
    "Progress",
    "Report",
    "Session",
    "Weights",
    "Worker",
    "check",
    "held_excesses",
    "read_appointments",
    "read_changes",
    "read_instance",
    "replan",
    "solve",
    "write_solution",
]
