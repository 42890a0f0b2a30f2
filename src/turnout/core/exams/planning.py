"""Finding and making exams: by venue and minute, one event no matter who asks, also at once.

Theory. Anyone who looks for an exam takes the slot of the venue and minute first (`lock_slot`), and
holds it until the transaction ends; so of two callers who race the second finds what the first
made. Exams of one candidate (`Individual …`) are never found, always made.
"""

from turnout.core.audit.recording import record
from turnout.core.events.model import EventState, Span
from turnout.core.events.programme import create_event
from turnout.core.exams.lists import find_value
from turnout.core.exams.model import (
    INDIVIDUAL_WITH,
    INDIVIDUAL_WITHOUT,
    MINUTE_MS,
    Exam,
    ExamKind,
    ExamRequest,
    Form,
    ValueKind,
    hours_of,
    is_individual,
)
from turnout.core.exams.sql import sql
from turnout.core.identity.names import find_name
from turnout.core.ids import EventId, FormId, OrgId
from turnout.core.registrations.places import set_event_state
from turnout.core.times import OVER_AT, YEARS, local, plan
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx

NO_EXAM, VARIOUS = "No Exam", "Various"
HOUR_MS = 3_600_000
LARGEST_LIMIT = 2**31 - 1
# The codes for a value that is not given, and for one that is not on the list.
_REFUSED = {
    ValueKind.EXAM_TYPE: ("exam.type_absent", "exam.type"),
    ValueKind.EXAM_FORMAT: ("exam.format_absent", "exam.format"),
    ValueKind.BILLING_CODE: ("exam.billing_code_absent", "exam.billing_code"),
}


def find_or_make_exam(
    tx: Tx,
    org_id: OrgId,
    wanted: ExamRequest,
    *,
    has_accommodations: bool,
    form: Form | None,
    is_type_kept: bool = False,
    actor: str,
) -> Exam:
    """The exam at that venue and minute; a new one where there is none, or when one candidate's own
    is asked for. `is_type_kept`: nobody asked for the type, it is that of the present exam, so it
    counts for a new one only. Raises Invalid, in the contract's order."""
    own = ""
    if is_individual(wanted.exam_type.strip()):
        own = INDIVIDUAL_WITH if has_accommodations else INDIVIDUAL_WITHOUT
        if not is_type_kept:
            return make_exam(tx, org_id, wanted, exam_type=own, form=form, actor=actor)
    exam = find_exam_of(tx, org_id, wanted)
    return exam or make_exam(tx, org_id, wanted, exam_type=own, form=form, actor=actor)


def find_exam_of(tx: Tx, org_id: OrgId, wanted: ExamRequest) -> Exam | None:
    """The exam at that venue and minute that is nobody's own. Its slot is held: nobody else makes
    one there until this transaction has ended."""
    venue = sql.find_venue(tx, org_id=org_id, uuid=wanted.venue)
    if venue is None or wanted.starts_at is None:
        return None
    starts_at = wanted.starts_at - wanted.starts_at % MINUTE_MS
    sql.lock_slot(tx, org_id=org_id, venue_id=venue.id, starts_at=starts_at, now=tx.now)
    return sql.find_exam_at(tx, org_id=org_id, venue_id=venue.id, starts_at=starts_at)


def make_exam(
    tx: Tx,
    org_id: OrgId,
    wanted: ExamRequest,
    *,
    uuid: str = "",
    exam_type: str = "",
    form: Form | None = None,
    kind: ExamKind = ExamKind.EXAM,
    title: str = "",
    state: EventState = EventState.DRAFT,
    is_on_calendar: bool = True,
    actor: str,
) -> Exam:
    """Make an exam, drafted; `uuid` empty = a new one, `title` empty = venue and form.

    `exam_type` is one that counts as it stands. Raises Invalid, in the
    contract's order, and Conflict for a UUID that is taken.
    """
    own_type = exam_type or get_value(tx, org_id, ValueKind.EXAM_TYPE, wanted.exam_type)
    billing_code = get_value(tx, org_id, ValueKind.BILLING_CODE, wanted.billing_code)
    exam_format = get_value(tx, org_id, ValueKind.EXAM_FORMAT, wanted.exam_format)
    starts_at = (wanted.starts_at or 0) - (wanted.starts_at or 0) % MINUTE_MS
    if wanted.starts_at is None or wanted.starts_at <= tx.now:
        raise Invalid("exam.start_past")
    if starts_at >= OVER_AT:
        raise Invalid("exam.start_late", year=YEARS.stop)
    venue = sql.find_venue(tx, org_id=org_id, uuid=wanted.venue)
    if venue is None:
        raise Invalid("exam.venue", venue=wanted.venue)
    limit = wanted.registration_limit
    if limit is not None and not 0 < limit <= LARGEST_LIMIT:
        raise Invalid("exam.limit", limit=limit)
    if uuid and find_name(tx, "guid", uuid) is not None:
        raise Conflict("exam.exists", uuid=uuid)
    event = create_event(
        tx,
        org_id,
        title or f"{venue.name} / {form.title if form else NO_EXAM}",
        span_of(starts_at, hours_of(billing_code), venue.timezone),
        state=state,
        capacity=wanted.registration_limit,
        venue_id=venue.id,
        uuid=uuid,
        actor=actor,
    )
    sql.add_exam(
        tx,
        org_id=org_id,
        event_id=event.id,
        number=sql.take_number(tx, org_id=org_id),
        kind=kind.value,
        exam_type=own_type,
        exam_format=exam_format,
        billing_code=billing_code,
        appointment_type="",
        registration_limit=wanted.registration_limit,
        is_on_calendar=int(is_on_calendar),
        has_own_title=int(bool(title)),
    )
    return get_exam(tx, org_id, event.id)


def add_exam(tx: Tx, org_id: OrgId, uuid: str, wanted: ExamRequest, *, actor: str) -> Exam:
    """Contract, Add a new event: with a GUID that the caller chose. Raises Invalid, Conflict."""
    if find_name(tx, "guid", uuid) is not None:
        raise Conflict("exam.exists", uuid=uuid)
    if not is_individual(wanted.exam_type.strip()):
        return make_exam(tx, org_id, wanted, uuid=uuid, actor=actor)
    own = find_value(tx, org_id, ValueKind.EXAM_TYPE, wanted.exam_type) or INDIVIDUAL_WITHOUT
    return make_exam(tx, org_id, wanted, uuid=uuid, exam_type=own, actor=actor)


def cancel_exam(tx: Tx, org_id: OrgId, uuid: str, *, actor: str) -> None:
    """Contract, cancel an event. Raises Conflict."""
    exam = find_exam(tx, org_id, uuid)
    if exam is None:
        raise Conflict("exam.unknown", uuid=uuid)
    if exam.state == EventState.CANCELLED:
        raise Conflict("exam.cancelled_before", uuid=uuid)
    # Anyone who registers takes a place of the event, and so waits for this; or was first.
    set_event_state(tx, org_id, exam.event_id, EventState.CANCELLED, actor=actor)
    if sql.count_active(tx, org_id=org_id, event_id=exam.event_id):
        raise Conflict("exam.active", uuid=uuid)


def set_exam_state(
    tx: Tx, org_id: OrgId, event_id: EventId, state: EventState, *, actor: str
) -> None:
    """Publish an exam (open), close it, or draft it again. Raises Missing."""
    get_exam(tx, org_id, event_id)
    set_event_state(tx, org_id, event_id, state, actor=actor)


def find_exam(tx: Tx, org_id: OrgId, uuid: str) -> Exam | None:
    """The organization's exam with that GUID."""
    target = find_name(tx, "guid", uuid)
    if target is None or target.org_id != org_id or target.noun != "event":
        return None
    return sql.get_exam(tx, org_id=org_id, event_id=EventId(target.target_id))


def get_exam(tx: Tx, org_id: OrgId, event_id: EventId) -> Exam:
    """The exam of that event. Raises Missing."""
    exam = sql.get_exam(tx, org_id=org_id, event_id=event_id)
    if exam is None:
        raise Missing("exam.missing", event_id=event_id)
    return exam


def is_exam(tx: Tx, org_id: OrgId, event_id: EventId) -> bool:
    """Whether an event is an exam, whose seats are booked by the organization."""
    return sql.get_exam(tx, org_id=org_id, event_id=event_id) is not None


def list_exams(tx: Tx, org_id: OrgId, limit: int) -> list[Exam]:
    """The organization's exams, newest number first."""
    return sql.list_exams(tx, org_id=org_id, limit=limit)


def retitle(tx: Tx, org_id: OrgId, event_id: EventId) -> None:
    """Name an exam after its venue and the forms that are sat in it, unless it has a title of its
    own."""
    exam = get_exam(tx, org_id, event_id)
    if exam.has_own_title:
        return
    titles = [title for (title,) in sql.list_form_titles(tx, org_id=org_id, event_id=event_id)]
    form = {0: NO_EXAM, 1: titles[0] if titles else ""}.get(len(titles), VARIOUS)
    title = f"{exam.venue_name} / {form}"
    if title != exam.title:
        sql.set_title(tx, org_id=org_id, event_id=event_id, title=title, now=tx.now)


def retitle_for(tx: Tx, org_id: OrgId, exam: Exam, form: Form) -> None:
    """Somebody sits this form in the exam from now on: rename it where that says something new."""
    fitting = (f"{exam.venue_name} / {form.title}", f"{exam.venue_name} / {VARIOUS}")
    if not exam.has_own_title and exam.title not in fitting:
        retitle(tx, org_id, exam.event_id)


def retitle_without(tx: Tx, org_id: OrgId, event_id: EventId, form_id: FormId | None) -> None:
    """Somebody sits this form in the exam no more: rename it unless others still do."""
    exam = get_exam(tx, org_id, event_id)
    is_various = exam.title == f"{exam.venue_name} / {VARIOUS}"
    still = sql.is_form_sat(tx, org_id=org_id, event_id=event_id, form_id=form_id)
    if is_various or not still:
        retitle(tx, org_id, event_id)


def set_appearance(
    tx: Tx, org_id: OrgId, event_id: EventId, *, is_on_calendar: bool, actor: str
) -> None:
    """Show an exam on the calendar, or not. Raises Missing."""
    get_exam(tx, org_id, event_id)
    sql.set_on_calendar(tx, org_id=org_id, event_id=event_id, is_on_calendar=int(is_on_calendar))
    record(tx, org_id, actor, "changed", "event", event_id, is_on_calendar=is_on_calendar)


def get_value(tx: Tx, org_id: OrgId, kind: ValueKind, text: str) -> str:
    """The organization's value that this is a spelling of. Raises Invalid."""
    absent, unknown = _REFUSED[kind]
    if not text.strip():
        raise Invalid(absent)
    found = find_value(tx, org_id, kind, text)
    if found is None:
        raise Invalid(unknown, value=text.strip())
    return found


def span_of(starts_at: int, hours: int, timezone: str) -> Span:
    ends_at = starts_at + hours * HOUR_MS
    starts, ends = (plan(local(at, timezone).isoformat(), timezone) for at in (starts_at, ends_at))
    return Span(timezone, starts.local, ends.local, starts_at, ends_at)
