"""`turnout org` and `token`."""

import time
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number as Range

from turnout.cli import calling, organizations, pictures
from turnout.cli.app import (
    actor,
    console,
    database,
    say_time,
    settings,
    show_table,
)
from turnout.cli.numbers import CredentialNumber, EventNumber
from turnout.core.events.programme import get_event
from turnout.core.identity.credentials import (
    issue_credential,
    list_credentials,
    revoke_credential,
)
from turnout.core.identity.model import CredentialKind
from turnout.core.identity.organizations import (
    create_organization,
    get_organization,
    list_organizations,
)
from turnout.errors import Invalid
from turnout.store import system_clock

DAY_MS = 24 * 3600 * 1000

Days = Annotated[int, Parameter(validator=Range(gte=1, lte=36_500))]

org = App(name="org")
org.command(organizations.set_org, name="set")
org.command(organizations.show_org, name="show")
org.command(pictures.set_logo, name="set-logo")
org.command(calling.set_calls, name="calls")
org.command(calling.set_words, name="words")
token = App(name="token")


@org.command(name="create")
def create_org(
    slug: str,
    /,
    *,
    name: str | None = None,
    timezone: str = "UTC",
    country: str = "",
    distributor: str | None = None,
    agent: str | None = None,
) -> None:
    """Make an organization, under a distributor of its own; makes the embedded database too,
    where there is none yet.

    Example: `turnout org create acme --name "Acme Ltd"`

    Args:
        slug: Short name for commands and addresses: a-z, 0-9 and dashes.
        name: Full name; without it, the short one.
        timezone: IANA name such as Europe/Berlin.
        country: Two letters, such as DE, in which phone numbers without a country are read;
            without it, the country of the time zone.
        distributor: Name or number of another one to put it under, whose Admins then rule it.
        agent: Name of the agent who looks after it, under the same distributor.
    """
    from turnout.schema import make_database

    chosen = settings()
    make_database(chosen)
    with database(chosen) as db:
        made = db.call(
            create_organization,
            slug,
            name or slug,
            timezone=timezone,
            country=country,
            distributor=distributor,
            agent=agent,
            actor=actor(),
        )
    console.print(f"Organization {made.slug} has account number {made.org_id}.")


@org.command(name="list")
def list_orgs() -> None:
    """List the organizations.

    Example: `turnout org list`
    """
    with database() as db:
        found = db.call(list_organizations)
    rows = [
        (
            str(organization.org_id),
            organization.slug,
            organization.name,
            organization.timezone,
            organization.uuid,
            organizations.say_limit(organization.rate_limit),
        )
        for organization in found
    ]
    show_table("Account", "Short name", "Name", "Time zone", "GUID", "Rate limit", rows=rows)


@token.command(name="create")
def create_token(
    org: str,
    /,
    *,
    kind: CredentialKind = CredentialKind.API_KEY,
    name: str = "",
    event: EventNumber | None = None,
    days: Days | None = None,
) -> None:
    """Make a credential and show its secret, this once; the secret is the last line.

    Example: `turnout token create acme --kind api-key`

    Args:
        org: Short name of the organization.
        kind: What it opens; an api-key is for the registration API.
        name: What it is for, to know it again in the list.
        event: Number of the event that an event-token is for.
        days: It expires after so many days; without it, never.
    """
    if kind is CredentialKind.PASSWORD:
        raise Invalid("credential.kind")
    if (kind is CredentialKind.EVENT_TOKEN) != (event is not None):
        raise Invalid("credential.event")
    with database() as db:
        organization = db.call(get_organization, org)
        if event is not None:
            db.call(get_event, organization.org_id, event)
        credential, secret = db.call(
            issue_credential,
            organization.org_id,
            kind,
            name or f"{_say_kind(kind)} {time.strftime('%Y-%m-%d')}",
            event_id=event,
            expires_at=system_clock() + days * DAY_MS if days is not None else None,
            actor=actor(),
        )
    console.print(f"Credential {credential.id} ({_say_kind(kind)}, {credential.name}):")
    console.print(secret)


@token.command(name="list")
def list_tokens(org: str, /) -> None:
    """List an organization's credentials; secrets are not kept and so never shown.

    Example: `turnout token list acme`

    Args:
        org: Short name of the organization.
    """
    with database() as db:
        organization = db.call(get_organization, org)
        credentials = db.call(list_credentials, organization.org_id)
    rows = [
        (
            str(credential.id),
            _say_kind(credential.kind),
            credential.name,
            credential.hint,
            credential.state(system_clock()),
            _say_instant(credential.expires_at),
            _say_instant(credential.last_used_at),
        )
        for credential in credentials
    ]
    show_table("Id", "Kind", "Name", "Begins", "State", "Expires", "Last used", rows=rows)


@token.command(name="revoke")
def revoke_token(org: str, credential: CredentialNumber, /) -> None:
    """End a credential, and every token that was signed for it, at once.

    Example: `turnout token revoke acme 7`

    Args:
        org: Short name of the organization.
        credential: Its number in `turnout token list`.
    """
    with database() as db:
        organization = db.call(get_organization, org)
        revoked = db.call(revoke_credential, organization.org_id, credential, actor=actor())
    console.print(f"Credential {revoked.id} ({revoked.name}) is revoked.")


def _say_instant(instant: int | None) -> str:
    if instant is None:
        return "never"
    return say_time(instant)


def _say_kind(kind: CredentialKind) -> str:
    """The kind as `--kind` takes it: api-key."""
    return kind.value.replace("_", "-")
