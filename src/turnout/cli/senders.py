"""`turnout sender`: mail domains and sender ids of an organization."""

from typing import Annotated

from cyclopts import App, Parameter

from turnout.cli.app import actor, console, database, say_time, settings, show_table
from turnout.core.identity.organizations import get_organization
from turnout.core.senders.domains import (
    add_domain,
    get_domain,
    list_domains,
    record_check,
    remove_domain,
)
from turnout.core.senders.model import (
    Found,
    Record,
    SenderDomain,
    SenderKey,
    judge,
    records_of,
    sort_found,
)

senders = App(name="sender")
domains = App(name="domain", help="Mail domains that an organization sends from.")
ids = App(name="id", help="Sender ids: who an organization's texts may be from.")
senders.command(domains)
senders.command(ids)

# What one string of a TXT record holds (RFC 1035).
_STRING = 255

Resolver = Annotated[str, Parameter(name="--resolver")]


@domains.command(name="add")
def add_mail_domain(org: str, domain: str, /) -> None:
    """Add a domain that an organization wants to send mail from, and show what to publish.

    It gets keys of its own for DKIM. Once they stand in the domain's DNS,
    `turnout sender domain check` verifies it, and mail from addresses in it is signed by them.

    Example: `turnout sender domain add acme acme.example`

    Args:
        org: Short name of the organization.
        domain: The domain behind the @ of its addresses.
    """
    from turnout.carriers.networks import read_own_domains
    from turnout.core.senders.keys import generate_keys

    own = read_own_domains(settings())
    keys = generate_keys()
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        added, kept = db.call(add_domain, org_id, domain, keys, own_domains=own, actor=actor())
    console.print(f"{added.domain} is added. Publish these records, then run")
    console.print(f"`turnout sender domain check {org} {added.domain}`:")
    for record in _records(added, kept):
        _say_record(record)


@domains.command
def check(org: str, domain: str, /, *, resolver: Resolver = "") -> None:
    """Look whether a domain's records are published, and keep the outcome.

    Exits 1 unless the domain is verified: one of its keys is published. What no name server told
    stays as it was.

    Example: `turnout sender domain check acme acme.example --resolver 9.9.9.9`

    Args:
        org: Short name of the organization.
        domain: The domain.
        resolver: The name server to ask, such as 9.9.9.9 or [::1]:5353; default: that of
            TURNOUT_SENDER_RESOLVER, or the system's.
    """
    from turnout.http.name_lookups import look_up_all

    resolver = resolver or settings().sender_resolver
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        known, keys = db.call(get_domain, org_id, domain)
        records = _records(known, keys)
        answers = look_up_all([(record.kind, record.name) for record in records], resolver)
        found = [judge(one, answer) for one, answer in zip(records, answers, strict=True)]
        of_keys, returns = sort_found(records, found)
        after = db.call(record_check, org_id, domain, of_keys, returns, actor=actor())
    _say_check(after, records, found)
    if after.verified_at is None:
        raise SystemExit(1)


@domains.command(name="list")
def list_mail_domains(org: str, /) -> None:
    """List the mail domains of an organization, and since when they are verified.

    Example: `turnout sender domain list acme`

    Args:
        org: Short name of the organization.
    """
    with database() as db:
        found = db.call(list_domains, db.call(get_organization, org).org_id)
    if not found:
        console.print("No mail domain is added.")
        return
    show_table(
        "DOMAIN", "VERIFIED", "RETURN PATH", "CHECKED",
        rows=(
            (
                row.domain,
                _say_since(row.verified_at),
                row.return_path if row.returning_at else "the installation's",
                _say_since(row.checked_at),
            )
            for row in found
        ),
    )  # fmt: skip


@domains.command(name="remove")
def remove_mail_domain(org: str, domain: str, /) -> None:
    """Send from a domain no more, and forget its keys.

    Example: `turnout sender domain remove acme acme.example`

    Args:
        org: Short name of the organization.
        domain: The domain.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(remove_domain, org_id, domain, actor=actor())
    console.print("The domain is removed, and its keys are gone.")


@ids.command(name="add")
def add_id(org: str, sender: str, /) -> None:
    """Allow a number or name as the sender of texts; the first one ends all that are not listed.

    Numbers of TURNOUT_REPLY_NUMBERS are everybody's.

    Example: `turnout sender id add acme "+61 400 000 100"`

    Args:
        org: Short name of the organization.
        sender: A number, or a name of up to 11 letters and digits.
    """
    from turnout.core.messaging.sender_ids import add_sender_id

    with database() as db:
        org_id = db.call(get_organization, org).org_id
        added = db.call(add_sender_id, org_id, sender, actor=actor())
    console.print(f"{added.sender} may be the sender of texts.")


@ids.command(name="list")
def list_ids(org: str, /) -> None:
    """List who an organization's texts may be from.

    Example: `turnout sender id list acme`

    Args:
        org: Short name of the organization.
    """
    from turnout.core.messaging.sender_ids import list_sender_ids

    with database() as db:
        found = db.call(list_sender_ids, db.call(get_organization, org).org_id)
    if not found:
        console.print("No sender id is listed.")
        return
    show_table("SENDER", "SINCE", rows=((row.sender, say_time(row.created_at)) for row in found))


@ids.command(name="remove")
def remove_id(org: str, sender: str, /) -> None:
    """Allow a sender of texts no more.

    Example: `turnout sender id remove acme ACME`

    Args:
        org: Short name of the organization.
        sender: The number or name.
    """
    from turnout.core.messaging.sender_ids import remove_sender_id

    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(remove_sender_id, org_id, sender, actor=actor())
    console.print(f"{sender} is no sender of texts any more.")


def _records(domain: SenderDomain, keys: list[SenderKey]) -> list[Record]:
    from turnout.carriers.networks import read_mail_domains

    return records_of(domain, keys, read_mail_domains(settings())[1])


def _say_check(domain: SenderDomain, records: list[Record], found: list[Found]) -> None:
    for record, state in zip(records, found, strict=True):
        optional = "" if record.is_needed else " (optional)"
        console.print(f"{record.kind} {record.name}: {state.value}{optional}")
    missing = [
        record for record, state in zip(records, found, strict=True) if state is not Found.YES
    ]
    if missing:
        console.print("To publish:")
    for record in missing:
        _say_record(record)
    if domain.verified_at is None:
        console.print(f"{domain.domain} is not verified. New records may take an hour to be seen.")
    else:
        console.print(f"{domain.domain} is verified: its mail is signed by the keys found.")


def _say_record(record: Record) -> None:
    """A line of a zone file; a long text in strings that a record may have."""
    value = f"{record.value}."
    if record.kind == "TXT":
        pieces = [record.value[at : at + _STRING] for at in range(0, len(record.value), _STRING)]
        value = " ".join(f'"{piece}"' for piece in pieces)
    console.print(f"{record.name}. {record.kind} {value}", soft_wrap=True, highlight=False)


def _say_since(at: int | None) -> str:
    return "no" if at is None else say_time(at)
