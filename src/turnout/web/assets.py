"""Static files. Each has a digest of its content in its address, so caches keep it forever. Our own
scripts and sheets are served without the comments that have lines of their own; others' as they
are, with their licences."""

import hashlib
import mimetypes
import re
import tomllib
from functools import cache
from pathlib import Path

from turnout.web.documents import FOREVER, Document

FOLDER = Path(__file__).with_name("static")
_COMMENTS = {
    ".js": re.compile(rb"^[ \t]*//.*\n", re.MULTILINE),
    ".css": re.compile(rb"^[ \t]*/\*.*?\*/[ \t]*\n", re.MULTILINE | re.DOTALL),
}


def list_assets() -> list[str]:
    """The names of all files."""
    return sorted(path.name for path in FOLDER.iterdir())


def asset_path(name: str) -> str:
    """The address of the file `name`, such as /static/turnout.1f2e3d4c5b6a.css."""
    stem, _, suffix = name.rpartition(".")
    digest = hashlib.sha256(read_asset(name)).hexdigest()[:12]
    return f"/static/{stem}.{digest}.{suffix}"


def get_asset(name: str, cache_control: str = FOREVER) -> Document:
    """The file `name`, to be served."""
    kind = mimetypes.types_map[Path(name).suffix]
    content_type = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
    return Document(read_asset(name), content_type, cache_control)


@cache
def read_asset(name: str) -> bytes:
    """The content of the file `name`, as it is served."""
    body = (FOLDER / name).read_bytes()
    comment = _COMMENTS.get(Path(name).suffix)
    return comment.sub(b"", body) if comment and name not in _list_vendored() else body


@cache
def _list_vendored() -> frozenset[str]:
    return frozenset(tomllib.loads(FOLDER.with_name("vendored.toml").read_text()))
