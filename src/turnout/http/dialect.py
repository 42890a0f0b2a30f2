"""What every dialect's app has in common."""

from typing import Any

import falcon
import falcon.asgi

from turnout.http.errors import MethodNotAllowed, Present, install


def new_app(present: Present) -> "falcon.asgi.App[Any, Any]":
    """A Falcon app that answers every failure as `present` says, and serves `/x/` like `/x`."""
    app: falcon.asgi.App[Any, Any] = falcon.asgi.App()
    app.req_options.strip_url_path_trailing_slash = True
    app.req_options.auto_parse_qs_csv = False
    app.resp_options.default_media_type = falcon.MEDIA_JSON
    install(app, present)
    return app


class Resource:
    """A resource whose OPTIONS is an unknown method like any other."""

    async def on_options(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, **_params: str
    ) -> None:
        """Answer 405: no dialect documents OPTIONS unless it says so itself."""
        allowed = [
            name.removeprefix("on_").upper()
            for name in dir(self)
            if name.startswith("on_") and name != "on_options"
        ]
        raise MethodNotAllowed(req.method, req.path, allowed)
