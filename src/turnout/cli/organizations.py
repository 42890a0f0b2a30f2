"""`turnout org set` and `org show`: what an organization shows of itself, and its limits."""

from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number as Range

from turnout.cli.app import LARGEST, Count, actor, console, database, show_table
from turnout.cli.retention import say_rule
from turnout.core.erasure.retention import list_rules
from turnout.core.fields import changed_fields
from turnout.core.identity.distributors import move_organization
from turnout.core.identity.organizations import (
    get_organization,
    set_file_quota,
    set_rate_limit,
)
from turnout.core.identity.profiles import OrganizationChange, change_organization, get_profile
from turnout.errors import Invalid

RateLimit = Annotated[int, Parameter(validator=Range(gte=-1, lte=LARGEST))]


def set_org(
    slug: str,
    /,
    *,
    name: str | None = None,
    timezone: str | None = None,
    language: str | None = None,
    currency: str | None = None,
    country: str | None = None,
    colour: str | None = None,
    contact_email: str | None = None,
    contact_phone: str | None = None,
    website: str | None = None,
    privacy: str | None = None,
    imprint: str | None = None,
    sender: str | None = None,
    reply_address: str | None = None,
    stop_reply: str | None = None,
    alert_url: str | None = None,
    payment_text: str | None = None,
    payment_days: Count | None = None,
    approval_above: Count | None = None,
    require_consent: Literal["yes", "no"] | None = None,
    embed_on: list[str] | None = None,
    rate_limit: RateLimit | None = None,
    file_quota_mb: RateLimit | None = None,
    distributor: str | None = None,
) -> None:
    """Change an organization and what it shows of itself; running servers follow within a second.

    Only what is named changes; an empty text takes a value away.

    Example: `turnout org set acme --currency EUR --imprint https://acme.example/imprint`

    Args:
        slug: Its short name.
        name: Full name.
        timezone: IANA name such as Europe/Berlin, for what is planned from now on.
        language: Language of its events that do not name one, such as en, de or pt-BR.
        currency: Currency of its prices (ISO 4217), such as EUR.
        country: Two letters, such as DE; national phone numbers are read in it.
        colour: Its colour, such as #0a7d5c.
        contact_email: Where people write to; without it, its oldest user.
        contact_phone: Where people call.
        website: Web address of its own site.
        privacy: Web address of its privacy statement.
        imprint: Web address of its imprint.
        sender: Name under which it writes about its events; without it, its full name.
        reply_address: E-mail address to which people reply.
        stop_reply: Text that answers somebody who wrote STOP, once; `-` = no answer.
        alert_url: Address to which alerts are posted, see `turnout alerts --help`.
        payment_text: How tickets of its events are paid; %%amount%%, %%reference%% and %%due%%
            stand for what is asked for.
        payment_days: Days that a ticket waits for its payment; 0 = 14.
        approval_above: Messaging jobs with more recipients wait until a second person approves
            them (`turnout job approve`); 0 = none does.
        require_consent: Whether marketing reaches only people who consented (`turnout consent`).
        embed_on: Site that may show its events in a frame, such as https://www.example.org; repeat
            it for more, all others are taken off the list. `""` alone = no site.
        rate_limit: Requests a minute and endpoint; 0 = no limit, -1 = the server's default.
        file_quota_mb: MB of files and pictures it may keep; 0 = any, -1 = the server's default.
        distributor: Name or number of the distributor to put it under, whose Admins then rule
            it; its own Admins then rule those that are under it already.
    """
    change = OrganizationChange(
        name=name,
        timezone=timezone,
        locale=language,
        currency=currency,
        country_code=country,
        colour=colour,
        contact_email=contact_email,
        contact_phone=contact_phone,
        website=website,
        privacy_url=privacy,
        imprint_url=imprint,
        sender_name=sender,
        reply_address=reply_address,
        stop_reply=stop_reply,
        alert_url=alert_url,
        payment_text=payment_text,
        pay_within_days=payment_days,
        approval_above=approval_above,
        requires_consent=None if require_consent is None else require_consent == "yes",
        embedded_on=None if embed_on is None else tuple(embed_on),
    )
    fields = changed_fields(change)
    if not fields and rate_limit is None and distributor is None and file_quota_mb is None:
        raise Invalid("organization.unchanged")
    with database() as db:
        org_id = db.call(get_organization, slug).org_id
        if fields:
            db.call(change_organization, org_id, change, actor=actor())
            console.print(f"Organization {slug} is changed.")
        if distributor is not None:
            under = db.call(move_organization, org_id, distributor, actor=actor())
            console.print(f"Organization {slug} is under distributor {under.name} from now on.")
        if file_quota_mb is not None:
            quota = None if file_quota_mb < 0 else file_quota_mb * 1_000_000
            db.call(set_file_quota, slug, quota, actor=actor())
            shown = {None: "the default", 0: "any number of"}.get(quota, str(file_quota_mb))
            console.print(f"Organization {slug} may keep {shown} MB of files from now on.")
        if rate_limit is not None:
            limit = None if rate_limit < 0 else rate_limit
            db.call(set_rate_limit, slug, limit, actor=actor())
            said = say_limit(limit)
            console.print(f"Organization {slug}: the rate limit is {said} from now on.")


def show_org(slug: str, /) -> None:
    """Show what an organization says of itself.

    Example: `turnout org show acme`

    Args:
        slug: Its short name.
    """
    with database() as db:
        organization = db.call(get_organization, slug)
        profile = db.call(get_profile, organization.org_id)
        rules = db.look(list_rules, organization.org_id)
    facts = [
        ("Name", organization.name),
        ("Account", str(organization.org_id)),
        ("GUID", organization.uuid),
        ("Time zone", organization.timezone),
        ("Language", organization.locale),
        ("Currency", profile.currency),
        ("Country", profile.country_code),
        ("Colour", profile.colour),
        ("Logo", profile.logo),
        ("Contact", ", ".join(filter(None, (profile.contact_email, profile.contact_phone)))),
        ("Website", profile.website),
        ("Privacy", profile.privacy_url),
        ("Imprint", profile.imprint_url),
        ("Sender", profile.sender_name),
        ("Replies go to", profile.reply_address),
        ("Answer to STOP", profile.stop_reply),
        ("Alerts to", profile.alert_url),
        ("How to pay", profile.payment_text),
        ("Recipients that need approval", _say_above(profile.approval_above)),
        ("Marketing needs consent", "yes" if profile.requires_consent else ""),
        ("Days to pay", str(profile.pay_within_days or "")),
        ("Embedded on", " ".join(profile.embedded_on)),
        *(("Retention", say_rule(rule)) for rule in rules),
    ]
    show_table("WHAT", "IS", rows=[(what, is_) for what, is_ in facts if is_])


def _say_above(above: int) -> str:
    return f"more than {above}" if above else ""


def say_limit(limit: int | None) -> str:
    """A rate limit, as lists show it."""
    return {None: "the default", 0: "no limit"}.get(limit, f"{limit} a minute")
