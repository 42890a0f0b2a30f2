"""What an organization shows of itself: changed field by field."""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from turnout.core.audit.recording import record
from turnout.core.fields import (
    changed_fields,
    check_address,
    check_colour,
    check_country,
    check_language,
    check_line,
    check_no_address,
    check_origins,
    check_payment_days,
    check_payment_text,
    check_url,
    check_words,
)
from turnout.core.identity.model import OrganizationProfile
from turnout.core.identity.organizations import check_zone, get_organization_of
from turnout.core.identity.sql import sql
from turnout.core.ids import OrgId
from turnout.core.text import is_blank
from turnout.errors import Invalid
from turnout.formats.money import read_currency
from turnout.formats.spoken.own_words import OwnWords, read_own_words
from turnout.store import Tx, to_json

_profile = msgspec.json.Decoder(OrganizationProfile)


class OrganizationChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change; None = it stays, empty text = not given any more. `timezone` is an IANA
    name, `locale` a language tag; the others are those of OrganizationProfile."""

    name: str | None = None
    timezone: str | None = None
    locale: str | None = None
    currency: str | None = None
    country_code: str | None = None
    logo: str | None = None
    colour: str | None = None
    contact_email: str | None = None
    contact_phone: str | None = None
    website: str | None = None
    privacy_url: str | None = None
    imprint_url: str | None = None
    sender_name: str | None = None
    reply_address: str | None = None
    stop_reply: str | None = None
    payment_text: str | None = None
    pay_within_days: int | None = None
    alert_url: str | None = None
    approval_above: int | None = None
    requires_consent: bool | None = None
    embedded_on: tuple[str, ...] | None = None
    call_countries: tuple[str, ...] | None = None
    call_agents: tuple[str, ...] | None = None
    call_words: str | None = None


class Sender(NamedTuple):
    """Who mails are from: the name beside the server's own address, and where answers go, empty =
    to that address."""

    name: str
    reply_to: str = ""


def get_sender(tx: Tx, org_id: OrgId) -> Sender:
    """Who the organization's mails are from: its sender name, or else its name."""
    profile = get_profile(tx, org_id)
    return Sender(
        profile.sender_name or get_organization_of(tx, org_id).name, profile.reply_address
    )


def get_profile(tx: Tx, org_id: OrgId) -> OrganizationProfile:
    """What the organization of that number, which exists, shows of itself."""
    return _profile.decode(sql.get_organization_profile(tx, org_id=org_id) or "{}")


def get_words(tx: Tx, org_id: OrgId) -> OwnWords:
    """The words that voices say otherwise in the organization's calls."""
    return read_own_words(get_profile(tx, org_id).call_words)


def lock_organization(tx: Tx, org_id: OrgId) -> None:
    """Let nobody else change the organization before this transaction ends."""
    sql.touch_organization(tx, org_id=org_id, now=tx.now)


def change_organization(
    tx: Tx, org_id: OrgId, change: OrganizationChange, *, actor: str
) -> OrganizationProfile:
    """Change an organization and what it shows of itself; returns the latter. The zone counts for
    what is planned from now on. Idempotent. Raises Invalid, Missing for a picture that is not kept.
    """
    check_organization_texts(change)
    lock_organization(tx, org_id)
    if change.logo and sql.has_logo(tx, org_id=org_id, digest=change.logo) is None:
        raise Invalid("picture.missing", digest=change.logo)
    given = {name: _value(change, name) for name in changed_fields(change)}
    for name in ("currency", "country_code"):
        if name in given:
            given[name] = given[name].upper()
    own = {name: given.pop(name) for name in ("name", "timezone", "locale") if name in given}
    profile = msgspec.structs.replace(get_profile(tx, org_id), **given)
    sql.set_organization_profile(
        tx,
        org_id=org_id,
        name=own.get("name"),
        timezone=own.get("timezone"),
        locale=own.get("locale"),
        profile=to_json(profile),
        now=tx.now,
    )
    if {"country_code", "timezone"} & (given.keys() | own.keys()):
        sql.read_opt_outs_again(tx, org_id=org_id)
    record(tx, org_id, actor, "changed", "organization", org_id, fields=changed_fields(change))
    return profile


def check_organization_texts(change: OrganizationChange) -> None:
    """Raise Invalid for a value that cannot be."""
    for field in ("name", "timezone", "locale"):
        value = getattr(change, field)
        if value is not None and is_blank(value):
            raise Invalid("text.missing", field=field)
    check_payment_days(change.pay_within_days)
    check_origins(_list_origins(change))
    for country in change.call_countries or ():
        check_country("call_countries", country.strip())
    for field, check in _CHECKS.items():
        if value := getattr(change, field):
            check(field, value.strip())


def _value(change: OrganizationChange, name: str) -> Any:
    if name == "embedded_on":
        return _list_origins(change)
    if name == "call_countries":
        return tuple(sorted({text.strip().upper() for text in change.call_countries or ()}))
    value = getattr(change, name)
    return value.strip() if isinstance(value, str) else value


def _list_origins(change: OrganizationChange) -> tuple[str, ...]:
    """The sites that a change names, each once, as browsers spell them."""
    spelled = (text.strip().rstrip("/").lower() for text in change.embedded_on or ())
    return tuple(dict.fromkeys(filter(None, spelled)))


def _check_name(field: str, text: str) -> None:
    check_line(field, text)
    check_no_address(field, text)


def _check_zone(_field: str, text: str) -> None:
    check_zone(text)


def _check_currency(_field: str, text: str) -> None:
    read_currency(text)


_CHECKS: dict[str, Callable[[str, str], None]] = {
    "name": _check_name,
    "timezone": _check_zone,
    "locale": check_language,
    "currency": _check_currency,
    "country_code": check_country,
    "colour": check_colour,
    "contact_email": check_address,
    "contact_phone": check_line,
    "website": check_url,
    "privacy_url": check_url,
    "imprint_url": check_url,
    "alert_url": check_url,
    "sender_name": _check_name,
    "reply_address": check_address,
    "stop_reply": check_line,
    "payment_text": check_payment_text,
    "call_words": check_words,
}
