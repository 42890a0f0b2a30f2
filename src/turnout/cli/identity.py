"""`turnout org`, `user` and `token`."""

import datetime
import sys
import time
from typing import Annotated

from cyclopts import App, Parameter
from rich.table import Table

from turnout.cli.app import actor, app, console, database
from turnout.core.identity.credentials import (
    issue_credential,
    list_credentials,
    revoke_credential,
)
from turnout.core.identity.model import CredentialKind, Role
from turnout.core.identity.organizations import (
    create_organization,
    get_organization,
    list_organizations,
    set_rate_limit,
)
from turnout.core.identity.users import create_user, hash_password
from turnout.errors import Invalid
from turnout.store import system_clock

DAY_MS = 24 * 3600 * 1000

org = App(name="org", help="Organizations: the accounts of this server.")
user = App(name="user", help="Users of an organization.")
token = App(name="token", help="API keys, tokens and secrets.")
for family in (org, user, token):
    app.command(family)


@org.command(name="create")
def create_org(
    slug: str, *, name: str | None = None, timezone: str = "UTC", agent: str | None = None
) -> None:
    """Make an organization.

    Parameters
    ----------
    slug: short name for commands: a-z, 0-9 and dashes
    name: full name (default: the short one)
    timezone: IANA name such as Europe/Berlin
    agent: name of the agent who looks after it
    """
    with database() as db:
        made = db.call(
            create_organization,
            slug,
            name or slug,
            timezone=timezone,
            agent=agent,
            actor=actor(),
        )
    console.print(f"Organization {made.slug} has account number {made.org_id}.", highlight=False)


@org.command(name="list")
def list_orgs() -> None:
    """List the organizations."""
    table = Table("Account", "Short name", "Name", "Time zone", "Rate limit", box=None)
    with database() as db:
        for each in db.call(list_organizations):
            limit = "default" if each.rate_limit is None else str(each.rate_limit)
            table.add_row(str(each.org_id), each.slug, each.name, each.timezone, limit)
    console.print(table, highlight=False)


@org.command(name="set")
def set_org(slug: str, *, rate_limit: Annotated[int, Parameter(name="--rate-limit")]) -> None:
    """Change an organization.

    Parameters
    ----------
    slug: its short name
    rate_limit: requests a minute and endpoint; 0 = no limit, -1 = the server's default
    """
    limit = None if rate_limit < 0 else rate_limit
    with database() as db:
        db.call(set_rate_limit, slug, limit, actor=actor())
    said = {None: "the server's default", 0: "no limit"}.get(limit, f"{limit} a minute")
    console.print(f"Organization {slug}: rate limit is now {said}.", highlight=False)


@user.command(name="create")
def create(
    org: str,
    user_code: str,
    *,
    name: str,
    email: str,
    role: Role = Role.ACCT,
    password_stdin: bool = False,
) -> None:
    """Make a user.

    Parameters
    ----------
    org: short name of the organization
    user_code: the name the user signs in with, unique on this server
    name: full name
    email: e-mail address
    role: Acct (own account), Agent (those of its agent) or Admin (all)
    password_stdin: read the password from standard input, so that no list of processes shows it
    """
    hashed = hash_password(sys.stdin.readline().rstrip("\n")) if password_stdin else None
    with database() as db:
        organization = db.call(get_organization, org)
        made = db.call(
            create_user,
            organization.org_id,
            user_code,
            name=name,
            email=email,
            role=role,
            password_hash=hashed,
            actor=actor(),
        )
    console.print(f"User {made.user_code} ({made.role}) of {org} is made.", highlight=False)


@token.command(name="create")
def create_token(
    org: str,
    *,
    kind: CredentialKind = CredentialKind.API_KEY,
    name: str = "",
    event: int | None = None,
    days: int | None = None,
) -> None:
    """Make a credential and show its secret, this once.

    Parameters
    ----------
    org: short name of the organization
    kind: what it opens; api_key is for the registration API
    name: what it is for, to know it again in the list
    event: the event that an event token is for
    days: it expires after so many days (default: never)
    """
    if kind is CredentialKind.PASSWORD:
        raise Invalid("credential.kind", "Passwords belong to users: see `turnout user create`.")
    if (kind is CredentialKind.EVENT_TOKEN) != (event is not None):
        raise Invalid("credential.event", "An event token, and only that, needs --event.")
    with database() as db:
        organization = db.call(get_organization, org)
        credential, secret = db.call(
            issue_credential,
            organization.org_id,
            kind,
            name or f"{kind} {time.strftime('%Y-%m-%d')}",
            event_id=event,
            expires_at=system_clock() + days * DAY_MS if days is not None else None,
            actor=actor(),
        )
    console.print(f"Credential {credential.id} ({kind}, {credential.name}):", highlight=False)
    console.print(secret, highlight=False, soft_wrap=True)


@token.command(name="list")
def list_tokens(org: str) -> None:
    """List an organization's credentials; secrets are not kept and so never shown."""
    table = Table("Id", "Kind", "Name", "Begins", "State", "Expires", "Last used", box=None)
    with database() as db:
        organization = db.call(get_organization, org)
        for each in db.call(list_credentials, organization.org_id):
            table.add_row(
                str(each.id),
                each.kind,
                each.name,
                each.hint,
                each.state(system_clock()),
                _when(each.expires_at, "never"),
                _when(each.last_used_at, "never"),
            )
    console.print(table, highlight=False)


@token.command(name="revoke")
def revoke_token(org: str, credential: int) -> None:
    """End a credential, and every session that was opened with it, at once.

    Parameters
    ----------
    org: short name of the organization
    credential: its number in `turnout token list`
    """
    with database() as db:
        organization = db.call(get_organization, org)
        revoked = db.call(revoke_credential, organization.org_id, credential, actor=actor())
    console.print(f"Credential {revoked.id} ({revoked.name}) is revoked.", highlight=False)


def _when(instant: int | None, otherwise: str) -> str:
    if instant is None:
        return otherwise
    time_ = datetime.datetime.fromtimestamp(instant / 1000, datetime.UTC)
    return time_.strftime("%Y-%m-%d %H:%M UTC")
