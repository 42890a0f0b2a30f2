"""What commands add to their outcome, where something is worth a second look."""

from turnout.cli.app import console, counted
from turnout.core.people.model import Contact, Person

NAMED = 20
"""How many tickets without a name a hint lists."""


def say_no_name(first_name: str, last_name: str) -> None:
    """Hint that somebody who got a ticket has no name on lists and badges."""
    if not (first_name or last_name):
        console.print(
            "No name was given: lists and badges stay without one if none is known. "
            "`turnout registration change --first-name … --last-name …` adds it."
        )


def say_other_name(before: Person | None, after: Person | None, given: Contact) -> None:
    """Tell that somebody who was known is called otherwise now, or is not, though another name was
    given: a learner. `before` None = they were not known."""
    if before is None or after is None or not (before.contact.name and given.name):
        return
    was, now = before.contact.name, after.contact.name
    if now != was:
        console.print(f"The name was {was}; it is {now} now, at all events.")
    elif given.name != now:
        console.print(f"The name stays {now}: a learner's is corrected by `turnout person set`.")


def say_nameless(codes: list[str]) -> None:
    """Hint at the tickets whose badges have no name."""
    if codes:
        more = f" and {len(codes) - NAMED} more" if len(codes) > NAMED else ""
        have = counted(len(codes), "badge has", "badges have")
        console.print(f"{have} no name: tickets {', '.join(codes[:NAMED])}{more}.")
