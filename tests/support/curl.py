"""A stand-in for curl, so that the docs' command lines can be run where there is none.

It knows what our lines use: -s, -S, -X, -H, -d, -u and one address.
"""

import base64
import shutil
import sys
from http.client import HTTPConnection
from pathlib import Path

ROOT = Path(__file__).parents[2]
FORM = "application/x-www-form-urlencoded"


def search_path(folder: Path, path: str, *, stand_in: bool = False) -> str:
    """`path` (a PATH), with the stand-in before it where curl is missing or `stand_in` is asked
    for; the stand-in is written into `folder`."""
    if shutil.which("curl", path=path) and not stand_in:
        return path
    script = folder / "curl"
    script.write_text(
        f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m tests.support.curl "$@"\n'
    )
    script.chmod(0o755)
    return f"{folder}:{path}"


def ask(arguments: list[str]) -> bytes:
    """Send the request that curl would send for these arguments; the body of the answer."""
    headers: dict[str, str] = {}
    method = body = address = None
    words = iter(arguments)
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(":")
            headers[name] = value.strip()
        elif word == "-u":
            pair = base64.b64encode(next(words).encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        elif word == "-X":
            method = next(words)
        elif word == "-d":
            body = next(words).encode()
            headers.setdefault("Content-Type", FORM)
        elif word.startswith("http://"):
            address = word
        elif word not in ("-s", "-S", "-sS"):
            raise ValueError(f"the stand-in does not know {word}")
    if address is None:
        raise ValueError("no address given")
    host, _, target = address.removeprefix("http://").partition("/")
    connection = HTTPConnection(host, timeout=30)
    try:
        connection.request(method or ("POST" if body else "GET"), f"/{target}", body, headers)
        return connection.getresponse().read()
    finally:
        connection.close()


if __name__ == "__main__":
    sys.stdout.buffer.write(ask(sys.argv[1:]))
