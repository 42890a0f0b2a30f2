"""Requests that another site made a browser send: refused where they would change something.

Theory. A browser adds what it holds of us (Basic credentials, cookies) to whatever a page of any
site makes it send. Browsers say where a request comes from: `Sec-Fetch-Site` where they know of
secure origins, and `Origin`. So a request that changes something must come from our own pages or
from no page at all; programs send neither header, and pass. GETs that act count as changes.

Some calls are meant for other sites, and know no credential that a browser adds by itself: they
stand in one table, `EXEMPTIONS`, which the tests read as well. If you add to it, make sure that
what is exempt looks at no cookie and no Basic credentials.

The front door judges and puts its verdict into the scope; `RefuseCrossSite` raises it inside the
app that serves the path, so the answer has that app's shape.
"""

import re
from typing import Any, NamedTuple

from falcon.asgi import Request, Response

from turnout.errors import Failure

Headers = list[tuple[bytes, bytes]]

VERDICT = "turnout.cross_site"
_SITE, _ORIGIN_NAME, _HOST = b"sec-fetch-site", b"origin", b"host"
NAMES = frozenset({_SITE, _ORIGIN_NAME})
"""The headers that browsers send; without any of them a request passes."""
LOOKS = frozenset({"HEAD", "OPTIONS"})
SAFE_METHODS = LOOKS | {"GET"}
OWN_SITES = frozenset({b"same-origin", b"none"})
_SLASHES = re.compile("/{2,}")
_ORIGIN = re.compile(r"(https?)://([A-Za-z0-9.:_\[\]-]+)")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class CrossSite(Failure):
    """Another site made a browser send what would change something."""

    def __init__(self) -> None:
        super().__init__("site.foreign")


class ActingGet(NamedTuple):
    """A GET that changes something, at `path` (folded) and below it; and why it is no POST.
    Programs open links of mails and pages before people do, so a page of ours never acts on GET:
    it asks, and its button sends a POST."""

    path: str
    why: str


ACTING_GETS = (
    ActingGet("/v1.0/signin", "the registration contract signs in by GET as well as by POST"),
    ActingGet("/api/login", "the reporting contract signs in by GET"),
    ActingGet("/api/v1/client_verification/sendcode", "the messaging contract asks by GET"),
    ActingGet("/api/v1/client_verification/validatecode", "the messaging contract asks by GET"),
    ActingGet("/viewer/regserver.jsp", "the reporting contract registers people by GET"),
)


class Exemption(NamedTuple):
    """Requests that other sites may send: paths that begin with one of `prefixes` (small letters),
    by one of `methods` (none = any), with the `header` where one is named; and why that is safe."""

    name: str
    prefixes: tuple[str, ...]
    why: str
    methods: tuple[str, ...] = ()
    header: bytes = b""


EXEMPTIONS = (
    Exemption(
        "attendance",
        ("/v1/", "/event/attendees/"),
        "its token is a header that no form can send; Basic and cookies are ignored there",
    ),
    Exemption(
        "booking calendar",
        ("/api/events/",),
        "the key is a header that no form can send; Basic and cookies are ignored there",
        header=b"user",
    ),
    Exemption(
        "regserver",
        ("/viewer/regserver.jsp",),
        "forms of other sites register people here, with the event's registration password",
    ),
    Exemption(
        "one-click unsubscribe",
        ("/unsubscribe/",),
        "mail programs send it (RFC 8058); the link is the proof, and nothing else is looked at",
        methods=("POST",),
    ),
    Exemption(
        "carriers' webhooks",
        ("/carriers/", "/webhooks/"),
        "networks call them, and sign what they send",
    ),
)


class CrossSiteGuard:
    """The rule, for a server at `base_url`."""

    def __init__(self, base_url: str) -> None:
        self._base = _split_origin(base_url)

    def judge(self, scope: dict[str, Any], telling: Headers | None = None) -> CrossSite | None:
        """The refusal of a request, or None where it may pass. `telling` are those of its headers
        of which some may be `NAMES`, where the caller knows. What is cheap is asked first."""
        method, headers = scope["method"], scope["headers"]
        if method in LOOKS or self._is_own(headers if telling is None else telling, headers):
            return None
        path = fold_path(scope["path"])
        if not changes_something(method, path):
            return None
        names = frozenset(name for name, _ in headers)
        return None if find_exemption(method, path, names) else CrossSite()

    def _is_own(self, telling: Headers, headers: Headers) -> bool:
        sites = [value for name, value in telling if name == _SITE]
        if sites:
            return all(site in OWN_SITES or site.strip().lower() in OWN_SITES for site in sites)
        origins = [value for name, value in telling if name == _ORIGIN_NAME]
        hosts = [value for name, value in headers if name == _HOST] if origins else []
        return all(self._is_own_origin(origin, hosts) for origin in origins)

    def _is_own_origin(self, origin: bytes, hosts: list[bytes]) -> bool:
        given = _split_origin(origin.decode("latin-1"))
        if given is None or given == self._base:
            return given is not None
        scheme, place = given
        if self._base and place == self._base[1]:
            return False  # the same place by the other scheme, which somebody on the way may serve
        own = [_without_port(scheme, host.decode("latin-1").strip().lower()) for host in hosts]
        return own == [place]


def changes_something(method: str, path: str) -> bool:
    """Whether a request is more than a look; `path` is folded."""
    return method not in SAFE_METHODS or (method == "GET" and _is_acting(path))


def find_exemption(method: str, path: str, names: frozenset[bytes]) -> Exemption | None:
    """The exemption for a request with headers of these `names`; `path` is folded."""
    for exemption in EXEMPTIONS:
        is_meant = not exemption.methods or method in exemption.methods
        if (
            path.startswith(exemption.prefixes)
            and is_meant
            and (not exemption.header or exemption.header in names)
        ):
            return exemption
    return None


def fold_path(path: str) -> str:
    """A path as routes compare it: small letters, single slashes."""
    return (_SLASHES.sub("/", path) if "//" in path else path).lower()


class RefuseCrossSite:
    """Falcon middleware: raises what the front door has judged, once it is known who answers."""

    async def process_resource(
        self, req: Request, _resp: Response, _resource: object, _params: dict[str, Any]
    ) -> None:
        verdict: CrossSite | None = req.scope.get(VERDICT)
        if verdict:
            raise verdict


def _is_acting(path: str) -> bool:
    return any(path == get.path or path.startswith(f"{get.path}/") for get in ACTING_GETS)


def _split_origin(text: str) -> tuple[str, str] | None:
    """Scheme and place of an origin, without the scheme's own port; None for anything else."""
    found = _ORIGIN.fullmatch(text.strip())
    if not found:
        return None
    scheme, place = found[1], found[2].lower()
    return scheme, _without_port(scheme, place)


def _without_port(scheme: str, place: str) -> str:
    return place.removesuffix(_DEFAULT_PORTS[scheme])
