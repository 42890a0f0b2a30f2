"""Bodies that are far too large, from clients that write everything before they read the answer."""

from collections.abc import Iterator
from http.client import HTTPConnection

import pytest

from tests.http.test_server import Site, open_site, talk

MEGABYTES = 12
ENDPOINTS = {
    "registration": ("POST", "/v1.0/signin", 400),
    "reporting": ("POST", "/api/login", 400),
    "messaging": ("POST", "/api/v1/jobs", 401),
    "attendance": ("POST", "/v1/event/attendees/code/X/check.json", 422),
    "booking": ("POST", "/api/registrations/search", 403),
    "a page": ("POST", "/console/sign-in", 400),
    "nothing": ("POST", "/v1.0/nothing", 404),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = open_site(tmp_path_factory.mktemp("site"))
    with site.server:
        yield site


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_client_that_writes_first_gets_the_answer(
    site: Site, name: str, is_chunked: bool
) -> None:
    method, path, status = ENDPOINTS[name]
    part = b"x" * 1_000_000
    body = iter([part] * MEGABYTES) if is_chunked else part * MEGABYTES
    connection = HTTPConnection("127.0.0.1", site.server.port, timeout=20)
    connection.request(method, path, body, encode_chunked=is_chunked, headers=HEADERS[is_chunked])
    answer = connection.getresponse()
    said = answer.read()
    assert (answer.status, bool(said)) == (status, True)
    assert answer.headers["connection"] == "close"


HEADERS = {False: {}, True: {"Transfer-Encoding": "chunked"}}


def test_a_client_that_asks_first_is_answered_at_once(site: Site) -> None:
    head = (
        b"POST /v1.0/signin HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
        b"Content-Length: 12000000\r\n\r\n"
    )
    answer = talk(site.server.port, head)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"100 Continue" not in answer


@pytest.mark.parametrize(
    "codings", [("xchunked", "chunked"), ("chunked", "chunked"), ("xchunked, chunked",)]
)
def test_a_transfer_coding_that_is_not_known_is_refused(
    site: Site, codings: tuple[str, ...]
) -> None:
    lines = "".join(f"Transfer-Encoding: {coding}\r\n" for coding in codings)
    head = f"POST /v1.0/signin HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode()
    answer = talk(site.server.port, head, b"2\r\n{}\r\n0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1") == 1
