"""`turnout org calls`: whom an organization may call and fax; `turnout org words`: what its calls
say otherwise."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from turnout.cli.app import actor, console, database, settings, show_table
from turnout.core.identity.organizations import get_organization
from turnout.core.identity.profiles import OrganizationChange, change_organization, get_words
from turnout.core.messaging.calling import Calling, get_calling, set_calling
from turnout.errors import Invalid


def set_calls(
    slug: str, /, *, country: list[str] | None = None, agent: list[str] | None = None
) -> None:
    """Show whom an organization may call and fax, or change that.

    Landlines, mobiles and freephone numbers of its own country may be called, unless it names
    others here. Premium-rate and short numbers never are.

    Example: `turnout org calls acme --country AU --country NZ --agent +61298765432`

    Args:
        slug: Its short name.
        country: Country that may be called, such as AU; repeat it for more, all others are taken
            off the list. `""` alone = its own country.
        agent: Number to which calls may be put through, also in other countries; repeat it for
            more, all others are taken off the list. `""` alone = none.
    """
    from turnout.carriers.networks import read_fence

    chosen = settings()
    fence = read_fence(chosen)
    with database(chosen) as db:
        org_id = db.call(get_organization, slug).org_id
        if country is None and agent is None:
            calling = db.look(get_calling, org_id)
        else:
            calling = db.call(set_calling, org_id, country, agent, actor=actor(), fence=fence)
            console.print(f"Organization {slug} is changed.")
    show_table("WHAT", "IS", rows=_say(calling))


def _say(calling: Calling) -> list[tuple[str, str]]:
    own = f"{calling.home} (its own)" if calling.home else "none: its own country is not known"
    return [
        ("Countries", " ".join(calling.countries) or own),
        ("Agents", " ".join(f"+{number}" for number in calling.agents) or "none"),
    ]


def set_words(
    slug: str,
    file: Path | None = None,
    /,
    *,
    none: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Show which words the voices of an organization's calls say otherwise, or change that.

    Each line of the file is a word: `SQL = sequel` for every voice, `Kilda = /phonemes/` for those
    of hibari alone. They count before those of the server (`TURNOUT_TTS_WORDS`).

    Example: `turnout org words acme words.txt`

    Args:
        slug: Its short name.
        file: A text in UTF-8 with all its words, in place of those that it has.
        none: Take all its words away.
    """
    with database() as db:
        org_id = db.call(get_organization, slug).org_id
        if file is not None or none:
            text = "" if none or file is None else _read(file)
            change = OrganizationChange(call_words=text)
            db.call(change_organization, org_id, change, actor=actor())
            console.print(f"Organization {slug} is changed.")
        words = db.look(get_words, org_id)
    said = {**words.spelled, **{word: f"/{sounds}/" for word, sounds in words.phonemes.items()}}
    show_table("WORD", "SAID", rows=sorted(said.items()))


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid("calling.words_file", file=str(file)) from error
