"""What of an identity each class of parties is shown: one output model per purpose (Luật 91/2025, NĐ 356/2025)."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from registry.persons import Identity


class View(BaseModel):
    """The base: a pseudonym and a name."""

    model_config = ConfigDict(extra="forbid")

    worker_id: UUID
    full_name: str | None = None


class UnionView(View):
    """A union sees its members as it lists them: no number of the state, no telephone."""

    birth_year: int | None = None
    sex: str | None = None
    employee_code: str | None = None
    union_member_no: str | None = None
    department: str | None = None
    line: str | None = None
    job: str | None = None


class EmployerView(View):
    """An employer sees whom it employs."""

    employee_code: str | None = None
    department: str | None = None
    line: str | None = None


class ClinicView(View):
    """A clinic sees what stands on the examination form of those who are booked with it."""

    birth_date: str | None = None
    birth_date_precision: str | None = None
    sex: str | None = None
    identifiers: dict[str, str] = {}
    phone: str | None = None
    address: str | None = None
    nationality: str | None = None
    ethnic_code: str | None = None
    employee_code: str | None = None
    department: str | None = None
    line: str | None = None
    job: str | None = None


class AuthorityView(View):
    """The health authority sees whom a statutory report is about."""

    birth_date: str | None = None
    birth_date_precision: str | None = None
    sex: str | None = None
    identifiers: dict[str, str] = {}
    address: str | None = None


class NumberSeen(BaseModel):
    """A number a person has or had: from when to when, and who vouched for it."""

    type: str
    value: str
    valid_from: date
    valid_to: date | None
    verified_by: str | None


class WorkerView(View):
    """Workers see everything of their own, as it was understood and as it was sent, and every number they ever had.

    `also` are the records of theirs that a registrar merged with this one.
    """

    identity: dict[str, Any] = {}
    numbers: list[NumberSeen] = []
    also: list[UUID] = []


class RegistrarView(View):
    """A registrar sees what tells two people apart; of a number its last digits, to hold against a card."""

    birth_date: str | None = None
    sex: str | None = None
    unit_id: UUID | None = None
    employee_code: str | None = None
    job: str | None = None
    numbers: list[NumberSeen] = []


VIEWS: Mapping[str, type[View]] = {
    "unions": UnionView,
    "employers": EmployerView,
    "clinics": ClinicView,
    "health": AuthorityView,
    "workers": WorkerView,
}


WORK = frozenset({"employee_code", "union_member_no", "department", "line", "job"})
"""What an identity says of the work that somebody counts by."""


def view_of(party: str) -> type[View] | None:
    """The view of a party's class; operations and strangers have none."""
    return VIEWS.get(party.partition("/")[0])


def shown(view: type[View], worker_id: UUID, identity: Identity, *, of_its_own: bool = True) -> View:
    """An identity as a view shows it; without what another employer's roster says of the work there."""
    if view is WorkerView:
        return WorkerView(worker_id=worker_id, full_name=identity.get("full_name"), identity=identity)
    facts = {
        name: identity[name] for name in view.model_fields if name in identity and (of_its_own or name not in WORK)
    }
    if view is UnionView and identity.get("birth_date"):
        facts["birth_year"] = int(identity["birth_date"][:4])
    return view(worker_id=worker_id, **facts)
