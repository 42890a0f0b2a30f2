"""Which networks carry messages here: chosen, checked and made from the settings.

Each channel has a setting (`TURNOUT_CARRIER_SMS`) that chooses its network among those that carry
it. A network's own settings are flat ones whose names begin with the network's (`TURNOUT_SMTP_HOST`
is `host` of SmtpSettings). All of these are kept as text in `Settings.carriers`, since the settings
know no network. Empty text means "not set".
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
import msgspec.inspect
from msgspec import Meta

from turnout.carriers import Carrier, House, Inbox, simulator
from turnout.carriers.accounts import (
    NETWORKS,
    Declared,
    check_declared,
    list_accounts,
    name_of_setting,
    network_of,
)
from turnout.carriers.accounts import list_settings as list_networks_settings
from turnout.carriers.routes import Routes, UnreadableRouteError
from turnout.carriers.routing import Account, Router
from turnout.catalogue import Phrase
from turnout.core.messaging.accepting import Policy
from turnout.core.messaging.fence import Fence, UnreadablePrefixError
from turnout.core.messaging.hours import QuietHours, UnreadableHoursError
from turnout.core.messaging.model import Channel
from turnout.core.messaging.prices import Prices, UnreadablePriceError
from turnout.core.messaging.sender_ids import SenderRules
from turnout.errors import Invalid
from turnout.formats.money import read_currency
from turnout.http.mounts import Mount
from turnout.http.name_lookups import split_resolver
from turnout.setting_values import say_fault
from turnout.settings import PREFIX, Settings, SettingsError, split_list
from turnout.settings import load as load_settings
from turnout.speech.speaking import Speech
from turnout.speech.voices import read_scripts, read_voices
from turnout.store import Database

SIMULATOR = simulator.NETWORK.name
_CHOICE = "carrier_"
_CARRIED = {
    Channel.EMAIL: "e-mail",
    Channel.SMS: "SMS",
    Channel.MMS: "MMS",
    Channel.TTS: "text-to-speech",
    Channel.VOICE: "recorded calls",
    Channel.FAX: "faxes",
}
_SECRET = ("password", "secret")


def _choice(channel: Channel) -> tuple[str, Any, str]:
    """The setting of a channel: its name, what it may be, and its default."""
    names = tuple(name for name, network in NETWORKS.items() if channel in network.channels)
    said = " or ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
    meaning = f"network that carries {_CARRIED[channel]}: {said}"
    kind: Any = Literal.__getitem__(names)
    return f"{_CHOICE}{channel.value}", Annotated[kind, Meta(description=meaning)], names[0]


def _text(name: str, meaning: str) -> tuple[str, Any, str]:
    return name, Annotated[str, Meta(description=meaning)], ""


_SHARED = [name for name, network in NETWORKS.items() if network.has_accounts]
# The channels that several accounts may carry, and the setting that says which of them do.
_ROUTED = {
    channel: f"routes_{channel.value}"
    for channel in Channel
    if any(channel in NETWORKS[name].channels for name in _SHARED)
}
Choices = msgspec.defstruct(
    "Choices",
    [
        *(_choice(channel) for channel in Channel),
        *(
            _text(
                setting,
                f"which accounts carry {_CARRIED[channel]}: prefix=account[:weight][,…][>…], "
                "between blanks; * is any prefix",
            )
            for channel, setting in _ROUTED.items()
        ),
        *(
            _text(name_of_setting(name), f"further accounts of {name}, comma-separated")
            for name in _SHARED
        ),
    ],
    frozen=True,
)


def list_settings() -> set[str]:
    """The names of all settings that channels and main accounts have."""
    return set(Choices.__struct_fields__) | list_networks_settings()


def load(environ: Mapping[str, str], **overrides: Any) -> Settings:
    """The settings of a process, those of networks too. Raises SettingsError as `check` does."""
    settings = load_settings(environ, Declared(list_settings()), **overrides)
    check(settings)
    return settings


def check(settings: Settings) -> None:
    """Raise SettingsError when a channel's choice is none, when the settings of a chosen network
    cannot be read or lack something it needs, or when prices, routes or the name server for sender
    domains cannot be read."""
    read_prices(settings)
    read_quiet_hours(settings)
    read_fence(settings)
    _check_resolver(settings.sender_resolver)
    check_declared(settings.carriers)
    for name in list_used(settings):
        read(settings, name)


def _check_resolver(resolver: str) -> None:
    try:
        split_resolver(resolver)
    except ValueError as error:
        name = f"{PREFIX}SENDER_RESOLVER"
        raise SettingsError("setting.resolver", name=name, resolver=resolver) from error


def chosen(settings: Settings) -> dict[Channel, str]:
    """The network's name for each channel. Raises SettingsError."""
    names = [name for name in Choices.__struct_fields__ if name.startswith(_CHOICE)]
    given = {name: settings.carriers[name].strip() for name in names if name in settings.carriers}
    choices = _convert(Choices, given, "")
    return {channel: getattr(choices, f"{_CHOICE}{channel.value}") for channel in Channel}


def has_mail(settings: Settings) -> bool:
    """Whether mails go out: their network is not the simulator."""
    return chosen(settings)[Channel.EMAIL] != SIMULATOR


def read_prices(settings: Settings) -> Prices:
    """What a part of a message costs. Raises SettingsError."""
    try:
        return Prices(settings.prices, read_currency(settings.price_currency))
    except UnreadablePriceError as error:
        name = f"{PREFIX}PRICES"
        raise SettingsError("setting.prices", name=name, entry=error.entry) from error
    except Invalid as error:
        name = f"{PREFIX}PRICE_CURRENCY"
        raise SettingsError("setting.currency", name=name, text=settings.price_currency) from error


def read_quiet_hours(settings: Settings) -> QuietHours:
    """When nobody is called or texted. Raises SettingsError."""
    try:
        return QuietHours(settings.quiet_hours)
    except UnreadableHoursError as error:
        name = f"{PREFIX}QUIET_HOURS"
        raise SettingsError("setting.quiet_hours", name=name, entry=error.entry) from error


def read_fence(settings: Settings) -> Fence:
    """Which numbers are never called or faxed. Raises SettingsError."""
    networks = chosen(settings)
    try:
        return Fence(
            settings.call_prefixes,
            spending_per_hour=settings.call_spending_per_hour,
            redirects=settings.call_redirects,
            simulated=[channel for channel, name in networks.items() if name == SIMULATOR],
        )
    except UnreadablePrefixError as error:
        name = f"{PREFIX}CALL_PREFIXES"
        raise SettingsError("setting.call_prefixes", name=name, entry=error.entry) from error


def read_policy(settings: Settings) -> Policy:
    """What the operator has set about messages. Raises SettingsError."""
    numbers = tuple(number.lstrip("+") for number in split_list(settings.reply_numbers))
    return Policy(
        prices=read_prices(settings),
        reply_numbers=numbers,
        mail_from=settings.mail_from,
        codes_per_hour=settings.codes_per_hour,
        senders=read_sender_rules(settings),
        fence=read_fence(settings),
        draws_faxes=draws_faxes(settings),
        scripts=read_scripts(read_voices(settings)),
    )


def draws_faxes(settings: Settings) -> bool:
    """Whether an account that carries faxes takes pages that are drawn here."""
    used = list_used(settings)
    names = [name for name, channels in used.items() if Channel.FAX.value in channels]
    return any(getattr(read(settings, name), "fax_documents", "") == "tiff" for name in names)


def read_sender_rules(settings: Settings) -> SenderRules:
    """From where organizations may send mail. Raises SettingsError."""
    own = [settings.mail_from.rpartition("@")[2], *split_list(settings.sender_domains)]
    if name := read_mail_domains(settings)[0]:
        own.append(name)
    return SenderRules(
        mail_from=settings.mail_from,
        own_domains=tuple(filter(None, own)),
        refuses=settings.unproven_senders == "refuse",
        is_simulated=chosen(settings)[Channel.EMAIL] == SIMULATOR,
    )


def read_own_domains(settings: Settings) -> tuple[str, ...]:
    """The installation's mail domains, those of return paths too. Raises SettingsError."""
    returns = read_mail_domains(settings)[1]
    return (*read_sender_rules(settings).own_domains, *filter(None, [returns]))


def read_mail_domains(settings: Settings) -> tuple[str, str]:
    """The domain that the mail network signs for, and that of its return paths; empty = none."""
    own = read(settings, chosen(settings)[Channel.EMAIL])
    return getattr(own, "dkim_domain", ""), getattr(own, "return_path_domain", "")


def read_routes(settings: Settings) -> dict[Channel, Routes]:
    """The routes of the channels that have any: whose network has further accounts, or for which
    some are set. Raises SettingsError."""
    networks = chosen(settings)
    routed = {}
    for channel, setting in _ROUTED.items():
        network, text = networks[channel], settings.carriers.get(setting, "").strip()
        if not NETWORKS[network].has_accounts:
            continue
        usual = list_accounts(settings.carriers, network)
        if text or usual[1:]:
            routed[channel] = _read_routes(settings, channel, text, usual)
    return routed


def _read_routes(settings: Settings, channel: Channel, text: str, usual: list[str]) -> Routes:
    accounts = [
        account
        for name in _SHARED
        if channel in NETWORKS[name].channels
        for account in list_accounts(settings.carriers, name)
    ]
    try:
        return Routes(text, accounts, usual)
    except UnreadableRouteError as error:
        name = f"{PREFIX}{_ROUTED[channel].upper()}"
        raise SettingsError("setting.routes", name=name, entry=error.entry) from error


def read(settings: Settings, name: str) -> Any:
    """An account's own settings. Raises SettingsError that names the first faulty one."""
    struct = network_of(name).settings
    values = {
        field: value.strip()
        for field in struct.__struct_fields__
        if (value := settings.carriers.get(f"{name}_{field}", "")).strip()
    }
    return _convert(struct, _mapped(struct, values), name)


def make_carriers(settings: Settings, db: Database, base_url: str) -> dict[Channel, Carrier]:
    """A carrier for each channel; channels of one network share it, and all that have routes share
    a router. `base_url` is the address at which others reach this server. Raises SettingsError
    when a carrier cannot be made, such as for a key that cannot be read."""
    networks, routes, made = chosen(settings), read_routes(settings), dict[str, Any]()
    fence, allowed = read_fence(settings), settings.outbound_allow
    house = House(db, base_url, fence, Speech(settings), Counter(), allowed)
    for name in list_used(settings):
        try:
            made[name] = network_of(name).make(name, read(settings, name), house)
        except ValueError as error:
            raise SettingsError("setting.carrier", carrier=name, said=str(error)) from error
    carriers: dict[Channel, Carrier] = {channel: made[name] for channel, name in networks.items()}
    return carriers | _route(networks, routes, made)


def _route(
    networks: dict[Channel, str], routes: dict[Channel, Routes], made: dict[str, Account]
) -> dict[Channel, Carrier]:
    """The router for all channels whose accounts are among those that have routes."""
    if not routes:
        return {}
    shared = {account for routed in routes.values() for account in routed.list_accounts()}
    more = {
        channel: Routes("", [name], [name])
        for channel, name in networks.items()
        if channel not in routes and name in shared
    }
    accounts = {name: made[name] for name in made if name in shared}
    return dict.fromkeys(routes | more, Router(accounts, routes | more))


def list_used(settings: Settings) -> dict[str, list[str]]:
    """The accounts that carry anything, each with its channels."""
    routes = read_routes(settings)
    used: dict[str, list[str]] = {}
    for channel, name in chosen(settings).items():
        for account in routes[channel].list_accounts() if channel in routes else [name]:
            used.setdefault(account, []).append(channel.value)
    return used


def find_address(settings: Settings, name: str) -> tuple[str, int] | None:
    """Host and port of an account, None for the simulator. Raises SettingsError."""
    own = read(settings, name)
    if url := getattr(own, "url", ""):
        parts = urlsplit(url)
        return str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)
    if hasattr(own, "address"):
        return tuple(own.address)
    return (own.host, own.port) if hasattr(own, "host") else None


def mount_webhooks(settings: Settings, db: Database, inbox: Inbox, base_url: str) -> list[Mount]:
    """What chosen networks call."""
    return [
        mount
        for name in list_used(settings)
        if (build := network_of(name).mount_webhook)
        for mount in build(name, read(settings, name), db, inbox, base_url)
    ]


def unused(settings: Settings) -> list[str]:
    """Accounts whose address is known, and that no channel uses: a slip, most likely."""
    used = list_used(settings)
    return [
        name
        for network in NETWORKS
        for name in list_accounts(settings.carriers, network)
        if name not in used
        and any(settings.carriers.get(f"{name}_{field}", "").strip() for field in ("host", "url"))
    ]


def describe(settings: Settings) -> Iterator[tuple[str, str, str, str]]:
    """One row a setting of a channel or network: environment name, value (secrets hidden), default,
    meaning."""
    yield from _describe(settings, Choices, "")
    for name, network in NETWORKS.items():
        for account in list_accounts(settings.carriers, name):
            yield from _describe(settings, network.settings, f"{account}_")


def _describe(
    settings: Settings, struct: type[msgspec.Struct], prefix: str
) -> Iterator[tuple[str, str, str, str]]:
    schema = msgspec.json.schema(struct)["$defs"][struct.__name__]["properties"]
    for field in msgspec.structs.fields(struct):
        name = f"{prefix}{field.name}"
        default = _plain("" if field.default is msgspec.NODEFAULT else field.default)
        value = settings.carriers.get(name) or default
        shown = "***" if value and field.name.endswith(_SECRET) else value
        yield PREFIX + name.upper(), shown, default, schema[field.name].get("description", "")


def _plain(default: Any) -> str:
    if default is None or isinstance(default, Mapping):
        return ""
    return str(default).lower() if isinstance(default, bool) else str(default)


def _convert(struct: type[msgspec.Struct], values: dict[str, Any], network: str) -> Any:
    try:
        return msgspec.convert(values, struct, strict=False)
    except msgspec.ValidationError as error:
        text = str(error)
        field = text.rpartition("$.")[2].rstrip("`") if "$." in text else "…"
        phrase = Phrase("setting.words", {"said": text})
        if text.startswith("Object missing required field"):
            field = text.split("`")[1]
            phrase = Phrase("setting.needed", {"carrier": network})
        elif field in struct.__struct_fields__ and " of length" not in text:
            phrase = say_fault(struct, field, values.get(field))
        prefix = f"{PREFIX}{network.upper()}_" if network else PREFIX
        name = f"{prefix}{field.upper()}"
        raise SettingsError("setting.value", name=name, phrase=phrase) from error


def _mapped(struct: type[msgspec.Struct], values: dict[str, str]) -> dict[str, Any]:
    """Values as the struct reads them: `a=x,b=y` for a mapping."""
    info = msgspec.inspect.type_info(struct)
    fields = info.fields if isinstance(info, msgspec.inspect.StructType) else ()
    mapped: dict[str, Any] = dict(values)
    for field in fields:
        kind = field.type.type if isinstance(field.type, msgspec.inspect.Metadata) else field.type
        if field.name in values and isinstance(kind, msgspec.inspect.DictType):
            pairs = [part.partition("=") for part in values[field.name].split(",") if part.strip()]
            mapped[field.name] = {key.strip(): value.strip() for key, _, value in pairs}
    return mapped
