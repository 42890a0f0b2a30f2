"""A server on this machine with the files that examples fetch; golden files call it files.test."""

import http.server
import threading
from functools import cache

from tests.support.sounds import make_wav

NAME = "files.test"
CONTENT = b"what is at this address"
RECORDING = make_wav()


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        is_missing = "missing" in self.path
        self.send_response(404 if is_missing else 200)
        content = RECORDING if self.path.endswith(".wav") else CONTENT
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


@cache
def address() -> str:
    """Where the server is; it runs until the process ends."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"127.0.0.1:{server.server_port}"


def file_url(name: str) -> str:
    return f"http://{address()}/{name}"


def with_its_name(text: str) -> str:
    """The text with the server's name in place of its port, which is never the same."""
    return text.replace(address(), NAME)
