"""`/console/{event}/invitations`, `/invitations/{campaign}`: asking people, and their answers."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.events.model import TicketType
from turnout.core.events.programme import list_ticket_types
from turnout.core.identity.profiles import get_profile
from turnout.core.ids import CampaignId, InviteeId, PersonId, RegistrationId, TicketTypeId
from turnout.core.invitations.campaigns import (
    Campaign,
    create_campaign,
    list_campaigns,
    send_campaign,
)
from turnout.core.invitations.composing import (
    FIELDS,
    CampaignText,
    Read,
    Unsent,
    change_campaign,
    count_unsent,
    read_as,
    send_campaign_test,
)
from turnout.core.invitations.invitees import (
    Invitee,
    InviteeFilter,
    invite,
    list_invitees,
    list_registered,
)
from turnout.core.invitations.planning import cancel_plan, plan_sending
from turnout.core.messaging.merging import UNSUBSCRIBE, spell_fields
from turnout.core.messaging.prices import Prices
from turnout.core.messaging.sender_ids import (
    MailSender,
    SenderRules,
    foresee_mail_sender,
    shown_name,
)
from turnout.core.people.model import Contact
from turnout.core.text import is_email
from turnout.web.console.events.answering import answer_for, get_own
from turnout.web.console.events.clashes import (
    Clash,
    Values,
    find_clash,
    is_unsaved,
    list_differences,
    version_of,
)
from turnout.web.console.events.going import attempt, attempt_once, lead_to, read_done
from turnout.web.console.events.guests import read_guests
from turnout.web.console.forms import Form, fill
from turnout.web.console.messages.merge_fields import find_wrong, read_merged, say_meant
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.words import say
from turnout.web.numbers import parse_number

NEW = "new"
LIST, ONE = "console/events/invitations.html", "console/events/invitation.html"
SHOWN = 500
KNOWN = (*FIELDS, UNSUBSCRIBE)


class Row(NamedTuple):
    """A campaign as the list shows it."""

    campaign: Campaign
    type_name: str
    invited: int
    pending: int
    confirmed: int
    declined: int


class Opened(NamedTuple):
    """A campaign with its people, None = a new one."""

    campaign: Campaign | None
    invitees: list[Invitee]
    unsent: Unsent
    types: list[TicketType]
    values: Values
    is_more: bool
    registered: Mapping[PersonId, RegistrationId] = MappingProxyType({})


class InvitationsPage(ConsolePage):
    """`/console/{event}/invitations`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The campaigns. Raises Missing, Denied."""
        rows = await self.console.read(req, "invitations.see", find_rows)
        done = read_done(req, "console.invitations.done.")
        self.console.show(req, resp, LIST, rows=rows, done=done)


class CampaignPage(ConsolePage):
    """`/console/{event}/invitations/{campaign}`; `new` = one more."""

    async def on_get(self, req: Request, resp: Response, scope: str, campaign: str) -> None:
        """What is asked, whom, and what they say. Raises Missing."""
        opened = await self.console.read(req, "invitations.see", open_campaign, campaign)
        form, version = fill(opened.values), version_of(opened.values)
        await self._show(req, resp, opened, form, version)

    async def on_post(self, req: Request, resp: Response, scope: str, campaign: str) -> None:
        """Save, look, try out, add people, send, remind, plan that, answer for somebody. What goes
        out is what was typed: it is saved first. All else leaves what was typed as it is."""
        form = _spell(await self.console.take(req))
        done: CampaignId | Clash | str | None = None
        is_sending = form.has("subject") and any(map(form.has, SENDING))
        if is_sending:
            done = await self._save(req, form, campaign)
        is_saved = isinstance(done, str)
        if not form.has("preview") and is_saved is is_sending:
            done = await self._act(req, form, campaign)
        if isinstance(done, int):
            lead_to(resp, f"/console/{scope}/invitations/{done}", "made")
            return
        opened = await self.console.read(req, "invitations.see", open_campaign, campaign)
        version = version_of(opened.values) if is_saved else form.value("version")
        if isinstance(done, str):
            if form.has("subject") and is_unsaved(form, opened.values):
                form = form.changed({"people": ""})
                await self._show(req, resp, opened, form, version, did=done)
                return
            lead_to(resp, f"/console/{scope}/invitations/{campaign}", done)
            return
        clash = done if isinstance(done, Clash) else None
        if clash:
            form.fault("", clash.fault)
            version = version_of(clash.now)
        if not form.has("subject"):
            form = _keep(form, opened.values)
        await self._show(req, resp, opened, form, version, clash)

    async def _act(
        self, req: Request, form: Form, campaign: str
    ) -> CampaignId | Clash | str | None:
        ask = (self.console, req, form, "invitations.send")
        base = self.console.base_url
        if doing := next((name for name in ANSWERS if form.has(name)), ""):
            invitee = InviteeId(form.whole(doing, least=1) or 0)
            return await attempt(*ask, answer_for, campaign, invitee, doing)
        if form.has("add"):
            return await attempt_once(*ask, add_people, campaign, read_guests(form, "people"))
        if form.has("test") or form.has("test_reminder"):
            what = (campaign, form.email("to"), base, form.has("test_reminder"))
            return await attempt_once(*ask, send_test, *what)
        if form.has("send") or form.has("remind"):
            sending = (campaign, form.has("remind"), base, self.console.prices)
            return await attempt_once(*ask, send, *sending)
        if form.has("plan") or form.has("plan_reminder"):
            is_reminder = form.has("plan_reminder")
            at = form.moment("remind_at" if is_reminder else "send_at")
            return await attempt(*ask, plan, campaign, at, is_reminder)
        if form.has("unplan") or form.has("unplan_reminder"):
            return await attempt(*ask, unplan, campaign, form.has("unplan_reminder"))
        if campaign == NEW:
            text, type_id = read_campaign(form)
            return await attempt_once(*ask, make, text, type_id, form.value("sti"))
        return await self._save(req, form, campaign)

    async def _save(self, req: Request, form: Form, campaign: str) -> Clash | str | None:
        ask = (self.console, req, form, "invitations.send")
        text, _ = read_campaign(form)
        return await attempt(*ask, save, campaign, form.value("version"), text)

    async def _show(
        self,
        req: Request,
        resp: Response,
        opened: Opened,
        form: Form,
        version: str,
        clash: Clash | None = None,
        did: str = "",
    ) -> None:
        invitee = parse_number(form.value("seen_by"))
        named = None if invitee is None else InviteeId(invitee)
        text = CampaignText(*(form.value(part) for part in CampaignText._fields))
        seen = (text, named, self.console.base_url, self.console.sending.policy.senders)
        preview, reminder, sender = await self.console.read(req, "invitations.see", look, *seen)
        said = (text.subject, text.body, text.reminder_subject, text.reminder_body)
        wrong = find_wrong("\n".join(said), KNOWN)
        values = {
            "opened": opened,
            "preview": preview,
            "reminder": reminder,
            "wrong": wrong,
            "meant": say_meant(wrong, KNOWN),
            "sender": sender,
            "sender_name": shown_name(text.sender_name, sender) if sender else "",
            "version": version,
            "differences": list_differences(form, clash) if clash else [],
            "done": f"console.invitations.done.{did}"
            if did
            else read_done(req, "console.invitations.done."),
        }
        self.console.answer(req, resp, ONE, form, **values)


ANSWERS = ("confirm", "decline", "withdraw")
# The buttons that have mails go out, now or later.
SENDING = ("test", "test_reminder", "send", "remind", "plan", "plan_reminder")


def find_rows(visit: Visit) -> list[Row]:
    """The event's campaigns with what was said, the newest first."""
    tx, org_id, event_id = visit.tx, visit.org_id, visit.at.id
    types = {kind.id: kind.name for kind in list_ticket_types(tx, org_id, event_id)}
    rows = []
    for campaign, said in reversed(list_campaigns(tx, org_id, event_id)):
        counts = (said.get(state, 0) for state in ("pending", "confirmed", "declined"))
        name = types.get(campaign.ticket_type_id, "")
        rows.append(Row(campaign, name, sum(said.values()), *counts))
    return rows


def open_campaign(visit: Visit, campaign: str) -> Opened:
    """A campaign of the event with its people. Raises Missing."""
    tx, org_id, event_id = visit.tx, visit.org_id, visit.at.id
    types = list_ticket_types(tx, org_id, event_id)
    if campaign == NEW:
        return Opened(None, [], Unsent(0, 0), types, _usual(visit), is_more=False)
    known = get_own(visit, campaign)
    invitees = list_invitees(tx, org_id, event_id, InviteeFilter(campaign_id=known.id))
    unsent = count_unsent(tx, org_id, known.id)
    return Opened(
        known,
        invitees[:SHOWN],
        unsent,
        types,
        _values(known),
        is_more=len(invitees) > SHOWN,
        registered=list_registered(tx, org_id, known.id),
    )


def _spell(form: Form) -> Form:
    """The form with merge fields called as campaigns know them."""
    typed = {part: form.exact(part) for part in CampaignText._fields if form.has(part)}
    return form.changed({part: spell_fields(text, FIELDS) for part, text in typed.items()})


def read_campaign(form: Form) -> tuple[CampaignText, TicketTypeId]:
    """What was typed."""
    read = partial(read_merged, form, known=KNOWN)
    text = CampaignText(
        form.text("name", limit=200),
        read("subject", limit=200, is_required=True),
        form.email("sender_email"),
        form.text("sender_name", limit=200, is_required=False),
        read("body", limit=20_000, is_required=True),
        read("reminder_subject", limit=200, is_required=False),
        read("reminder_body", limit=20_000, is_required=False),
    )
    return text, TicketTypeId(parse_number(form.value("ticket_type")) or 0)


def make(visit: Visit, text: CampaignText, type_id: TicketTypeId, sti: str) -> CampaignId:
    """Make a campaign; nobody is in it. Raises Invalid, Conflict."""
    return create_campaign(
        visit.tx,
        visit.org_id,
        visit.at.id,
        ticket_type_id=type_id,
        user_id=visit.user.user_id,
        sti=sti,
        actor=visit.user.actor,
        **text._asdict(),
    ).id


def save(visit: Visit, campaign: str, version: str, text: CampaignText) -> Clash | str:
    """Change what it says, unless somebody else did before. Raises Invalid."""
    known = get_own(visit, campaign)
    if clash := find_clash(version, _values(known), visit, known.id, "campaign"):
        return clash
    if is_unsaved(fill(text._asdict()), _values(known)):
        change_campaign(visit.tx, visit.org_id, known.id, text, actor=visit.user.actor)
    return "saved"


def add_people(visit: Visit, campaign: str, people: list[Contact]) -> str:
    """Add people to a campaign; nothing is sent. Raises Invalid."""
    known = get_own(visit, campaign)
    added = invite(visit.tx, visit.org_id, known.id, people, reach=visit.reach)
    return "added" if added else "known"


def send(
    visit: Visit, campaign: str, is_reminder: bool, base_url: str, prices: Prices | None
) -> str:
    """Write to those who were not written to, or remind those who have not answered."""
    known, by = get_own(visit, campaign), visit.user.actor
    where = (visit.tx, visit.org_id, known.id, base_url)
    job_id, _ = send_campaign(*where, is_reminder=is_reminder, prices=prices, actor=by)
    return "nobody" if job_id is None else "reminded" if is_reminder else "sent"


def plan(visit: Visit, campaign: str, at: str, is_reminder: bool) -> str:
    """Have it, or its reminder, sent at a time in the event's zone. Raises Invalid, Conflict."""
    known, by = get_own(visit, campaign), visit.user.actor
    plan_sending(visit.tx, visit.org_id, known.id, at, is_reminder=is_reminder, actor=by)
    return "planned"


def unplan(visit: Visit, campaign: str, is_reminder: bool) -> str:
    """Let it go by hand again."""
    known, by = get_own(visit, campaign), visit.user.actor
    cancel_plan(visit.tx, visit.org_id, known.id, is_reminder=is_reminder, actor=by)
    return "unplanned"


def send_test(visit: Visit, campaign: str, to: str, base_url: str, is_reminder: bool) -> str:
    """Send the kept text, or the reminder's, to an address. Raises Invalid."""
    where = (visit.tx, visit.org_id, get_own(visit, campaign).id, base_url, to)
    send_campaign_test(*where, is_reminder=is_reminder, actor=visit.user.actor)
    return "tested"


def look(
    visit: Visit,
    text: CampaignText,
    invitee_id: InviteeId | None,
    base_url: str,
    rules: SenderRules,
) -> tuple[Read, Read, MailSender | None]:
    """The invitation and its reminder, as somebody would get them, and who they are from; None =
    that is no address yet."""
    where = (visit.tx, visit.org_id, visit.at.id, text, base_url)
    first = read_as(*where, invitee_id=invitee_id)
    reminder = read_as(*where, invitee_id=invitee_id, is_reminder=True)
    if not is_email(text.sender_email):
        return first, reminder, None
    sender = foresee_mail_sender(visit.tx, visit.org_id, text.sender_email, rules)
    return first, reminder, sender


def _values(campaign: Campaign) -> Values:
    return {
        "name": campaign.name,
        "subject": campaign.subject,
        "sender_email": campaign.sender_email,
        "sender_name": campaign.sender_name,
        "body": campaign.body,
        "reminder_subject": campaign.reminder_subject,
        "reminder_body": campaign.reminder_body,
    }


def _usual(visit: Visit) -> Values:
    """What a new campaign begins with."""
    profile = get_profile(visit.tx, visit.org_id)
    return {
        "name": say("console.invitation.usual_name").unescape(),
        "subject": say("console.invitation.usual_subject").unescape(),
        "sender_email": profile.reply_address
        or profile.contact_email
        or visit.user.access.member.user.email,
        "sender_name": profile.sender_name or visit.organization.name,
        "body": say("console.invitation.usual_body").unescape(),
    }


def _keep(form: Form, values: Values) -> Form:
    """A form of another part of the page, with what the campaign says now."""
    typed = ("people", "to", "send_at", "remind_at")
    pairs = {name: form.values(name) for name in typed if form.has(name)}
    kept = fill({**values, **pairs})
    kept.faults.update(form.faults)
    return kept
