"""Making the programme of a file: each part by the verb that organizers use, which judges it."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from turnout.core.audience.captions import set_captions
from turnout.core.audience.chapters import Chapter, set_chapters
from turnout.core.audience.media import set_media
from turnout.core.audience.surveys import create_survey, set_survey_open
from turnout.core.checkin.gates import create_gate
from turnout.core.events.model import span
from turnout.core.events.programme import (
    create_session,
    create_ticket_type,
    list_ticket_types,
)
from turnout.core.events.sessions import SessionChange, change_session
from turnout.core.events.showing import store_ticket_capacity
from turnout.core.events.speakers import SpeakerChange, add_speaker
from turnout.core.events.sql import sql as events_sql
from turnout.core.events.ticket_types import TicketTypeChange, edit_ticket_type
from turnout.core.ids import (
    CampaignId,
    EventId,
    OrgId,
    SessionId,
    SpeakerId,
    TicketTypeId,
)
from turnout.core.invitations.campaigns import create_campaign
from turnout.core.portable.document import EVENT, EventPart, TicketTypePart
from turnout.core.portable.people import Made
from turnout.core.portable.sql import sql
from turnout.core.questions.editing import QuestionChange, add_question, change_question
from turnout.core.questions.sql import sql as questions_sql
from turnout.errors import Conflict, Invalid
from turnout.store import Tx

Id = TypeVar("Id")


def digest(digests: Mapping[str, str], name: str) -> str:
    """The digest of a picture of the file. Raises Invalid."""
    if name and name not in digests:
        raise Invalid("portable.picture", name=name)
    return digests[name] if name else ""


def make_types(
    tx: Tx, org_id: OrgId, event_id: EventId, event: EventPart, actor: str
) -> list[TicketTypeId]:
    """The types in their order; the one that an event has from the start becomes its default."""
    (default,) = list_ticket_types(tx, org_id, event_id)
    edit_ticket_type(
        *(tx, org_id, event_id, default.id),
        TicketTypeChange(name=next(kind.name for kind in event.ticket_types if kind.is_default)),
        actor=actor,
    )
    return [
        _make_type(tx, org_id, event_id, kind, default.id if kind.is_default else None, actor)
        for kind in event.ticket_types
    ]


def _make_type(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    kind: TicketTypePart,
    known: TicketTypeId | None,
    actor: str,
) -> TicketTypeId:
    if known is None:
        known = create_ticket_type(
            *(tx, org_id, event_id, kind.name),
            is_rsvp=kind.is_rsvp,
            capacity=kind.capacity,
            person_limit=kind.person_limit,
            actor=actor,
        ).id
    else:
        store_ticket_capacity(tx, org_id, known, kind.capacity, actor=actor)
        events_sql.set_person_limit(
            tx, org_id=org_id, id=known, person_limit=kind.person_limit, now=tx.now
        )
        if kind.is_rsvp:
            sql.set_rsvp(tx, org_id=org_id, id=known)
    change = TicketTypeChange(
        description=kind.description,
        price_minor=kind.price_minor,
        currency=kind.currency,
        position=kind.position,
        is_hidden=kind.is_hidden,
        is_locked=kind.is_locked,
        access_code=kind.access_code,
        sale_starts=kind.sale_starts,
        sale_ends=kind.sale_ends,
    )
    edit_ticket_type(tx, org_id, event_id, known, change, actor=actor)
    return known


def make_speakers(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    event: EventPart,
    digests: Mapping[str, str],
    actor: str,
) -> list[SpeakerId]:
    return [
        add_speaker(
            *(tx, org_id, event_id),
            SpeakerChange(
                name=speaker.name,
                headline=speaker.headline,
                description=speaker.description,
                picture=digest(digests, speaker.picture),
                position=speaker.position,
            ),
            actor=actor,
        ).id
        for speaker in event.speakers
    ]


def make_sessions(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    event: EventPart,
    types: list[TicketTypeId],
    speakers: list[SpeakerId],
    default_quota: int,
    actor: str,
) -> list[SessionId]:
    made = []
    for part in event.sessions:
        when = span(part.starts, part.ends, event.timezone)
        new = create_session(
            *(tx, org_id, event_id, part.title, when),
            state=part.state,
            capacity=part.capacity,
            actor=actor,
        )
        change = SessionChange(
            title=part.title,
            description=part.description,
            track=part.track,
            room=part.room,
            position=part.position,
            ticket_type_ids=_pick(types, part.ticket_types),
            speaker_ids=_pick(speakers, part.speakers),
        )
        change_session(tx, org_id, event_id, new.id, change, actor=actor)
        if part.media:
            set_media(
                *(tx, org_id, new.id, part.media.kind, part.media.url),
                is_simulated=part.media.is_simulated,
                is_on_demand=part.media.is_on_demand,
                live_from=part.media.live_from,
                live_until=part.media.live_until,
                actor=actor,
            )
            chapters = [Chapter(*chapter) for chapter in part.media.chapters]
            if chapters:
                set_chapters(tx, org_id, new.id, chapters, actor=actor)
        for captions in part.captions:
            set_captions(
                *(tx, org_id, new.id, captions.language, captions.text.encode()),
                default_quota=default_quota,
                actor=actor,
            )
        made.append(new.id)
    return made


def _pick(ids: list[Id], places: Sequence[int]) -> list[Id]:
    """What stands at these places of a list. Raises Invalid."""
    try:
        return [ids[place] for place in places]
    except IndexError as error:
        raise Invalid("portable.place", list=EVENT, place=max(places)) from error


def make_questions(tx: Tx, org_id: OrgId, event: EventPart, made: Made, actor: str) -> None:
    for part in event.questions:
        first, *later = part.texts or [""]
        change = QuestionChange(
            name=part.name,
            kind=part.kind,
            label=part.label,
            hint=part.hint,
            choices=part.choices,
            is_required=part.is_required,
            ticket_type_ids=_pick(made.ticket_types, part.ticket_types),
            text=first,
            consents=part.consents,
            is_at_door=part.is_at_door,
        )
        new = add_question(tx, org_id, made.event_id, change, actor=actor)
        changes = [QuestionChange(text=text) for text in later]
        if part.is_removed:
            changes.append(QuestionChange(is_removed=True))
        for further in changes:
            change_question(tx, org_id, made.event_id, new.id, further, actor=actor)
        if part.is_answered:
            row = {"org_id": org_id, "event_id": made.event_id, "id": new.id}
            questions_sql.mark_answered(tx, [row])


def make_gates(tx: Tx, org_id: OrgId, event: EventPart, made: Made, actor: str) -> None:
    for gate in event.gates:
        types, sessions = (
            _pick(made.ticket_types, gate.ticket_types),
            _pick(made.sessions, gate.sessions),
        )
        create_gate(
            *(tx, org_id, made.event_id, gate.name, types, sessions),
            has_exit=gate.has_exit,
            day=gate.day,
            actor=actor,
        )


def make_surveys(tx: Tx, org_id: OrgId, event: EventPart, made: Made, actor: str) -> None:
    for survey in event.surveys:
        session = [] if survey.session is None else _pick(made.sessions, [survey.session])
        new = create_survey(
            *(tx, org_id, made.event_id, survey.title, survey.items),
            session_id=session[0] if session else None,
            is_poll=survey.is_poll,
            actor=actor,
        )
        if not survey.is_open:
            set_survey_open(tx, org_id, new.id, False, actor=actor)


def make_campaigns(
    tx: Tx, org_id: OrgId, event: EventPart, made: Made, actor: str
) -> list[CampaignId]:
    """The invitations, as those of the organization's first user."""
    if not event.campaigns:
        return []
    user_id = sql.find_user(tx, org_id=org_id)
    if user_id is None:
        raise Conflict("portable.no_user")
    ids = []
    for campaign in event.campaigns:
        (type_id,) = _pick(made.ticket_types, [campaign.ticket_type])
        new = create_campaign(
            *(tx, org_id, made.event_id),
            ticket_type_id=type_id,
            name=campaign.name,
            subject=campaign.subject,
            sender_email=campaign.sender_email,
            sender_name=campaign.sender_name,
            body=campaign.body,
            reminder_subject=campaign.reminder_subject,
            reminder_body=campaign.reminder_body,
            user_id=user_id,
            sti=campaign.sti,
            actor=actor,
        )
        sql.set_campaign_sent(tx, org_id=org_id, id=new.id, sent_at=campaign.sent_at)
        ids.append(new.id)
    return ids
