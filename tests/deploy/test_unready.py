"""HAProxy, as it is shipped, in front of a node that is not ready: its own answer gets through."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.test_proxies import curl
from tests.deploy.trial import wait_until
from tests.support.proxies import Proxy

ANSWER = b'{"error": "The database cannot be reached."}'
# After three checks HAProxy takes a node out.
CHECKS = 5


class Unready(http.server.BaseHTTPRequestHandler):
    """Answers 503 to everything."""

    protocol_version = "HTTP/1.1"
    checks = 0

    def do_GET(self) -> None:
        type(self).checks += self.path == "/readyz"
        self.send_response(503)
        self.send_header("Retry-After", "1")
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def node() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Unready) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_where_no_node_is_ready_the_node_says_so_itself(node: int, tmp_path: Path) -> None:
    with Proxy("haproxy", tmp_path, node) as proxy:
        wait_until(lambda: Unready.checks >= CHECKS, "the node is taken out", 30)
        answer = curl(proxy, "/v1/event.json")
    assert "backend 'turnout' has no server available!" in (tmp_path / "proxy.log").read_text()
    assert (answer.status, answer.body, answer.headers["retry-after"]) == (503, ANSWER, "1")
