"""Reading pictures that commands name, and `turnout event set-cover`, `event show-pictures`, `org
set-logo`, `speaker set-picture`."""

from pathlib import Path

from turnout.cli.app import actor, console, database, settings
from turnout.cli.numbers import EventNumber, SpeakerNumber
from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.showing import get_shown_event
from turnout.core.events.speakers import SpeakerChange, change_speaker
from turnout.core.identity.organizations import get_organization
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.ids import OrgId
from turnout.core.messaging.pictures import keep_picture
from turnout.formats.pictures import LARGEST_BYTES, Picture, remake
from turnout.store import Database


def set_cover(org: str, event: EventNumber, file: Path | None = None, /) -> None:
    """Show a picture on an event's page, or none any more.

    JPEG, PNG, WebP or AVIF, up to 15 MB and 50 megapixels; it is stored as WebP, without EXIF.

    Example: `turnout event set-cover acme 1000001 cover.jpg`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        file: The picture; without it, the event has none.
    """
    picture = _read(file)
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        change = EventChange(cover=_keep(db, org_id, picture))
        db.call(change_event, org_id, event, change, actor=actor())
    console.print(f"The cover of event {event} is {'set' if file else 'gone'}.")


def show_pictures(org: str, event: EventNumber, /, *files: Path, gone: bool = False) -> None:
    """Show more pictures on an event's page once it is over; formats as of `event set-cover`.

    Example: `turnout event show-pictures acme 1000001 hall.jpg stage.jpg`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        files: The pictures.
        gone: Take those away that are shown by now.
    """
    pictures = [_read(file) for file in files]
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        shown = () if gone else db.call(get_shown_event, org_id, event).details.pictures
        added = [_keep(db, org_id, picture) for picture in pictures]
        all_ = tuple(dict.fromkeys((*shown, *added)))
        db.call(change_event, org_id, event, EventChange(pictures=all_), actor=actor())
    console.print(f"Pictures of event {event}: {len(all_)}.")


def set_logo(slug: str, file: Path | None = None, /) -> None:
    """Show a logo on an organization's page, or none any more; formats as of `event set-cover`.

    Example: `turnout org set-logo acme logo.png`

    Args:
        slug: Its short name.
        file: The picture; without it, the organization has none.
    """
    picture = _read(file)
    with database() as db:
        org_id = db.call(get_organization, slug).org_id
        change = OrganizationChange(logo=_keep(db, org_id, picture))
        db.call(change_organization, org_id, change, actor=actor())
    console.print(f"The logo of {slug} is {'set' if file else 'gone'}.")


def set_picture(
    org: str, event: EventNumber, speaker: SpeakerNumber, file: Path | None = None, /
) -> None:
    """Show a photo of a speaker, or none any more; formats as `turnout event set-cover`.

    Example: `turnout speaker set-picture acme 1000001 12 grace.webp`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        speaker: Number of the speaker in `turnout speaker list`.
        file: The picture; without it, the speaker has none.
    """
    picture = _read(file)
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        change = SpeakerChange(picture=_keep(db, org_id, picture))
        db.call(change_speaker, org_id, event, speaker, change, actor=actor())
    console.print(f"The picture of speaker {speaker} is {'set' if file else 'gone'}.")


def _read(file: Path | None) -> Picture | None:
    if file is None:
        return None
    with file.open("rb") as opened:
        return remake(opened.read(LARGEST_BYTES + 1))


def _keep(db: Database, org_id: OrgId, picture: Picture | None) -> str:
    if picture is None:
        return ""
    quota = settings().file_quota_mb * 1_000_000
    return db.call(keep_picture, org_id, picture, default_quota=quota, actor=actor())
