"""What a command says of arguments that are missing or cannot be read, in one line."""

from collections.abc import Iterator, Mapping
from typing import Any, NewType, get_args

from cyclopts import CoercionError, CycloptsError, MissingArgumentError
from cyclopts.argument import Argument, ArgumentCollection

_MISSING = {"slug": "the short name", "org": "the short name of the organization"}
# How the numbers are found out, by the type of id that the argument takes.
_NUMBERS: Mapping[str, tuple[str, str]] = {
    "CallbackId": ("the number of a callback", "callbacks list"),
    "CampaignId": ("the number of an invitation", "invite list"),
    "CredentialId": ("the number of a credential", "token list"),
    "EntryId": ("the number of an entry of the waiting list", "waiting list"),
    "EventId": ("the number of an event", "event list"),
    "JobId": ("the number of a job", "job list"),
    "ListId": ("the number of a list", "list list"),
    "RegistrationId": ("the number of a registration", "registration list"),
    "RoomId": ("the number of a room", "venue list"),
    "SessionId": ("the number of a session", "event list --sessions"),
    "TicketTypeId": ("the number of a ticket type", "ticket types"),
}


def refuse_decimals(arguments: ArgumentCollection) -> None:
    """Raise CoercionError for a whole number that was given with decimals: they would be rounded,
    and nobody told."""
    for argument in arguments:
        for token in argument.tokens:
            if "." in token.value and is_whole(argument.hint):
                raise CoercionError(argument=argument, token=token, target_type=int)


def is_whole(hint: Any) -> bool:
    """Whether the type is `int`, one of our ids, or several of them, or None."""
    while isinstance(hint, NewType):
        hint = hint.__supertype__
    return hint is int or any(is_whole(part) for part in get_args(hint))


def say_usage(error: CycloptsError) -> str:
    """What is wrong with the arguments, as one line."""
    command = " ".join(("turnout", *(error.command_chain or ())))
    said = _say(error) or " ".join(str(error).split())
    return f"usage: {said} Try `{command} --help`."


def _say(error: CycloptsError) -> str | None:
    """The sentence for an argument that is missing or no number, None for another error."""
    argument = error.argument
    if argument is None:
        return None
    if isinstance(error, MissingArgumentError) and argument.token_count()[0] == 1:
        if error.keyword is not None or argument.tokens:
            return f"{error.keyword or argument.name} needs a value behind it."
        return f"{_say_missing(argument)} is missing."
    if isinstance(error, CoercionError) and error.target_type is int and error.token:
        return _say_no_number(argument, error.token.keyword or argument.name, error.token.value)
    return None


def _say_missing(argument: Argument) -> str:
    words = _MISSING.get(argument.field_info.names[0])
    if words is None and (number := _find_number(argument)):
        words = number[0].replace("of an ", "of the ").replace("of a ", "of the ")
    return f"{words} ({argument.name})" if words else argument.name


def _say_no_number(argument: Argument, name: str, given: str) -> str:
    number = _find_number(argument)
    if number is None:
        return f"{name} is a whole number, not {given!r}."
    return f"{name} is {number[0]}, not {given!r}. `turnout {number[1]}` shows it."


def _find_number(argument: Argument) -> tuple[str, str] | None:
    names = _list_new_types(argument.field_info.annotation)
    return next((_NUMBERS[name] for name in names if name in _NUMBERS), None)


def _list_new_types(annotation: Any) -> Iterator[str]:
    """The names of the types of ids in an annotation such as `Annotated[EventId, …] | None`."""
    if isinstance(annotation, NewType):
        yield annotation.__name__
    for part in get_args(annotation):
        yield from _list_new_types(part)
