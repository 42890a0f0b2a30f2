"""The settings: their names, defaults and meaning, read from the environment and a TOML file.

The environment (`TURNOUT_` + the name in capitals) wins over the file named by
`TURNOUT_CONFIG`. Anything that starts with `TURNOUT_` and is not a setting is refused, so a
typing error never goes unnoticed.
"""

import ipaddress
import re
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
import msgspec.inspect
from msgspec import Meta

from turnout import catalogue
from turnout.setting_values import say_fault, to_plain

PREFIX = "TURNOUT_"
CONFIG = PREFIX + "CONFIG"
UNIX = "unix"
"""What TURNOUT_TRUSTED_PROXIES calls a proxy that comes through a Unix socket."""

Ports = tuple[tuple[int, int], ...]
_PORTS = f"{PREFIX}OUTBOUND_PORTS"


class SettingsError(Exception):
    """A setting is unknown or unreadable: a code, and facts that name it and what is expected."""

    def __init__(self, code: str, /, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        return catalogue.say(self.code, self.facts)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything an operator can set. `turnout settings` prints this with the present values.

    `carriers` holds what networks and channels declare as settings of their own, as it was given,
    by name (`smtp_host`); turnout/carriers/networks.py reads them.
    """

    database_url: Annotated[
        str, Meta(description="sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME")
    ] = "sqlite:///turnout.db"
    host: Annotated[str, Meta(description="address the server listens on")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="port the server listens on")] = 8080
    base_url: Annotated[
        str,
        Meta(description="address in every stored or shown link; default: where a server listens"),
    ] = ""
    work_in_process: Annotated[
        bool, Meta(description="process the queues inside `serve` (else run `turnout work`)")
    ] = True
    auto_migrate: Annotated[
        bool, Meta(description="bring the database to the newest schema when `serve` starts")
    ] = True
    database_threads: Annotated[
        int, Meta(ge=1, le=64, description="reader threads (SQLite) or connections (PostgreSQL)")
    ] = 4
    database_lock_seconds: Annotated[
        int,
        Meta(ge=1, le=60, description="time to wait for what another transaction holds; then 503"),
    ] = 2
    database_idle_seconds: Annotated[
        int,
        Meta(ge=1, le=600, description="silence in a transaction after which PostgreSQL ends it"),
    ] = 5
    database_statement_seconds: Annotated[
        int, Meta(ge=1, le=3600, description="time that one statement of a request may take")
    ] = 20
    write_queue: Annotated[
        int, Meta(ge=16, description="commands that may wait for the database; more answer 503")
    ] = 4096
    shared_distributor: Annotated[
        bool,
        Meta(
            description="let Admins rule every organization of a distributor that is shared since "
            "before the upgrade to distributors of their own"
        ),
    ] = False
    allow_demo: Annotated[bool, Meta(description="let `serve` take a demo's credentials")] = False
    insecure_http: Annotated[bool, Meta(description="take passwords over plain http")] = False
    allow_second_node: Annotated[
        bool, Meta(description="let `serve` use a SQLite file that another node serves")
    ] = False
    rate_limit_per_minute: Annotated[
        int, Meta(ge=0, description="requests a minute, account and endpoint; 0 = no limit")
    ] = 100
    trusted_proxies: Annotated[
        str,
        Meta(description="proxies (CIDR, comma-separated; `unix`) whose forwarding headers count"),
    ] = ""
    forms_per_place: Annotated[
        int, Meta(ge=1, description="forms to one event from one place in five minutes")
    ] = 600
    forms_before_code: Annotated[
        int,
        Meta(ge=0, description="forms a minute, likewise, after which a mailed code is asked for"),
    ] = 50
    intake_backlog: Annotated[
        int, Meta(ge=1, description="registrations that may wait to be processed; more answer 503")
    ] = 200_000
    request_seconds: Annotated[
        int, Meta(ge=1, le=600, description="time for which a request waits for the database")
    ] = 30
    shutdown_seconds: Annotated[
        int, Meta(ge=1, le=600, description="time a stopping server gives to running requests")
    ] = 20
    idle_seconds: Annotated[
        int, Meta(ge=1, le=3600, description="time for which an idle connection is kept open")
    ] = 75
    write_seconds: Annotated[
        int, Meta(ge=1, le=3600, description="time for which a client may read nothing")
    ] = 60
    connection_limit: Annotated[
        int, Meta(ge=1, description="connections at once; more are answered 503")
    ] = 8192
    file_quota_mb: Annotated[
        int, Meta(ge=0, description="MB of files an organization may keep for its jobs; 0 = any")
    ] = 5_000
    hang_seconds: Annotated[
        int, Meta(ge=0, le=3600, description="time after which a hanging process ends; 0 = never")
    ] = 120
    outbound_allow: Annotated[
        str, Meta(description="private networks (CIDR, comma-separated) outbound calls may reach")
    ] = ""
    outbound_ports: Annotated[
        str, Meta(description="ports that outbound calls may go to, comma-separated, with ranges")
    ] = "80,443,1024-65535"
    carriers: dict[str, str] = {}
    delivery_lease_seconds: Annotated[
        int, Meta(ge=1, description="time after which what a dead worker had is sent again")
    ] = 120
    receipt_wait_hours: Annotated[
        int, Meta(ge=1, description="time to wait for a delivery report")
    ] = 72
    mail_retry_hours: Annotated[
        int, Meta(ge=1, le=240, description="time for which mail is tried that is not taken yet")
    ] = 48
    prices: Annotated[
        str, Meta(description="channel[:prefix]=price of a message's part, between blanks")
    ] = ""
    price_currency: Annotated[str, Meta(description="currency of prices and limits")] = "EUR"
    reply_numbers: Annotated[
        str, Meta(description="numbers that replies to messages reach, comma-separated")
    ] = "61491570006,61491570156"
    stop_words: Annotated[
        str, Meta(description="words beside STOP and the like that end it, comma-separated")
    ] = ""
    mail_from: Annotated[
        str, Meta(description="sender of the mails that Turnout itself writes")
    ] = "turnout@localhost"
    sender_domains: Annotated[
        str, Meta(description="more domains that every organization may send mail from, by commas")
    ] = ""
    unproven_senders: Annotated[
        Literal["via", "refuse"], Meta(description="mail from unproven domains: via, or refuse")
    ] = "via"
    sender_resolver: Annotated[str, Meta(description="name server for sender domains")] = ""
    quiet_hours: Annotated[
        str,
        Meta(description="[country=]HH:MM-HH:MM when nobody is called or texted, between blanks"),
    ] = ""
    call_prefixes: Annotated[
        str, Meta(description="prefixes that are called and faxed whatever they are, by blanks")
    ] = ""
    call_spending_per_hour: Annotated[
        int,
        Meta(ge=0, description="what an organization's calls of an hour may cost; 0 = any amount"),
    ] = 500
    call_redirects: Annotated[
        int, Meta(ge=0, description="calls of an organization that may be put through at once")
    ] = 10
    alert_bounce_percent: Annotated[
        int, Meta(ge=0, le=100, description="bounces of a mailing that raise an alert; 0 = never")
    ] = 5
    alert_opt_out_percent: Annotated[
        int, Meta(ge=0, le=100, description="opt-outs of a day that raise an alert; 0 = never")
    ] = 2
    alert_standing_minutes: Annotated[
        int, Meta(ge=0, description="time without a message out that raises an alert; 0 = never")
    ] = 15
    codes_per_hour: Annotated[
        int, Meta(ge=0, description="verification codes a user may send in an hour; 0 = any")
    ] = 1_000
    booking_host_suffix: Annotated[
        str,
        Meta(description="what follows an organization's name in the booking API's hosts"),
    ] = ""
    tts_voices: Annotated[
        str, Meta(description="voices of text-to-speech, comma-separated, the usual one first")
    ] = "sophie,jack,olivia,william,amy,brian"
    tts_engines: Annotated[
        str, Meta(description="voice=engine:its voice,… of text-to-speech, between blanks")
    ] = ""
    tts_models: Annotated[
        str,
        Meta(description="folder with voices of hibari and piper, as their makers name them"),
    ] = ""
    tts_words: Annotated[
        str, Meta(description="file of words that voices say otherwise, one `word = said` a line")
    ] = ""
    tts_cache_mb: Annotated[
        int, Meta(ge=1, description="MB of speech a process keeps to say it again")
    ] = 200
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="least severity logged")
    ] = "info"
    log_format: Annotated[
        Literal["json", "text"], Meta(description="one JSON object a line, or text for people")
    ] = "json"
    access_log: Annotated[bool, Meta(description="log a line for every request")] = True

    @property
    def permitted(self) -> frozenset[str]:
        """Rules of the core that are lifted, by the names of the settings that lift them."""
        return frozenset(n for n in ("shared_distributor", "allow_demo") if getattr(self, n))

    @property
    def public_url(self) -> str:
        """The address that links lead to, without a trailing slash."""
        if self.base_url:
            return self.base_url.rstrip("/")
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def load(environ: Mapping[str, str], declared: Collection[str] = (), **overrides: Any) -> Settings:
    """Read the settings: defaults, then the TOML file, then `environ`, then `overrides`. `declared`
    are the names of those that go to `carriers`.

    Raises SettingsError that names the first setting that is unknown or unreadable, and its place.
    """
    values: dict[str, Any] = {}
    if path := environ.get(CONFIG):
        values |= _known(_read_file(Path(path)), declared, file=path)
    given = _known(
        {
            name.removeprefix(PREFIX).lower(): value
            for name, value in environ.items()
            if name.startswith(PREFIX) and name != CONFIG
        },
        declared,
    )
    given |= {name: value for name, value in overrides.items() if value is not None}
    from_file = values.keys() - given.keys()
    values |= given | {"carriers": values.get("carriers", {}) | given["carriers"]}
    settings = _convert(values, dict.fromkeys(from_file, path or ""))
    split_ports(settings.outbound_ports)
    _check_base_url(settings.base_url)
    _check_networks("OUTBOUND_ALLOW", settings.outbound_allow)
    _check_networks("TRUSTED_PROXIES", settings.trusted_proxies, UNIX)
    _check_numbers(settings.reply_numbers)
    for name in ("reply_numbers", "tts_voices"):
        if not split_list(getattr(settings, name)):
            raise SettingsError("setting.empty", name=f"{PREFIX}{name.upper()}")
    return settings


def describe(settings: Settings) -> list[tuple[str, str, str, str]]:
    """One row a setting: environment name, value (passwords hidden), default, meaning."""
    rows = []
    for field in msgspec.structs.fields(Settings):
        if field.name == "carriers":
            continue
        value = getattr(settings, field.name)
        shown = hide_password(value) if field.name == "database_url" else to_plain(value)
        meaning = msgspec.json.schema(Settings)["$defs"]["Settings"]["properties"][field.name]
        rows.append(
            (PREFIX + field.name.upper(), shown, to_plain(field.default), meaning["description"])
        )
    return rows


def split_list(text: str) -> tuple[str, ...]:
    """What stands between the commas of a setting, trimmed; empty parts do not count."""
    return tuple(part for part in (part.strip() for part in text.split(",")) if part)


def split_ports(text: str) -> Ports:
    """First and last port of each range, both included (`80,1024-65535`). Raises SettingsError."""
    ranges = []
    for part in split_list(text):
        found = re.fullmatch(r"([0-9]{1,5})(?:-([0-9]{1,5}))?", part)
        if found is None:
            raise SettingsError("setting.port", name=_PORTS, part=part)
        ranges.append((int(found[1]), int(found[2] or found[1])))
    if not ranges or any(not 1 <= first <= last <= 65535 for first, last in ranges):
        raise SettingsError("setting.ports", name=_PORTS, first=1, last=65535)
    return tuple(ranges)


def hide_password(url: str) -> str:
    """The database address without its password, fit for logs and screens."""
    url = re.sub(r"(?<=[?&]password=)[^&]*", "***", url)
    place, at, host = url.rpartition("@")
    found = re.match(r"([a-z]*:/*[^:/]*):", place)  # also of an address that is wrong
    return f"{found[1]}:***@{host}" if at and found else url


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError("setting.file", name=CONFIG, file=path, said=str(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError("setting.toml", file=path, said=str(error)) from error


def _known(
    values: dict[str, Any], declared: Collection[str], file: str | None = None
) -> dict[str, Any]:
    """The values of a file or the environment, those that are declared elsewhere put apart. Raises
    SettingsError for an unknown name."""
    own = {name: str(values[name]) for name in values if name in declared}
    values = {name: value for name, value in values.items() if name not in own}
    unknown = sorted(set(values) - set(Settings.__struct_fields__) | {"carriers"} & values.keys())
    if unknown:
        name = PREFIX + unknown[0].upper()
        if file is None:
            raise SettingsError("setting.unknown", name=name)
        raise SettingsError("setting.unknown_in_file", name=name, file=file)
    return values | {"carriers": own}


def _convert(values: dict[str, Any], files: Mapping[str, str]) -> Settings:
    for name, value in values.items():
        if isinstance(value, str):
            values[name] = value.strip()
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        name = str(error).rpartition("$.")[2].rpartition("`")[0].partition("[")[0]
        phrase = say_fault(Settings, name, values.get(name))
        facts = {"name": f"{PREFIX}{name.upper()}", "phrase": phrase}
        if name not in files:
            raise SettingsError("setting.value", **facts) from error
        raise SettingsError("setting.value_in_file", file=files[name], **facts) from error


def _check_numbers(numbers: str) -> None:
    for number in split_list(numbers):
        if not re.fullmatch(r"\+?[0-9]{3,15}", number):
            name = f"{PREFIX}REPLY_NUMBERS"
            raise SettingsError("setting.reply_number", name=name, number=ascii(number[:60]))


def _check_networks(name: str, networks: str, *words: str) -> None:
    for network in split_list(networks):
        try:
            if network not in words:
                ipaddress.ip_network(network, strict=False)
        except ValueError as error:
            raise SettingsError("setting.said", name=f"{PREFIX}{name}", said=str(error)) from error


def _check_base_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        has_path = is_good and parts.path.strip("/")
    except ValueError:
        is_good = has_path = False
    if url and (not is_good or set(url) & set("?#@\\")):
        raise SettingsError("setting.base_url", name=f"{PREFIX}BASE_URL")
    if has_path:
        raise SettingsError(
            "setting.base_url_path", name=f"{PREFIX}BASE_URL", url=url, scheme=parts.scheme
        )
