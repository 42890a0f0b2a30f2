"""What a command that failed says, in one line."""

from typing import NamedTuple

from turnout.cli.files import explain
from turnout.errors import Failure, list_notes
from turnout.settings import SettingsError

FAILED, MISUSED = 1, 2


class Ending(NamedTuple):
    """The line on standard error, and the exit status."""

    line: str
    status: int


def find_ending(error: Exception) -> Ending | None:
    """What to say of the error, None for one that nobody foresaw."""
    match error:
        case SettingsError():
            return Ending(f"settings: {error}", MISUSED)
        case OSError():
            return Ending(f"error: {explain(error)}", FAILED)
        case Failure():
            said = " ".join([str(error), *list_notes(error)])
            if error.code.startswith("store.url"):
                return Ending(f"settings: {said}", MISUSED)
            return Ending(f"error: {said}", FAILED)
    return None
