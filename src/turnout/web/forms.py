"""The forms of our pages, as browsers send them: percent-encoded or multipart."""

from collections.abc import Container

from falcon.asgi import Request

from turnout.core.text import is_storable
from turnout.errors import Invalid
from turnout.http.members import Limits, read_pairs

FIELDS = 200


async def read_form(req: Request, size: int, *, verbatim: Container[str] = ()) -> dict[str, str]:
    """The fields of a form of up to `size` bytes, trimmed but for the `verbatim` ones; of a name
    that comes twice the first counts. Raises Invalid for what cannot be read."""
    given: dict[str, str] = {}
    for name, value in await read_pairs(req, Limits(size, fields=FIELDS, depth=2)):
        if not is_storable(name + value):
            raise Invalid("text.unstorable", "The form has a character that cannot be stored.")
        given.setdefault(name, value if name in verbatim else value.strip())
    return given
