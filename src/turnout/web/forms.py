"""The forms of our pages, as browsers send them: percent-encoded or multipart.

A form that was done is answered 303 to a page that says so; one that was not, with itself and what
was typed. A form that asks for a mailed code is answered with the next one, which carries on what
was typed.
"""

from collections.abc import Container, Mapping
from http import HTTPStatus
from urllib.parse import quote, unquote, urlencode

from falcon.asgi import Request, Response

from turnout.core.text import is_email, is_storable
from turnout.errors import Invalid
from turnout.http.members import Limits, read_pairs
from turnout.web.documents import NO_STORE
from turnout.web.languages import asked_language

FIELDS = 200
# The address that was typed, for the page that says what was done: never a part of its URL.
ADDRESS = "address"
ADDRESS_S = 60
# What is said beside fields that were refused, by their names.
NO_FAULTS: Mapping[str, str] = {}


async def read_form(
    req: Request, size: int, *, verbatim: Container[str] = (), fields: int = FIELDS
) -> dict[str, str]:
    """The up to `fields` fields of a form of up to `size` bytes, trimmed but for the `verbatim`
    ones; of a name that comes twice the first counts. Raises Invalid for what cannot be read."""
    given: dict[str, str] = {}
    for name, value in await read_pairs(req, Limits(size, fields=fields, depth=2)):
        if not is_storable(name + value):
            raise Invalid("text.unstorable_form")
        given.setdefault(name, value if name in verbatim else value.strip())
    return given


def go_on(req: Request, resp: Response, done: str = "", part: str = "") -> None:
    """Answer a form that was done with 303 to its own page, which says what is `done`: so loading
    that again sends nothing again. `part` is the section to show. A language that the address asks
    for stays asked for."""
    kept = {"lang": asked_language(req), "done": done}
    query = urlencode({name: value for name, value in kept.items() if value})
    resp.status = HTTPStatus.SEE_OTHER
    resp.set_header("Cache-Control", NO_STORE)
    resp.location = quote(req.path) + (f"?{query}" if query else "") + (f"#{part}" if part else "")


def keep_address(req: Request, resp: Response, address: str, *, is_secure: bool) -> None:
    """Hand `address` to the page that says what was done, by a cookie for that page alone."""
    resp.set_cookie(
        ADDRESS,
        quote(address, safe=""),
        max_age=ADDRESS_S,
        path=quote(req.path),
        secure=is_secure,
        http_only=True,
        same_site="Strict",
    )


def take_address(req: Request, resp: Response) -> str:
    """The address that `keep_address` handed on, once; empty where there is none."""
    kept = req.get_cookie_values(ADDRESS)
    if not kept:
        return ""
    resp.unset_cookie(ADDRESS, path=quote(req.path), same_site="Strict")
    address = unquote(kept[0])
    return address if is_email(address) and is_storable(address) else ""


def read_done(req: Request, known: Container[str]) -> str:
    """What a page is to say was done; nothing that is not `known`."""
    done = req.get_param("done", default="")
    return done if done in known else ""
