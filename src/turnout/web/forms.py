"""The forms of our pages, as browsers send them: percent-encoded or multipart.

A form that was done is answered 303 to a page that says so; one that was not, with itself and what
was typed, and one that asks for a mailed code with the next: to a browser by a 303, too
(web/form_states.py).
"""

from collections.abc import Container, Mapping
from hashlib import sha256
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
HANDED_S = 60
# As long as a page says what was done (web/said.py), also when it is loaded again.
SAID_S = 10 * 60
# The code of a ticket that the page may show at once, likewise.
TICKET = "ticket"
LONGEST_TICKET = 40
# The parameter that asks for a page as its form stands (web/form_states.py).
AGAIN = "again"
# What was done, for a page whose address would say it again whenever it is opened.
DONE = "done"
LONGEST_DONE = 40
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


def go_on(req: Request, resp: Response, done: str = "", part: str = "", **more: str) -> None:
    """Answer a form that was done with 303 to its own page, which says what is `done`: so loading
    that again sends nothing again. `part` is the section to show, `more` what else the address
    hands on. A language that the address asks for stays asked for."""
    kept = {"lang": asked_language(req), "done": done, **more}
    query = urlencode({name: value for name, value in kept.items() if value})
    resp.status = HTTPStatus.SEE_OTHER
    resp.set_header("Cache-Control", NO_STORE)
    resp.location = quote(req.path) + (f"?{query}" if query else "") + (f"#{part}" if part else "")


def keep_address(
    req: Request,
    resp: Response,
    address: str,
    said: str,
    *,
    is_secure: bool,
    is_framed: bool = False,
) -> None:
    """Hand `address` to the page that says what was done with the signed word `said`, by a cookie
    for that page alone and for as long as it says so. With another word it is not that page's."""
    facts = (ADDRESS, f"{_mark(said)}.{quote(address, safe='')}", req.path)
    hand_on(resp, *facts, is_secure=is_secure, is_framed=is_framed, seconds=SAID_S)


def keep_ticket(
    req: Request, resp: Response, code: str, *, is_secure: bool, is_framed: bool = False
) -> None:
    """Hand the code of a ticket to the page that says what was done, likewise."""
    hand_on(resp, TICKET, code, req.path, is_secure=is_secure, is_framed=is_framed)


def keep_done(resp: Response, done: str, path: str, *, is_secure: bool) -> None:
    """Hand what was `done` to the page at `path`, which says it once."""
    hand_on(resp, DONE, done, path, is_secure=is_secure)


def take_ticket(
    req: Request, resp: Response, *, is_secure: bool = False, is_framed: bool = False
) -> str:
    """The code that `keep_ticket` handed on, once; empty where there is none."""
    return take(req, resp, TICKET, is_secure=is_secure, is_framed=is_framed)[:LONGEST_TICKET]


def take_done(req: Request, resp: Response) -> str:
    """What `keep_done` handed on, once; empty where there is none."""
    return take(req, resp, DONE)[:LONGEST_DONE]


def read_address(req: Request) -> str:
    """The address that `keep_address` handed on, also when the page is loaded again; empty where
    there is none, or that of what was done in another tab."""
    mark, _, kept = next(iter(req.get_cookie_values(ADDRESS) or ()), "").partition(".")
    address = unquote(kept) if mark == _mark(req.get_param("done", default="")) else ""
    return address if is_email(address) and is_storable(address) else ""


def read_done(req: Request, known: Container[str]) -> str:
    """What a page is to say was done; nothing that is not `known`, and nothing beside a form's
    answer: that was the step before."""
    done = req.get_param("done", default="") if req.method != "POST" else ""
    return done if done in known else ""


def hand_on(
    resp: Response,
    name: str,
    value: str,
    path: str,
    *,
    is_secure: bool,
    is_framed: bool = False,
    seconds: int = HANDED_S,
) -> None:
    """Hand a value to the page at `path`, by a cookie for that alone. A browser sends that of a
    page in a frame (`is_framed`) on another site only if it is for other sites too, which takes
    https; it is kept apart for each site that has the frame."""
    is_for_frames = is_secure and is_framed
    resp.set_cookie(
        name,
        value,
        max_age=seconds,
        path=quote(path),
        secure=is_secure,
        http_only=True,
        same_site="None" if is_for_frames else "Strict",
        partitioned=is_for_frames,
    )


def _mark(said: str) -> str:
    return sha256(said.encode()).hexdigest()[:16]


def take(
    req: Request, resp: Response, name: str, *, is_secure: bool = False, is_framed: bool = False
) -> str:
    """The value that was handed on, once; empty where there is none. `is_secure` and `is_framed`
    as it was handed on."""
    kept = req.get_cookie_values(name)
    if not kept:
        return ""
    if is_secure and is_framed:
        # A cookie ends only by one of its own kind.
        hand_on(resp, name, "", req.path, is_secure=True, is_framed=True, seconds=-1)
    else:
        resp.unset_cookie(name, path=quote(req.path), same_site="Strict")
    return kept[0]
