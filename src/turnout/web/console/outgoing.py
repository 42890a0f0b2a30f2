"""What goes out next at an event or in the organization: messages, invitations, reminders."""

from collections.abc import Iterable
from typing import NamedTuple

from turnout.core.ids import NO_EVENT, EventId
from turnout.core.invitations.planning import PlannedMail, list_planned
from turnout.core.messaging.holding import Approval
from turnout.core.timeline.overviews import NextMessage, NextMessages
from turnout.web.console.page import Visit
from turnout.web.console.words import say

MOST = 500


class Outgoing(NamedTuple):
    """Something that goes `at` a time (epoch ms, 0 = at once), said in a zone, or with `is_held`
    not before a second person approves it. It is changed on the page `tail` of the event, or of
    the organization where that is 0; `permission` is what that page asks."""

    at: int
    name: str
    timezone: str
    event_id: EventId
    tail: str
    permission: str
    is_held: bool = False


def list_event_outgoing(visit: Visit, upcoming: NextMessages) -> list[Outgoing]:
    """All that goes out to people of the visit's event, the next first."""
    zone, event_id = visit.at.timezone, visit.at.id
    found = [
        *_of_jobs(upcoming.jobs, zone, event_id),
        *_of_invitations(list_planned(visit.tx, visit.org_id, event_id, limit=MOST)),
    ]
    if upcoming.remind_at:
        name = str(say("console.overview.reminder"))
        found.append(Outgoing(upcoming.remind_at, name, zone, event_id, "texts", "event.change"))
    return sorted(found)


def list_outgoing(visit: Visit, jobs: Iterable[NextMessage]) -> list[Outgoing]:
    """Those messages, and the invitations of events that the user sees, the next first."""
    planned = [
        mail
        for mail in list_planned(visit.tx, visit.org_id, limit=MOST)
        if visit.user.sees(mail.event_id) and visit.user.may("invitations.see", mail.event_id)
    ]
    return sorted([*_of_jobs(jobs, visit.organization.timezone), *_of_invitations(planned)])


def _of_jobs(
    jobs: Iterable[NextMessage], zone: str, event_id: EventId = NO_EVENT
) -> Iterable[Outgoing]:
    for job in jobs:
        tail = f"messages/{job.job_id}"
        is_held = job.approval == Approval.WAITING
        yield Outgoing(job.at or 0, job.name, zone, event_id, tail, "messages.see", is_held)


def _of_invitations(planned: Iterable[PlannedMail]) -> Iterable[Outgoing]:
    for mail in planned:
        label = "console.outgoing.reminder" if mail.is_reminder else "console.outgoing.invitation"
        yield Outgoing(
            mail.at,
            str(say(label, name=mail.name)),
            mail.timezone,
            mail.event_id,
            f"invitations/{mail.campaign_id}",
            "invitations.see",
        )
