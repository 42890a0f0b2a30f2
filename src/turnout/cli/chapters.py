"""`turnout media chapters`: chapters of what sessions show."""

from turnout.cli.app import actor, console, counted, database
from turnout.cli.known import find_session
from turnout.core.audience.chapters import (
    list_chapters,
    read_chapters,
    set_chapters,
    write_chapters,
)
from turnout.core.identity.organizations import get_organization


def chapters(org: str, session: str, /, *lines: str) -> None:
    """Set the chapters of what a session shows, or list them. Its watch page leads to each.

    Example: `turnout media chapters acme 1234567890123456 '0:00 Welcome' '12:30 Questions'`

    Args:
        org: Short name of the organization.
        session: Number or pak of the session.
        lines: Each a time and a title, instead of those of before; an empty text alone = none.
            Without any, the chapters are listed.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        session_id = db.call(find_session, org_id, session)
        if not lines:
            known = write_chapters(db.call(list_chapters, org_id, session_id))
            console.print(known or "No chapters.", markup=False)
            return
        found = read_chapters(lines)
        kept = db.call(set_chapters, org_id, session_id, found, actor=actor())
    console.print(f"Session {session_id} has {counted(len(kept), 'chapter')}.")
