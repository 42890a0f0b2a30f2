"""One address for a page of an event and one of an organization: the scope says which is meant. An
organization's short name never has digits only."""

from collections.abc import Awaitable, Callable
from typing import Any

from falcon.asgi import Request, Response

from turnout.errors import Missing
from turnout.http.dialect import Resource
from turnout.http.routing import without_head
from turnout.web.console.page import ConsolePage

Responder = Callable[..., Awaitable[None]]
METHODS = ("on_get", "on_post")


class ScopedPage(Resource):
    """`/console/{scope}/…`: the event's page where the scope is a number, else the organization's.
    A method that one of them lacks is Missing there."""

    def __init__(self, event: ConsolePage, organization: ConsolePage) -> None:
        for name in METHODS:
            of_event, of_organization = (
                getattr(page, name, None) for page in (event, organization)
            )
            if of_event or of_organization:
                setattr(self, name, _choose(of_event, of_organization))


def _choose(of_event: Responder | None, of_organization: Responder | None) -> Responder:
    async def respond(req: Request, resp: Response, scope: str, **parts: Any) -> None:
        is_event = scope.isascii() and scope.isdigit()
        responder = of_event if is_event else of_organization
        if responder is None:
            raise Missing("path.missing", path=req.path)
        await responder(req, resp, scope=scope, **parts)

    given = [one for one in (of_event, of_organization) if one]
    if any(getattr(one, "without_head", False) for one in given):
        return without_head(respond)
    return respond
