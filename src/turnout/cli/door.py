"""`turnout door`: pair phones with an event's door, see and end them."""

from pathlib import Path
from typing import Literal

from cyclopts import App

from turnout.cli.app import actor, base_url, console, counted, database, say_time, show_table
from turnout.cli.known import org_of_event
from turnout.cli.numbers import DeviceNumber, EventNumber, GateNumber, PrinterNumber
from turnout.core.door.devices import list_devices, revoke_device
from turnout.core.door.looking import set_looks_first
from turnout.core.door.model import Device, DoorRole
from turnout.core.door.pairing import PATH, confirm_device, make_pairing
from turnout.core.door.printers import USUAL_PORT, add_printer, list_printers, remove_printer
from turnout.formats.labels import PrinterLanguage

doors = App(name="door")
printers = App(name="printer", help="Printers of badges at the door.")
doors.command(printers)


@doors.command
def pair(
    org: str,
    event: EventNumber,
    /,
    *,
    also: list[EventNumber] | None = None,
    gate: GateNumber | None = None,
    role: Literal["steward", "supervisor"] = "steward",
    name: str = "",
) -> None:
    """Make a code that pairs one phone within ten minutes: a link for its camera, and six letters.

    Example: `turnout door pair acme 1000001 --name "Door 2"`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        also: Number of another event at whose door the phone stands; may be repeated.
        gate: Number of the event's gate; without it, everybody with a ticket is let in.
        role: A steward scans; a supervisor also searches, lets in anyway and registers walk-ins.
        name: What the phone is called; without it, the phone says so itself.
    """
    with database() as db:
        org_id = org_of_event(db, org, event)
        places = [(event, gate), *((other, None) for other in also or [])]
        made = db.call(make_pairing, org_id, places, DoorRole(role), name, actor=actor())
        address = base_url(db)
    console.print(f"{address}{PATH}{made.token}")
    console.print(
        f"Or open {address}/door and type {made.code}. Good until {say_time(made.ends_at)}."
    )


@doors.command(name="list")
def list_phones(org: str, event: EventNumber, /) -> None:
    """List the phones at an event's door, newest first.

    Example: `turnout door list acme 1000001`

    Args:
        org: Short name of the organization.
        event: Number of the event.
    """
    with database() as db:
        org_id = org_of_event(db, org, event)
        found = db.call(list_devices, org_id, event)
    if not found:
        console.print("No phone is paired. See `turnout door pair`.")
        return
    rows = (
        (
            str(one.id),
            one.role.value,
            _say_state(one),
            say_time(one.last_seen_at) if one.last_seen_at else "",
            str(one.unsent),
            one.name,
        )
        for one in found
    )
    show_table("NUMBER", "ROLE", "STATE", "LAST SEEN", "UNSENT", "NAME", rows=rows)


@doors.command
def confirm(org: str, event: EventNumber, phone: DeviceNumber, /) -> None:
    """Let a phone in on which the six letters were typed, if it shows the right word.

    Example: `turnout door confirm acme 1000001 12`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        phone: Number of the phone; `turnout door list` shows its word.
    """
    with database() as db:
        org_id = org_of_event(db, org, event)
        device = db.call(confirm_device, org_id, event, phone, actor=actor())
    console.print(f"Phone {device.id} ({device.name}) checks people in.")


@doors.command
def revoke(org: str, event: EventNumber, phone: DeviceNumber, /) -> None:
    """Sign a phone out, at once and at all of its events.

    Example: `turnout door revoke acme 1000001 12`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        phone: Number of the phone.
    """
    with database() as db:
        org_id = org_of_event(db, org, event)
        db.call(revoke_device, org_id, event, phone, actor=actor())
    console.print(f"Phone {phone} is signed out.")


@doors.command
def load(org: str, event: EventNumber, file: Path, /, *, phone: DeviceNumber | None = None) -> None:
    """Load scans that a phone saved in a file because it could not upload. Idempotent, also when
    the phone uploads them later.

    Example: `turnout door load acme 1000001 door-scans.json`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        file: What the phone saved, under More.
        phone: Number of the phone, for a file that only gives its name.
    """
    # Uploading knows most of the program, which the other commands need not load.
    from turnout.core.door.rescuing import find_makers, load_rescued, read_rescue
    from turnout.core.door.uploading import MOST_SCANS, Uploaded

    saved = read_rescue(file.read_bytes())
    done: list[Uploaded] = []
    with database() as db:
        org_id = org_of_event(db, org, event)
        made = db.call(find_makers, org_id, event, saved, phone)
        for device, scans in made:
            for first in range(0, len(scans), MOST_SCANS):
                some = scans[first : first + MOST_SCANS]
                done += db.call(load_rescued, org_id, event, device.id, saved, some, actor=actor())
    refused = sum(bool(one.refusal) for one in done)
    conflicts = sum(one.is_conflict for one in done)
    taken, others = len(done) - refused, len(saved.scans) - len(done)
    for device, scans in made:
        console.print(f"{counted(len(scans), 'scan', 'scans')} of {device.name} ({device.id}).")
    console.print(
        f"Taken: {taken:,}; conflicts: {conflicts:,}; not taken: {refused:,};"
        f" of other events: {others:,}."
    )


@doors.command
def look(org: str, event: EventNumber, /, *, first: bool = False) -> None:
    """Let phones check a good ticket in at the scan, or show it first and wait for a tap with
    --first.

    Example: `turnout door look acme 1000001 --first`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        first: Show a ticket before it is checked in.
    """
    with database() as db:
        org_id = org_of_event(db, org, event)
        db.call(set_looks_first, org_id, event, is_first=first, actor=actor())
    how = "show tickets first, and check in with a tap" if first else "check in at the scan"
    console.print(f"The phones of event {event} {how}.")


@printers.command(name="add")
def add(
    org: str,
    event: EventNumber,
    name: str,
    host: str,
    /,
    *,
    port: int = USUAL_PORT,
    language: Literal["zpl", "escpos"] = "zpl",
) -> None:
    """Let the phones of an event print badges on a printer that this server reaches.

    Example: `turnout door printer add acme 1000001 "Front desk" 10.0.0.9`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        name: What the printer is called.
        host: Its name or IP address; TURNOUT_OUTBOUND_ALLOW names private networks.
        port: Its port.
        language: What it understands: zpl (label printers) or escpos (receipt printers).
    """
    with database() as db:
        org_id = org_of_event(db, org, event)
        given = (org_id, event, name, PrinterLanguage(language), host, port)
        made = db.call(add_printer, *given, actor=actor())
    console.print(f"Printer {made.id} is {made.name}.")


@printers.command(name="list")
def list_all(org: str, event: EventNumber, /) -> None:
    """List the printers of an event's door.

    Example: `turnout door printer list acme 1000001`

    Args:
        org: Short name of the organization.
        event: Number of the event.
    """
    with database() as db:
        org_id = org_of_event(db, org, event)
        found = db.call(list_printers, org_id, event)
    if not found:
        console.print("There is no printer. See `turnout door printer add`.")
        return
    rows = ((str(one.id), one.language.value, f"{one.host}:{one.port}", one.name) for one in found)
    show_table("NUMBER", "LANGUAGE", "ADDRESS", "NAME", rows=rows)


@printers.command
def remove(org: str, event: EventNumber, printer: PrinterNumber, /) -> None:
    """Forget a printer of an event's door.

    Example: `turnout door printer remove acme 1000001 12`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        printer: Number of the printer.
    """
    with database() as db:
        org_id = org_of_event(db, org, event)
        db.call(remove_printer, org_id, event, printer, actor=actor())
    console.print(f"Printer {printer} is forgotten.")


def _say_state(device: Device) -> str:
    if device.revoked_at is not None:
        return "signed out"
    return "paired" if device.confirmed_at is not None else f"shows {device.word}"
