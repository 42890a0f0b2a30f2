"""/.well-known/jwks.json: the public keys, with which anybody can verify a token."""

import msgspec
from falcon.asgi import Request, Response

from turnout.dialects.registration.auth import Tokens
from turnout.http.dialect import Resource


class JwksResource(Resource):
    """RFC 7517."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def on_get(self, _req: Request, resp: Response) -> None:
        resp.data = msgspec.json.encode({"keys": await self._tokens.jwks()})
        resp.set_header("Cache-Control", "public, max-age=300")
