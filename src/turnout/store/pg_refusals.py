"""Why PostgreSQL refused a connection, and what to do about it.

libpq has no codes for a refused connection, only words. Those that an operator can act on are in
one table; what is not there (or is in another language) is shown as the server said it.
"""

import re
from typing import Any

import psycopg
from psycopg import sql

from turnout.errors import Unavailable
from turnout.store.pg_sessions import Use, connect

CREATE_DATABASE = (
    "CREATE DATABASE {name} OWNER {role} ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' "
    "TEMPLATE template0;"
)
"""Makes a database that Turnout can use, whatever the server's own locale is."""

WITHOUT_POOLER = (
    "Name PostgreSQL itself in TURNOUT_DATABASE_URL, or let the pooler keep one back end for a "
    "whole session (PgBouncer: pool_mode = session)."
)

# What the refusal says, and what to do then. {role} and {name} are quoted for SQL.
_ADVICE: tuple[tuple[str, str], ...] = (
    (
        r"password authentication failed|no password supplied",
        "Correct the user and password in TURNOUT_DATABASE_URL, or set the password: "
        "ALTER ROLE {role} LOGIN PASSWORD '…';",
    ),
    (r'role "[^"]*" does not exist', "Make the role: CREATE ROLE {role} LOGIN PASSWORD '…';"),
    (r"is not permitted to log in", "Let it: ALTER ROLE {role} LOGIN;"),
    (
        r'database "[^"]*" does not exist',
        f"Correct the name in TURNOUT_DATABASE_URL, or make it: {CREATE_DATABASE}",
    ),
    (r"permission denied for database", "Let it in: GRANT CONNECT ON DATABASE {name} TO {role};"),
    (
        r"(?:no encryption|SSL off)\b",
        "The server takes no connection without TLS from here: add ?sslmode=require (better: "
        "?sslmode=verify-full&sslrootcert=FILE) to TURNOUT_DATABASE_URL.",
    ),
    (
        r"no pg_hba\.conf entry|pg_hba\.conf rejects",
        "Let this machine in: the server's pg_hba.conf needs a line for this database, user and "
        "address.",
    ),
    (
        r"server does not support SSL",
        "Let the server speak TLS (ssl = on), or take sslmode out of TURNOUT_DATABASE_URL.",
    ),
    (
        r"certificate|SSL error",
        "Name the authority that signed the server's certificate with ?sslrootcert=FILE in "
        "TURNOUT_DATABASE_URL, and the host as the certificate names it.",
    ),
    (
        r"failed to resolve host|could not translate host",
        "Correct the host in TURNOUT_DATABASE_URL, or see that its name resolves here. In the "
        "password, write @ as %40 and / as %2F: what follows such a sign is taken for the host.",
    ),
    (
        r"too many clients|connection slots|too many connections|no more connections allowed",
        "Raise max_connections of the server, or lower TURNOUT_DATABASE_THREADS.",
    ),
    (r"starting up|shutting down|in recovery|not yet accepting", "Wait until the server is up."),
    (
        r"session is (not )?read-only|server is (not )?in hot standby",
        "Correct the hosts or target_session_attrs in TURNOUT_DATABASE_URL: it must lead to the "
        "primary.",
    ),
    (
        r"unrecognized configuration parameter|invalid value for parameter",
        "Correct PGOPTIONS in the environment, or `options` in TURNOUT_DATABASE_URL.",
    ),
    (r"unsupported startup parameter|statement pooling mode", WITHOUT_POOLER),
    (
        r"no answer within|query_wait_timeout",
        "What is at that address lets us in and says nothing more. If it is a pooler, it has no "
        "session left: raise its limits (PgBouncer: default_pool_size, max_db_connections). If it "
        "is a proxy or the server, see what it waits for.",
    ),
)
_OTHERWISE = (
    "Correct TURNOUT_DATABASE_URL, or see that the database runs and lets this user in from here."
)
_WHERE = re.compile(r"^(?:connection failed: )?connection to server .{0,300}? failed: ")
_UNREADABLE = re.compile(r"invalid port|invalid sslmode|invalid \w+ value|Servname|idna")


def reach(url: str) -> "psycopg.Connection[Any]":
    """A connection. Raises Unavailable that says why there is none, with a note on what to do."""
    check_url(url)
    try:
        return connect(url, Use.READ)
    except (psycopg.Error, ValueError) as error:
        raise explain_refusal(url, error) from error


def check_url(url: str) -> None:
    """Raise Unavailable (`store.url`) unless libpq can read the address. What it says of one that
    it cannot read may hold the password, so only the beginning is shown."""
    if not url.startswith(("postgresql://", "postgres://")):
        raise _unreadable("store.url_scheme")
    try:
        psycopg.conninfo.conninfo_to_dict(url)
    except (psycopg.Error, ValueError) as error:
        said = re.split(r"[:\"\n]", str(error))[0].strip()
        raise _unreadable("store.url", said=said) from error


def explain_refusal(url: str, error: Exception) -> Unavailable:
    """The failure for a connection that was refused, and what to do as its note."""
    said = _without_repeats(str(error))
    if _UNREADABLE.search(said) and "FATAL" not in said:
        return _unreadable("store.url", said=said.rpartition("connection is bad: ")[2])
    failure = Unavailable("store.unreachable_server", said=said.rstrip(".?"))
    advice = next((text for words, text in _ADVICE if re.search(words, said)), _OTHERWISE)
    failure.add_note(fill_in(advice, *names_in(url)))
    return failure


def _without_repeats(said: str) -> str:
    """What libpq says in one line; of several attempts with the same end, the first."""
    lines = {_WHERE.sub("", line.strip()): line.strip() for line in reversed(said.splitlines())}
    return " ".join(" ".join(lines[key].split()) for key in reversed(lines) if key)


def names_in(url: str) -> tuple[str, str]:
    """The role and the database that an address means, as libpq takes them."""
    given = psycopg.conninfo.conninfo_to_dict(url)
    defaults = {
        option.keyword.decode(): (option.val or b"").decode(errors="replace")
        for option in psycopg.pq.Conninfo.get_defaults()
    }
    role = str(given.get("user") or defaults.get("user") or "turnout")
    return role, str(given.get("dbname") or defaults.get("dbname") or role)


def fill_in(advice: str, role: str, name: str, **more: str) -> str:
    """Advice with the names in it, quoted as SQL wants them."""
    quoted = {word: quote(value) for word, value in {"role": role, "name": name, **more}.items()}
    return advice.format(**quoted)


def quote(name: str) -> str:
    """A name as SQL has it."""
    return sql.Identifier(name.replace("\0", "")).as_string(None)


def _unreadable(code: str, **facts: str) -> Unavailable:
    failure = Unavailable(code, retry_after=1, **facts)
    failure.add_note(
        "Write sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME, and signs such as @ : "
        "/ ? # % in the password as %40 %3A %2F %3F %23 %25."
    )
    return failure
