"""`turnout reply canned`: short texts that an organization keeps to answer replies with."""

from cyclopts import App

from turnout.cli.app import actor, console, database, show_table
from turnout.cli.numbers import CannedAnswerNumber
from turnout.core.identity.organizations import get_organization
from turnout.core.messaging.canned_answers import (
    change_canned,
    create_canned,
    delete_canned,
    get_canned,
    list_canned,
)

canned = App(name="canned", help="Canned answers: texts to answer replies with.")


@canned.command
def add(org: str, name: str, text: str, /) -> None:
    """Keep a text; it may have %%recipient%%, %%firstname%%, %%lastname%%, %%number%%, %%message%%
    and %%user%%, who answers.

    Example: `turnout reply canned add acme Parking "Hi %%firstname%%, park behind the hall."`

    Args:
        org: Short name of the organization.
        name: What it is called.
        text: What it says.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        answer_id = db.call(create_canned, org_id, name, text, actor=actor())
    console.print(f"Canned answer {answer_id} is kept.")


@canned.command(name="list")
def list_all(org: str, /) -> None:
    """List the canned answers, by name.

    Example: `turnout reply canned list acme`

    Args:
        org: Short name of the organization.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        found = db.call(list_canned, org_id)
    if not found:
        console.print("The organization has no canned answers.")
        return
    show_table("NUMBER", "NAME", "TEXT", rows=((str(one.id), one.name, one.text) for one in found))


@canned.command(name="set")
def set_answer(
    org: str,
    answer: CannedAnswerNumber,
    /,
    *,
    name: str | None = None,
    text: str | None = None,
) -> None:
    """Change a canned answer.

    Example: `turnout reply canned set acme 14 --text "Park behind the hall."`

    Args:
        org: Short name of the organization.
        answer: Number of the canned answer.
        name: What it is called.
        text: What it says.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        known = db.call(get_canned, org_id, answer)
        said = (known.name if name is None else name, known.text if text is None else text)
        db.call(change_canned, org_id, answer, *said, actor=actor())
    console.print(f"Canned answer {answer} is changed.")


@canned.command
def remove(org: str, answer: CannedAnswerNumber, /) -> None:
    """Forget a canned answer.

    Example: `turnout reply canned remove acme 14`

    Args:
        org: Short name of the organization.
        answer: Number of the canned answer.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(delete_canned, org_id, answer, actor=actor())
    console.print(f"Canned answer {answer} is forgotten.")
