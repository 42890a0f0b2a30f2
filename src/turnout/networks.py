"""Which networks carry messages here: carriers, made from the settings.

Bootstrap's right hand, and like it above all rooms. A carrier's own settings are flat ones whose
names begin with the carrier's (`TURNOUT_SMTP_HOST` is `host` of SmtpSettings); they are kept as
text in `Settings.carriers`, since the settings know no carrier. Empty text means "not set".
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from turnout.carriers import Carrier, Inbox
from turnout.carriers.http_sms import PATH, HttpSmsCarrier, HttpSmsSettings, build_webhook
from turnout.carriers.simulator import SimulatorCarrier, SimulatorSettings
from turnout.carriers.smpp import SmppCarrier, SmppSettings
from turnout.carriers.smtp import SmtpCarrier, SmtpSettings
from turnout.core.messaging.model import Channel
from turnout.core.messaging.prices import Prices
from turnout.http.dialect import DialectApp
from turnout.settings import PREFIX, Settings, SettingsError, say_fault
from turnout.store import Database

SIMULATOR, HTTP_SMS = "simulator", "http_sms"
# A carrier's settings, and how it is made of them.
STRUCTS: dict[str, type[msgspec.Struct]] = {
    "smtp": SmtpSettings,
    "smpp": SmppSettings,
    HTTP_SMS: HttpSmsSettings,
    SIMULATOR: SimulatorSettings,
}
# Of the carrier's settings, the database, and the address at which others reach this server.
MAKERS: dict[str, Callable[[Any, Database, str], Carrier]] = {
    "smtp": lambda settings, db, _: SmtpCarrier(settings, clock=db.clock),
    "smpp": lambda settings, db, _: SmppCarrier(settings, db.clock),
    HTTP_SMS: lambda settings, db, base_url: HttpSmsCarrier(settings, db.clock, base_url),
    SIMULATOR: lambda settings, db, _: SimulatorCarrier(settings, db),
}
_SECRET = ("password", "secret")


def chosen(settings: Settings) -> dict[Channel, str]:
    """The carrier's name for each channel."""
    return {channel: getattr(settings, f"carrier_{channel.value}") for channel in Channel}


def check(settings: Settings) -> None:
    """Raise SettingsError when a carrier's settings are unknown, when those of a chosen one
    cannot be read or lack something it needs, or when prices cannot be read."""
    read_prices(settings)
    for name in settings.carriers:
        carrier, field = _split(name)
        if field not in STRUCTS[carrier].__struct_fields__:
            raise SettingsError(
                f"{PREFIX}{name.upper()} is not a known setting; run `turnout settings`"
                " for the list"
            )
    for carrier in dict.fromkeys(chosen(settings).values()):
        read(settings, carrier)


def read_prices(settings: Settings) -> Prices:
    """What a part of a message costs. Raises SettingsError."""
    try:
        return Prices(settings.prices)
    except ValueError as error:
        raise SettingsError(f"{PREFIX}PRICES: {error}, such as sms:4479=0.05") from error


def read(settings: Settings, carrier: str) -> Any:
    """The carrier's own settings. Raises SettingsError that names the first faulty one."""
    values = {
        field: value
        for name, value in settings.carriers.items()
        for owner, field in [_split(name)]
        if owner == carrier and value.strip()
    }
    struct = STRUCTS[carrier]
    try:
        return msgspec.convert(_mapped(struct, values), struct, strict=False)
    except msgspec.ValidationError as error:
        text = str(error)
        field = text.rpartition("$.")[2].rstrip("`") if "$." in text else "…"
        if text.startswith("Object missing required field"):
            field = text.split("`")[1]
            text = f"the carrier {carrier} needs it"
        elif text.startswith("Expected `") and " of length" not in text:
            text = say_fault(struct, field, values.get(field))
        raise SettingsError(f"{PREFIX}{carrier.upper()}_{field.upper()}: {text}") from error


def make_carriers(settings: Settings, db: Database, base_url: str) -> dict[Channel, Carrier]:
    """A carrier for each channel; channels of one name share it. `base_url` is the address at
    which others reach this server. Raises SettingsError when a
    carrier cannot be made, such as for a key that cannot be read."""
    made: dict[str, Carrier] = {}
    carriers = {}
    for channel, name in chosen(settings).items():
        if name not in made:
            try:
                made[name] = MAKERS[name](read(settings, name), db, base_url)
            except ValueError as error:
                raise SettingsError(f"The carrier {name} cannot be used: {error}") from error
        carriers[channel] = made[name]
    return carriers


def list_used(settings: Settings) -> dict[str, list[str]]:
    """The chosen carriers, each with its channels."""
    used: dict[str, list[str]] = {}
    for channel, name in chosen(settings).items():
        used.setdefault(name, []).append(channel.value)
    return used


def find_address(settings: Settings, carrier: str) -> tuple[str, int] | None:
    """Host and port of a carrier's network, None for the simulator. Raises SettingsError."""
    own = read(settings, carrier)
    if url := getattr(own, "url", ""):
        parts = urlsplit(url)
        return str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)
    return (own.host, own.port) if hasattr(own, "host") else None


def make_webhooks(
    settings: Settings, db: Database, inbox: Inbox, base_url: str
) -> list[tuple[str, str, DialectApp]]:
    """What chosen networks call: path, name, and the app to mount there."""
    if HTTP_SMS not in chosen(settings).values():
        return []
    own = read(settings, HTTP_SMS)
    return [(PATH, HTTP_SMS, build_webhook(own, db, inbox, base_url))]


def unused(settings: Settings) -> list[str]:
    """Carriers that know where their network is, and that no channel uses: a slip, most likely."""
    used = set(chosen(settings).values())
    return [
        name
        for name in STRUCTS
        if name not in used
        and any(settings.carriers.get(f"{name}_{field}", "").strip() for field in ("host", "url"))
    ]


def describe(settings: Settings) -> Iterator[tuple[str, str, str, str]]:
    """One row a carrier's setting: environment name, value (secrets hidden), default, meaning."""
    for carrier, struct in STRUCTS.items():
        schema = msgspec.json.schema(struct)["$defs"][struct.__name__]["properties"]
        for field in msgspec.structs.fields(struct):
            name = f"{carrier}_{field.name}"
            default = _plain("" if field.default is msgspec.NODEFAULT else field.default)
            value = settings.carriers.get(name) or default
            shown = "***" if value and field.name.endswith(_SECRET) else value
            meaning = schema[field.name].get("description", "")
            yield PREFIX + name.upper(), shown, default, meaning


def _plain(default: Any) -> str:
    if default is None or isinstance(default, Mapping):
        return ""
    return str(default).lower() if isinstance(default, bool) else str(default)


def _split(name: str) -> tuple[str, str]:
    carrier = next(each for each in STRUCTS if name.startswith(f"{each}_"))
    return carrier, name.removeprefix(f"{carrier}_")


def _mapped(struct: type[msgspec.Struct], values: dict[str, str]) -> dict[str, Any]:
    """Values as the struct reads them: `a=x,b=y` for a mapping."""
    mapped: dict[str, Any] = dict(values)
    if "dkim_keys" in struct.__struct_fields__ and "dkim_keys" in mapped:
        pairs = [each.partition("=") for each in values["dkim_keys"].split(",") if each.strip()]
        mapped["dkim_keys"] = {name.strip(): path.strip() for name, _, path in pairs}
    return mapped
