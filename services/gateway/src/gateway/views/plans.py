"""Plans explained: for both parties, and for clinics as far as their own sessions go; people by pseudonym only."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Json

from contracts.plans import Lack
from gateway.views.base import View


class SessionCaseView(View):
    """Why a plan opens a session or not; `gain` is what its places are worth beyond the opening cost.

    As all else stands, its people would cost `elsewhere` more at least, `stranded` of them finding no place; those for
    whom one that is not opened is cheaper would save `would_save` at most.
    """

    session_id: UUID
    clinic_id: str
    verdict: str
    visits: int
    filled_pct: int
    open_cost: int
    gain: float | None
    elsewhere: int | None = None
    stranded: int | None = None
    would_save: int | None = None
    text_vi: str
    text_en: str


class PlaceCaseView(View):
    """Why somebody has this window, or the true reason for none and the nearest change that would serve them.

    Of the windows allowed so many would be cheaper but are full, beyond the line's ceiling, or in sessions that are not
    opened; the cheapest full one would save `saves`, those there would lose `others_lose` at least. `remedy_lacks` is
    all that the window of the nearest change lacks.

    The authority judges cases, not persons: it is not told whose they are.
    """

    health_check_id: UUID
    worker_id: UUID | None = None
    unit_id: UUID
    session_id: UUID | None
    window: int | None
    cost: int | None
    options: int | None
    cheaper_but_full: int | None
    cheaper_for_line: int | None = None
    cheaper_unopened: int | None = None
    saves: int | None = None
    others_lose: int | None = None
    reason: str | None
    remedy: str | None
    remedy_session_id: UUID | None
    remedy_window: int | None
    remedy_station: str | None
    remedy_lacks: list[Lack] = []
    remedy_day: date | None
    text_vi: str
    text_en: str


class MakeUpSessionView(View):
    """A site without enough sessions: how many people wait there, how many urgently, and for which desks."""

    campaign_id: UUID
    site: str
    on_day: date
    people: int
    urgent: int
    stations: Json[dict[str, Any]]
    bnn: bool
    latest: date | None
