"""`turnout user role`, `invite`, `invitations`, `withdraw`, `reset` and `sign-out`: colleagues as
the console has them."""

from cyclopts import App

from turnout.cli.app import (
    Number,
    actor,
    base_url,
    console,
    counted,
    database,
    say_time,
    show_table,
)
from turnout.cli.numbers import EventNumber
from turnout.core.accounts.mailing import RESET_PATH, invite_colleague
from turnout.core.identity.model import User
from turnout.core.identity.organizations import get_organization
from turnout.core.identity.page_sessions import revoke_page_sessions
from turnout.core.identity.roles import StaffRole
from turnout.core.identity.signing_in import find_user_of, make_reset
from turnout.core.identity.staff import Colleague, limit_colleague, list_colleagues, set_roles
from turnout.core.identity.staff_invitations import list_invitations, withdraw_invitation
from turnout.errors import Missing
from turnout.store import Tx


def add_commands(family: App) -> None:
    """Enter the commands into `turnout user`."""
    family.command(set_user_roles, name="role")
    family.command(invite)
    family.command(list_invited, name="invitations")
    family.command(withdraw)
    family.command(reset_by_link, name="reset")
    family.command(sign_out)


def set_user_roles(
    org: str,
    name: str,
    /,
    *roles: StaffRole,
    event: list[EventNumber] | None = None,
    all_events: bool = False,
    remove: bool = False,
) -> None:
    """Say what somebody may do in the console; without roles, show who may do what.

    Example: turnout user role acme au/jo organizer finance

    Args:
        org: Short name of the organization.
        name: Code or e-mail address of the user, who may be of another organization.
        roles: What the user is from now on: owner, organizer, finance, messenger, exam-officer,
            door, reader.
        event: Number of an event that the user sees, and no others; may be given several times.
        all_events: The user sees all events again.
        remove: The user works here no more.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        user = db.call(_find, name)
        if roles or remove:
            db.call(set_roles, org_id, user, () if remove else roles, actor=actor())
        if event or all_events:
            chosen = [] if all_events else (event or [])
            is_limited = not all_events
            db.call(limit_colleague, org_id, user.id, chosen, is_limited=is_limited, actor=actor())
        found = db.call(list_colleagues, org_id)
    lines = [_say(org, line) for line in found if line.user.id == user.id]
    console.print(*(lines or [f"{user.user_code} has no role in {org}."]))


def invite(
    org: str, email: str, /, *roles: StaffRole, event: list[EventNumber] | None = None
) -> None:
    """Invite a colleague by mail; the link is shown as well, as the last line.

    It is good once, for two weeks. A new invitation to the address ends the former one.

    Example: turnout user invite acme jo@example.com organizer

    Args:
        org: Short name of the organization.
        email: Whom to invite.
        roles: What they are: see `turnout user role --help`.
        event: Number of an event that they see, and no others; may be given several times.
    """
    with database() as db:
        address = base_url(db)
        org_id = db.call(get_organization, org).org_id
        made, link = db.call(
            invite_colleague, org_id, email, roles, event or [], base_url=address, actor=actor()
        )
    console.print(f"{made.email} is invited to {org}, until {say_time(made.ends_at)}:")
    console.print(link)


def list_invited(org: str, /) -> None:
    """List the invitations of colleagues, newest first.

    Example: turnout user invitations acme

    Args:
        org: Short name of the organization.
    """
    with database() as db:
        now = db.clock()
        found = db.call(list_invitations, db.call(get_organization, org).org_id)
    if not found:
        console.print(f"{org} has invited nobody. `turnout user invite` does.")
        return
    show_table(
        "NUMBER", "E-MAIL", "ROLES", "STATE", "UNTIL", "BY",
        rows=(
            (
                str(line.id),
                line.email,
                ", ".join(sorted(map(say_role, line.role_set))),
                line.state(now),
                say_time(line.ends_at),
                line.inviter,
            )
            for line in found
        ),
    )  # fmt: skip


def withdraw(org: str, number: Number, /) -> None:
    """End an invitation of a colleague that is open.

    Example: turnout user withdraw acme 3

    Args:
        org: Short name of the organization.
        number: Its number in `turnout user invitations`.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(withdraw_invitation, org_id, number, actor=actor())
    console.print(f"Invitation {number} is withdrawn.")


def reset_by_link(name: str, /, *, second_step: bool = False) -> None:
    """Show a link with which a user chooses a new password: for those whom no mail reaches.

    It is good once, for an hour; those from before end. The password stays until then.

    Example: turnout user reset jo@example.com

    Args:
        name: Code or e-mail address of the user.
        second_step: Forget the user's authenticator, passkeys and recovery codes, too.
    """
    with database() as db:
        address = base_url(db)
        user = db.call(_find, name)
        token = db.call(make_reset, user, without_second_step=second_step, actor=actor())
    console.print(f"{user.user_code} chooses a new password here, within an hour:")
    console.print(f"{address}{RESET_PATH}{token}")


def sign_out(name: str, /) -> None:
    """End every session of a user on the pages.

    Example: turnout user sign-out jo@example.com

    Args:
        name: Code or e-mail address of the user.
    """
    with database() as db:
        user = db.call(_find, name)
        count = db.call(revoke_page_sessions, user, actor=actor())
    console.print(f"{counted(count, 'session')} of {user.user_code} ended.")


def say_role(role: StaffRole) -> str:
    """A role as commands take it: exam-officer."""
    return role.value.replace("_", "-")


def _say(org: str, colleague: Colleague) -> str:
    events = ", ".join(map(str, sorted(colleague.event_ids)))
    sees = f"sees event {events or 'none'} only" if colleague.is_limited else "sees all events"
    said = ", ".join(sorted(map(say_role, colleague.roles)))
    return f"{colleague.user.user_code} is {said} of {org} and {sees}."


def _find(tx: Tx, name: str) -> User:
    user = find_user_of(tx, name)
    if user is None:
        raise Missing("user.ambiguous", name=name)
    return user
