"""CORS: any page may call this API, as door and dashboard pages do; a token is needed anyway."""

import falcon
from falcon.asgi import Request, Response

from turnout.http.dialect import Resource

MAX_AGE_S = 86_400


class OpenToAll:
    """Falcon middleware: the same headers on every answer, failures included; and a path may end
    with `.json`, which changes nothing."""

    async def process_request(self, req: Request, _resp: Response) -> None:
        req.path = req.path.removesuffix(".json")

    async def process_response(
        self, _req: Request, resp: Response, _resource: object, _succeeded: bool
    ) -> None:
        resp.set_header("Access-Control-Allow-Origin", "*")
        resp.set_header("Access-Control-Expose-Headers", "Link, Retry-After, X-Request-ID")


class OpenResource(Resource):
    """A resource that answers preflights."""

    async def on_options(self, req: Request, resp: Response, **params: str) -> None:
        """204 for a preflight; any other OPTIONS is an unknown method."""
        if not req.get_header("Access-Control-Request-Method"):
            await super().on_options(req, resp, **params)
        allowed = [
            name.removeprefix("on_").upper()
            for name in sorted(dir(self))
            if name.startswith("on_") and name != "on_options"
        ]
        resp.status = falcon.HTTP_204
        resp.set_header("Access-Control-Allow-Methods", ", ".join(allowed))
        resp.set_header(
            "Access-Control-Allow-Headers", "Authorization, Content-Type, X-Device, X-Nonce"
        )
        resp.set_header("Access-Control-Max-Age", str(MAX_AGE_S))
