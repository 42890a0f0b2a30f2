"""Deleting an event that nobody ever saw: a draft, with its programme and its names."""

from turnout.core.audit.recording import record
from turnout.core.events.model import EventState
from turnout.core.events.sql import sql
from turnout.core.identity.names import drop_name
from turnout.core.ids import EventId, OrgId
from turnout.core.questions.editing import delete_questions
from turnout.errors import Conflict, Missing
from turnout.store import Tx


def delete_event(tx: Tx, org_id: OrgId, event_id: EventId, *, actor: str) -> None:
    """Delete a draft with its sessions, ticket types, questions, speakers, gates and paks. Raises
    Conflict for an event that is or was more than a draft: it was published, or it has
    registrations, invitations, waiting people, an exam, surveys or viewings; Missing."""
    if sql.lock_event_text(tx, org_id=org_id, id=event_id) is None:
        raise Missing("event.missing", event_id=event_id)
    names = sql.get_event_names(tx, org_id=org_id, id=event_id)
    if names.state != EventState.DRAFT:
        if names.state == EventState.CANCELLED:
            raise Conflict("event.delete_cancelled", event_id=event_id)
        raise Conflict("event.delete_state", event_id=event_id, state=names.state)
    if sql.is_event_in_use(tx, org_id=org_id, event_id=event_id):
        raise Conflict("event.in_use", event_id=event_id)
    paks = [row.pak for row in sql.list_session_paks(tx, org_id=org_id, event_id=event_id)]
    for namespace, name in (
        ("pak", names.pak),
        ("guid", names.uuid),
        ("event", str(event_id)),
        *(("pak", session_pak) for session_pak in paks),
    ):
        drop_name(tx, org_id, namespace, name)
    delete_questions(tx, org_id, event_id)
    for delete in (
        sql.delete_event_pairings,
        sql.delete_event_posts,
        sql.delete_event_printers,
        sql.delete_event_gates,
        sql.delete_event_speakers,
        sql.delete_event_media,
        sql.delete_event_sessions,
        sql.delete_event_ticket_types,
        sql.delete_event_channels,
        sql.delete_event_password,
        sql.delete_event_readers,
        sql.delete_event_report_links,
        sql.delete_event_retention,
        sql.delete_event_names,
    ):
        delete(tx, org_id=org_id, event_id=event_id)
    sql.delete_event(tx, org_id=org_id, id=event_id)
    record(tx, org_id, actor, "deleted", "event", event_id, title=names.title)
