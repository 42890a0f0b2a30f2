"""What is secret in a text that is going to be logged, and how it is hidden.

Theory. Two things make a text secret: where it stands, and how it looks. Where: the routers know
which parts of a path are a code, a token or a personal address (`SECRET_FIELDS`), so what follows
such a route's beginning is hidden wherever that beginning turns up, in any letter case, with
doubled, backward or encoded slashes; so is everything behind a question mark. How: tickets, links,
keys and tokens have shapes of their own, and are hidden where no route leads to them: in the text
of an exception, in another library's line, at the wrong address.

Every line of the log comes through here (logs.py). If you add a field to a route, add its name to
`SECRET_FIELDS` or to `OPEN_FIELDS`; a test finds those that are in neither.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote

HIDDEN = "…"
# Names of variable parts of paths: what somebody proves themselves with, and what anybody may read.
SECRET_FIELDS = frozenset({"address", "code", "token"})
OPEN_FIELDS = frozenset(
    {
        *(
            "action",
            "campaign",
            "candidate",
            "domain",
            "ending",
            "event",
            "form",
            "invitation_id",
            "job",
            "job_id",
            "kind",
            "name",
            "number",
            "pak",
            "part",
        ),
        *(
            "question",
            "recipient",
            "recipient_id",
            "registration",
            "reply",
            "scope",
            "series",
            "session",
            "template",
        ),
        *("slug", "speaker"),
        *("state", "ticket_type", "user_id", "venue"),
    }
)
LONGEST_PATH = 2000
DEEPEST_ENCODING = 4
_ONE_SLASH = r"(?:[/\\]|%(?:25)*+(?:2f|5c))"
_SLASH = f"{_ONE_SLASH}++"
_PART = r"[^\s/\\?#\"'<>]+"
_REST = r"[^\s?#\"'<>]*"
_CODE = "[2-9A-HJKMNP-TW-Z]{10}"
# Each is looked for at the beginning of a word of ten signs or more.
_SHAPES = "|".join(
    (
        rf"\d{{1,18}}-(?i:{_CODE})(?!\w)",  # a ticket's address
        r"(?:\d{1,18}-){1,2}(?i:[0-9a-f]{32}(?:[0-9a-f]{8})?)(?!\w)",  # a personal link's token
        rf"{_CODE}(?!\w)",  # a ticket's code
        r"(?i:[0-9a-f]{40})(?!\w)",  # a session of reports
        r"eyJ[\w-]{8,}+\.[\w-]++(?:\.[\w-]*+)?",  # a signed token
        # A key or token: 40 signs or more with digits, small and capital letters.
        r"(?=[\w-]*?\d)(?=[\w-]*?[a-z])(?=[\w-]*?[A-Z])[A-Za-z0-9_-]{40,}+",
    )
)
_split = re.compile(f"({_SLASH})", re.IGNORECASE)
# A part of a path that is a GUID, and the one that stands for all: none has the look of a secret.
_guid = re.compile(
    r"(?<=/)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?=/|\Z)", re.IGNORECASE | re.ASCII
)
_ANY_GUID = "00000000-0000-0000-0000-000000000000"
_slashes = re.compile(r"[/\\]+")
_shapes = re.compile(rf"(?<![\w-])(?=[\w.-]{{10}})(?:{_SHAPES})")
_developer_secrets = re.compile(r"(?<![\w-])[A-Za-z0-9+/]{86}==")
_credentials = re.compile(
    r"(?<=://)[^\s/@:]{0,200}+:[^\s/@]{0,200}+(?=@)"  # a password in a URL
    r"|(?i:(?<=basic )|(?<=bearer ))[\w.~+/=-]{6,}+"
)
_query = re.compile(r"\?(?:%[0-9a-f]{2}|[\w.\[\]-]){1,64}=[^\s\"'<>]*", re.IGNORECASE)


class Masks:
    """Hides what is secret, by the `templates` of routes (`/ticket/{address}/{name}`)."""

    def __init__(self, templates: Iterable[str] = ()) -> None:
        self._words: set[str] = set()
        beginnings = {_beginning(template) for template in templates if _is_secret(template)}
        for template in templates:
            if _is_secret(template):
                self._words.update(_words_after(template))
        self._routes = _compile(beginnings)
        self._known = _compile_known(beginnings, self._words)
        # The paths without a code in them are few on a busy server.
        self._hide_kept = lru_cache(maxsize=2048)(self._hide_path)

    def hide_path(self, path: str) -> str:
        """A request's path, as the log may have it: its beginning, with single slashes, decoded."""
        # Where a route leads past one code and nothing else, there is nothing to look for.
        known = self._known and self._known.fullmatch(path)
        if known and known[2].lower() not in self._words:
            return f"{known[1]}{HIDDEN}{known[3]}"
        # Where nothing is hidden from a path with one GUID, nothing is with another.
        if "-" in path and (likeness := _guid.sub(_ANY_GUID, path)) != path:
            return path if self._hide_kept(likeness) == likeness else self._hide_path(path)
        return self._hide_kept(path)

    def hide(self, text: str) -> str:
        """`text` without what is secret in it."""
        if self._routes is not None:
            text = self._routes.sub(self._hide_rest, text)
        # Most texts have no sign of what the next three look for.
        if "?" in text:
            text = _query.sub(f"?{HIDDEN}", text)
        if "://" in text or " " in text:
            text = _credentials.sub(HIDDEN, text)
        if "==" in text:
            text = _developer_secrets.sub(HIDDEN, text)
        return _shapes.sub(HIDDEN, text)

    def _hide_path(self, path: str) -> str:
        path = path[:LONGEST_PATH]
        for _ in range(DEEPEST_ENCODING):
            if "%" not in path:
                break
            path = unquote(path)
        if "\\" in path or "//" in path:
            path = _slashes.sub("/", path)
        before, mark, _ = path.partition("?")
        return self.hide(before) + (f"?{HIDDEN}" if mark else "")

    def _hide_rest(self, match: re.Match[str]) -> str:
        """What follows a secret route's beginning, hidden but for the route's own words."""
        beginning, rest = match[1], match[2]
        if "%" not in rest and "\\" not in rest:
            return beginning + "/".join([self._hide_part(part) for part in rest.split("/")])
        return beginning + "".join(
            part if number % 2 else self._hide_part(part)
            for number, part in enumerate(_split.split(rest))
        )

    def _hide_part(self, part: str) -> str:
        return part if not part or part.lower() in self._words else HIDDEN


def _is_secret(template: str) -> bool:
    return any(name in SECRET_FIELDS for name in _fields(template))


def _fields(template: str) -> list[str]:
    return re.findall(r"\{(\w+)(?:[^\w{}][^{}]*)?\}", template)


def _beginning(template: str) -> tuple[str, ...]:
    """The parts of a template before its first secret one; "" for a variable one."""
    parts = template.strip("/").split("/")
    first = next(n for n, part in enumerate(parts) if _is_secret(part))
    return tuple("" if "{" in part else part.lower() for part in parts[:first])


def _words_after(template: str) -> set[str]:
    words = template.strip("/").lower().split("/")[len(_beginning(template)) :]
    fixed = {word for word in words if "{" not in word}
    return fixed | {f"{word}.json" for word in fixed}


def _compile_known(
    beginnings: Iterable[tuple[str, ...]], words: Iterable[str]
) -> re.Pattern[str] | None:
    """Paths that begin as a route does, without variable parts, and then have one secret part and
    the route's own words: beginning, secret and rest."""
    fixed = [f"/{'/'.join(parts)}/" for parts in beginnings if parts and all(parts)]
    chosen = [
        re.escape(beginning)
        for beginning in fixed
        # Another route might hide something else behind the same beginning.
        if not any(_may_begin_with(other, beginning) for other in beginnings)
    ]
    if not chosen:
        return None
    ends = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(
        rf"({'|'.join(sorted(chosen))})([0-9a-z:]+)(|(?:/(?:{ends}))+)", re.IGNORECASE | re.ASCII
    )


def _may_begin_with(parts: tuple[str, ...], beginning: str) -> bool:
    """Whether a longer beginning of a route may fit what begins with `beginning`, too."""
    own = beginning.strip("/").split("/")
    pairs = zip(parts, own, strict=False)
    return len(parts) > len(own) and all(part in ("", other) for part, other in pairs)


def _compile(beginnings: Iterable[tuple[str, ...]]) -> re.Pattern[str] | None:
    chosen = [
        _ONE_SLASH + _SLASH.join(re.escape(part) if part else _PART for part in parts) + _SLASH
        for parts in sorted(beginnings, key=lambda parts: (-len(parts), parts))
        if any(parts)
    ]
    if not chosen:
        return None
    return re.compile(rf"({'|'.join(chosen)})({_REST})", re.IGNORECASE)
