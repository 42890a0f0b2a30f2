"""Carriers, the sender of mails and the address in links, as `turnout doctor` looks at them."""

import socket
from collections.abc import Iterator
from itertools import chain
from urllib.parse import urlsplit

from turnout.carriers import UnfitError, networks
from turnout.carriers.accounts import network_of
from turnout.cli.app import database
from turnout.cli.finding import Finding
from turnout.core.messaging.fence import FENCED
from turnout.core.messaging.model import Channel
from turnout.core.site.address import StoredAddress, find_stored_address
from turnout.errors import Failure
from turnout.http.name_lookups import look_up
from turnout.settings import Settings
from turnout.speech.engines import find_fault
from turnout.speech.voices import read_voices, read_words

CONNECT_S = 5
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def check_carriers(chosen: Settings) -> Iterator[Finding]:
    """Is there a network for each channel, and does it answer?"""
    for name, channels in networks.list_used(chosen).items():
        seen = f"carries {', '.join(channels)}"
        where = networks.find_address(chosen, name)
        if where is None:
            yield Finding(name, f"{seen}; it is a simulator, and reaches nobody")
            continue
        host, port = where
        seen = f"{seen}; {host}:{port}"
        try:
            yield Finding(name, f"{seen} {_probe(chosen, name, where)}")
        except UnfitError as error:
            yield Finding(name, f"{seen}: {error}", error.advice, is_failure=True)
        except OSError as error:
            advice = (
                f"Correct the TURNOUT_{name.upper()}_… settings, or see that the network is up and "
                "lets this machine in. Messages wait."
            )
            yield Finding(name, f"{seen} does not answer: {error}", advice, is_failure=True)
        yield from _check_calls(chosen, name, channels)
    for channel, routes in networks.read_routes(chosen).items():
        yield Finding("routes", f"{channel.value}: {'; '.join(routes.describe())}")
    for name in networks.unused(chosen):
        advice = "Choose it with TURNOUT_CARRIER_… or TURNOUT_ROUTES_…, or remove its settings."
        yield Finding(name, "has settings, and carries nothing", advice)


def _probe(chosen: Settings, name: str, where: tuple[str, int]) -> str:
    """What a network answers. Raises OSError."""
    if probe := network_of(name).probe:
        return probe(networks.read(chosen, name))
    socket.create_connection(where, timeout=CONNECT_S).close()
    return "answers"


def check_voices(chosen: Settings) -> Iterator[Finding]:
    """Which engine speaks for each voice of calls? One that the operator has named and that does
    not speak is a fault; it is none that nothing is installed: gateways speak themselves, and the
    simulator reads nothing out."""
    table = read_voices(chosen)
    faults = {
        voice: find_fault(voice, chosen.tts_models)
        for voice in dict.fromkeys(chain.from_iterable(table.values()))
    }
    speaking = {
        name: next((voice for voice in table[name] if not faults[voice]), None) for name in table
    }
    if said := "; ".join(f"{name}: {voice}" for name, voice in speaking.items() if voice):
        yield Finding("voices", said)
    words = read_words(chosen)
    if count := len(words.spelled) + len(words.phonemes):
        yield Finding("words", f"{count} said as {chosen.tts_words} has it")
    if silent := [name for name, voice in speaking.items() if voice is None]:
        yield Finding("voices", f"no engine speaks for {', '.join(silent)}")
    if chosen.tts_engines:
        mute = [f"{voice}: {fault}" for voice, fault in faults.items() if fault]
        if mute:
            advice = "Correct TURNOUT_TTS_ENGINES, or install what it names."
            yield Finding("voices", "; ".join(mute), advice)


def _check_calls(chosen: Settings, name: str, channels: list[str]) -> Iterator[Finding]:
    """Can a network that carries calls be trusted with the outcomes, and is an hour's money
    counted?"""
    calls = [channel for channel in channels if Channel(channel) in FENCED]
    if not calls:
        return
    if getattr(networks.read(chosen, name), "webhook_secret", "-") == "":
        setting = f"TURNOUT_{name.upper()}_WEBHOOK_SECRET"
        seen = f"nothing can tell the outcome of {', '.join(calls)}: {setting} is not set"
        advice = f"Give Turnout and the gateway the same {setting}. Calls wait."
        yield Finding(name, seen, advice, is_failure=True)
    priced = {channel.value for channel, _, _ in networks.read_prices(chosen).entries()}
    if free := [channel for channel in calls if channel not in priced]:
        seen = f"TURNOUT_PRICES has no price for {', '.join(free)}: no hour's spending is limited"
        yield Finding(name, seen, "Set prices, so that calls stop which cost too much.")


def check_sender(chosen: Settings) -> Iterator[Finding]:
    """Does Turnout's own mail come from an address that others can answer?"""
    carrier = networks.chosen(chosen)[Channel.EMAIL]
    if carrier == networks.SIMULATOR:
        return
    if chosen.mail_from.endswith("@localhost"):
        yield Finding(
            "mail sender",
            f"mails come from {chosen.mail_from}, which no network takes as an address",
            "Set TURNOUT_MAIL_FROM to an address of your own domain.",
        )
    elif not _is_aligned(chosen):
        yield Finding(
            "mail sender",
            f"{chosen.mail_from} is neither in the domain that signs nor in that of return paths",
            "Receivers take such mail for forged. Set TURNOUT_SMTP_DKIM_DOMAIN to its domain.",
        )


def check_resolver(chosen: Settings) -> Iterator[Finding]:
    """Does the name server for sender domains answer?"""
    resolver = chosen.sender_resolver
    if resolver and look_up("NS", ".", resolver) is None:
        yield Finding(
            "name server",
            f"{resolver} of TURNOUT_SENDER_RESOLVER does not answer",
            "Correct it, or unset it to ask the system's: sender domains are not verified.",
        )


def _is_aligned(chosen: Settings) -> bool:
    """Whether mail of the installation aligns with its signature or return path (DMARC); without a
    return path of its own, that is the sender's."""
    domain = chosen.mail_from.rpartition("@")[2].lower()
    signs, returns = (name.lower() for name in networks.read_mail_domains(chosen))
    return not returns or any(
        f".{domain}".endswith(f".{name}") or f".{name}".endswith(f".{domain}")
        for name in (signs, returns)
        if name
    )


def check_links(chosen: Settings) -> Iterator[Finding]:
    """Do links lead to where others reach this server?"""
    try:
        with database(chosen) as db:
            stored = db.look(find_stored_address)
    except Failure:  # as the database's own finding says
        if chosen.base_url:
            yield judge_links(chosen, None)
        return
    yield judge_links(chosen, stored)


def judge_links(chosen: Settings, stored: StoredAddress | None) -> Finding:
    """Which address counts in links, where it comes from, and whether others can use it."""
    if chosen.base_url:
        return _judge_setting(chosen.public_url, stored)
    if stored is None:
        return Finding(
            "links",
            "their address is not known: commands that write links refuse, and `turnout work` "
            "waits",
            "Set TURNOUT_BASE_URL to the address at which others reach the server, or start "
            "`turnout serve` once.",
        )
    if stored.is_set:
        return Finding("links", f"{stored.url}, set for a server of this database")
    seen = f"{stored.url}, where a server listens; TURNOUT_BASE_URL is not set"
    is_real = set(networks.list_used(chosen)) - {networks.SIMULATOR}
    if urlsplit(stored.url).hostname in LOOPBACK and not is_real and chosen.host in LOOPBACK:
        return Finding("links", f"{seen}: this machine only")
    advice = "Set TURNOUT_BASE_URL to the address at which others reach this server."
    return Finding("links", seen, advice)


def _judge_setting(url: str, stored: StoredAddress | None) -> Finding:
    seen = f"{url}, set here (TURNOUT_BASE_URL)"
    if stored is None or not stored.is_set or stored.url == url:
        return Finding("links", seen)
    return Finding(
        "links",
        f"{seen}; {stored.url}, set for a server, counts in processes without the setting",
        "Give every process the same TURNOUT_BASE_URL, and start the server again.",
    )
