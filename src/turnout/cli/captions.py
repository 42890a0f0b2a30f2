"""`turnout media captions`: captions of what sessions show."""

from pathlib import Path

from cyclopts import App

from turnout.cli.app import actor, console, database, say_time, settings, show_table
from turnout.cli.known import find_session
from turnout.core.audience.captions import list_captions, remove_captions, set_captions
from turnout.core.identity.organizations import get_organization

captions = App(name="captions", help="Captions of sessions: a WebVTT file for each language.")


@captions.command(name="set")
def set_(org: str, session: str, language: str, file: Path, /) -> None:
    """Keep a WebVTT file of up to 1 MB as a session's captions; again replaces it.

    Example: `turnout media captions set acme 1234567890123456 de talk.vtt`

    Args:
        org: Short name of the organization.
        session: Number or pak of the session.
        language: Its language, such as de or pt-BR.
        file: The file.
    """
    content, quota = file.read_bytes(), settings().file_quota_mb * 1_000_000
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        session_id = db.call(find_session, org_id, session)
        kept = db.call(
            set_captions,
            *(org_id, session_id, language, content),
            default_quota=quota,
            actor=actor(),
        )
    console.print(f"Session {session_id} has captions in {kept.language} ({kept.size:,} bytes).")


@captions.command(name="list")
def list_all(org: str, session: str, /) -> None:
    """List the captions of a session, by language.

    Example: `turnout media captions list acme 1234567890123456`

    Args:
        org: Short name of the organization.
        session: Number or pak of the session.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        session_id = db.call(find_session, org_id, session)
        found = db.call(list_captions, org_id, session_id)
    if not found:
        console.print("The session has no captions.")
        return
    show_table(
        "LANGUAGE", "BYTES", "CHANGED",
        rows=((one.language, f"{one.size:,}", say_time(one.updated_at)) for one in found),
    )  # fmt: skip


@captions.command
def remove(org: str, session: str, language: str, /) -> None:
    """Forget the captions in a language.

    Example: `turnout media captions remove acme 1234567890123456 de`

    Args:
        org: Short name of the organization.
        session: Number or pak of the session.
        language: The language.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        session_id = db.call(find_session, org_id, session)
        db.call(remove_captions, org_id, session_id, language, actor=actor())
    console.print(f"Session {session_id} has no captions in {language} any more.")
