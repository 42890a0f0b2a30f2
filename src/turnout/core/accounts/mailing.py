"""Mails about accounts, each queued in the transaction of what it tells of.

They are jobs of the kind `code`: ahead of every broadcast, in no list, and erased once they are
handed over, so that no colleague reads another's link. They are in the language of the
organization. A link begins with the installation's address
(core/site), never with what a request names.
"""

from collections.abc import Collection, Iterable

from turnout.catalogue.translations import find_locale, label
from turnout.core.identity.known_places import is_known_browser, remember_browser
from turnout.core.identity.model import Principal, User
from turnout.core.identity.organizations import get_organization_of
from turnout.core.identity.roles import StaffRole
from turnout.core.identity.signing_in import find_users_of, make_reset
from turnout.core.identity.sql import sql
from turnout.core.identity.staff import Access, require_may_give
from turnout.core.identity.staff_invitations import StaffInvitation, make_invitation
from turnout.core.ids import NO_USER, EventId, OrgId, UserId
from turnout.core.messaging.layout import MailBrand
from turnout.core.messaging.letterheads import find_brand, lay_out_text
from turnout.core.messaging.model import Content, JobType, Kind, NewRecipient
from turnout.core.messaging.staging import add_internal_job
from turnout.core.times import wall_clock
from turnout.core.windows import counting
from turnout.core.windows.counting import WindowKey
from turnout.store import Tx

RESET_PATH = "/console/reset/"
INVITATION_PATH = "/console/invitation/"
JOB_NAME = "Your account"
RESETS_LIMIT = 5
HOUR_MS = 3_600_000


def invite_colleague(
    tx: Tx,
    org_id: OrgId,
    email: str,
    roles: Collection[StaffRole],
    event_ids: Collection[EventId] = (),
    *,
    base_url: str,
    inviter: str = "",
    inviter_id: UserId | None = None,
    actor: str,
) -> tuple[StaffInvitation, str]:
    """Invite somebody by mail; returns the link too, for an operator whose mails go nowhere yet.
    The mail is that of the user who invites: nobody else sees it in the simulator's outbox. Raises
    as `make_invitation`."""
    made, token = make_invitation(tx, org_id, email, roles, event_ids, actor=actor)
    link = f"{base_url}{INVITATION_PATH}{token}"
    organization = get_organization_of(tx, org_id)
    _mail(
        tx,
        org_id,
        inviter_id,
        made.email,
        "invitation",
        organization=organization.name,
        inviter=inviter or organization.name,
        link=link,
        until=_local(made.ends_at, organization.timezone),
    )
    return made, link


def invite_as(
    tx: Tx,
    access: Access,
    email: str,
    roles: Collection[StaffRole],
    event_ids: Collection[EventId],
    base_url: str,
) -> StaffInvitation:
    """`invite_colleague` by somebody who manages the staff. Raises Denied for roles or events that
    are more than theirs."""
    require_may_give(tx, access, NO_USER, roles, event_ids, is_limited=bool(event_ids))
    made, _ = invite_colleague(
        tx,
        access.organization.org_id,
        email,
        roles,
        event_ids,
        base_url=base_url,
        inviter=access.member.user.name,
        inviter_id=access.member.user.id,
        actor=access.actor,
    )
    return made


def mail_reset(tx: Tx, name: str, base_url: str) -> None:
    """Mail a link to choose a password to each user of that code or address, five an hour at most.
    Whether there is such a user is told to nobody: nothing is returned or raised."""
    for user in find_users_of(tx, name):
        _mail_reset(tx, user, base_url)


def _mail_reset(tx: Tx, user: User, base_url: str) -> None:
    key = WindowKey(user.org_id, "password-links", str(user.id))
    if not counting.count(tx, key, RESETS_LIMIT, HOUR_MS):
        return
    token = make_reset(tx, user, actor=f"user:{user.id}")
    link = f"{base_url}{RESET_PATH}{token}"
    organization = get_organization_of(tx, user.org_id).name
    facts = {"user_code": user.user_code, "organization": organization, "link": link}
    _mail(tx, user.org_id, None, user.email, "reset", **facts)


def note_browser(
    tx: Tx, principal: Principal, secret: str, device: str, place: str, *, tells: bool = True
) -> None:
    """The user signed in with the browser that keeps `secret`; by a mail where that one is new and
    `tells`."""
    is_known = is_known_browser(tx, principal, secret)
    remember_browser(tx, principal, secret)
    user = sql.find_user(tx, org_id=principal.org_id, user_id=principal.user_id)
    if is_known or not tells or user is None:
        return
    timezone = get_organization_of(tx, user.org_id).timezone
    at = _local(tx.now, timezone)
    facts = {"user_code": user.user_code, "device": device or "?", "place": place or "?", "at": at}
    _mail(tx, user.org_id, None, user.email, "device", **facts)


def _mail(
    tx: Tx, org_id: OrgId, user_id: UserId | None, email: str, kind: str, **facts: str
) -> None:
    """`user_id` is who sees it in the simulator's outbox, None = nobody."""
    locale = find_locale(get_organization_of(tx, org_id).locale) or "en"
    subject = label(locale, f"account_mail.{kind}.subject", **facts)
    text = label(locale, f"account_mail.{kind}.text", **facts)
    fields = facts | {"subject": " ".join(subject.split()), "message": text}
    add_internal_job(
        tx,
        org_id,
        user_id,
        kind=Kind.CODE,
        job_type=JobType.EMAIL,
        name=JOB_NAME,
        content=say_account(kind, locale, find_brand(tx, org_id, locale), facts),
        recipients=[NewRecipient(email, fields=fields)],
    )


def say_account(kind: str, language: str, brand: MailBrand, names: Iterable[str]) -> Content:
    """What a mail of that kind says, with merge fields of these names in its HTML."""
    fields = {name: f"%%{name}%%" for name in names}
    text = label(language, f"account_mail.{kind}.text", **fields)
    title = label(language, f"account_mail.{kind}.subject", **dict.fromkeys(fields, "…"))
    page = lay_out_text(text, title, language, brand, f"account_mail.{kind}.button")
    return Content(subject="%%subject%%", text="%%message%%\n", html=page)


def _local(at: int, timezone: str) -> str:
    return f"{wall_clock(at, timezone)} ({timezone})"
