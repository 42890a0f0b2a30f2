"""A server that is upgraded in the middle of a shift: at first the shell of its door's page is an
older one (older_shell/, as it was on 30 November 2026), then this one. All else is this one's.
"""

import http.client
import json
import re
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from turnout.web.assets import asset_path
from turnout.web.door.shell import PAGE, WORKER

FOLDER = Path(__file__).with_name("older_shell")
OWN = ("door.js", "door-store.js", "door-judge.js")
HELD_BACK = frozenset({"connection", "content-length", "transfer-encoding", "date", "server"})
TYPES = {".js": "text/javascript; charset=utf-8", ".html": "text/html; charset=utf-8"}
_STATIC = re.compile(r"/static/([\w.-]+)\.[0-9a-f]{12}\.(\w+)")


class Upgrade:
    """The address of such a server; it is upgraded when `is_old` is no more."""

    def __init__(self, server_url: str) -> None:
        self.server = urlsplit(server_url)
        self.is_old = True
        self.page = (FOLDER / "page.html").read_text()
        self.files = {name: path for path, name in self._find_files().items()}
        self.url = ""

    def _find_files(self) -> dict[str, str]:
        """The names of the page's files by their addresses."""
        found = {}
        for path in _STATIC.finditer(self.page):
            found[path[0]] = f"{path[1]}.{path[2]}"
        return found

    def find_older(self, path: str) -> tuple[bytes, str] | None:
        """What an older shell has at a path, and its type."""
        if path == PAGE and self.is_old:
            return self.page.encode(), TYPES[".html"]
        if path == "/door/sw.js" and self.is_old:
            files = json.dumps([*self.files.values()])
            worker = WORKER % (json.dumps("door-older"), files, json.dumps(PAGE))
            return worker.encode(), TYPES[".js"]
        name = self._find_files().get(path)
        return ((FOLDER / name).read_bytes(), TYPES[".js"]) if name in OWN else None

    def lead(self, path: str) -> str:
        """Where this server has what an older page asks for: vendored files have other names."""
        name = self._find_files().get(path.partition("?")[0])
        return asset_path(name) if name else path


@contextmanager
def upgraded(server_url: str) -> Iterator[Upgrade]:
    """The server, at first with an older shell."""
    upgrade = Upgrade(server_url)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            older = upgrade.find_older(path)
            if older:
                self.answer(
                    200, [("Content-Type", older[1]), ("Cache-Control", "no-cache")], older[0]
                )
            elif path == "/door/api/news":  # the page asks each second where no news come through
                self.answer(404, [], b"")
            else:
                self.forward()

        def do_POST(self) -> None:
            self.forward()

        def forward(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body, path = self.rfile.read(size), upgrade.lead(self.path)
            with closing(http.client.HTTPConnection(upgrade.server.netloc, timeout=60)) as asked:
                asked.request(self.command, path, body, dict(self.headers.items()))
                with asked.getresponse() as told:
                    kept = [one for one in told.getheaders() if one[0].lower() not in HELD_BACK]
                    status, content = told.status, told.read()
            self.answer(status, kept, content)

        def answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
            """Answer, unless the page waits no longer."""
            self.send_response(status)
            for name, value in (*headers, ("Content-Length", str(len(body)))):
                self.send_header(name, value)
            with suppress(ConnectionError):
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as front:
        front.daemon_threads = True
        upgrade.url = f"http://127.0.0.1:{front.server_address[1]}"
        serving = threading.Thread(target=front.serve_forever)
        serving.start()
        try:
            yield upgrade
        finally:
            front.shutdown()
            serving.join()
