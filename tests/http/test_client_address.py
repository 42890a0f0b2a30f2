"""Who is asking: the table of header spellings, and the front door that uses it."""

import json
from typing import Any

import pytest

from tests.support.client import AppClient
from turnout.http import logs
from turnout.http.app import RootApp
from turnout.http.client_address import (
    HOPS_LIMIT,
    KEPT,
    KEPT_LENGTH,
    LENGTH_LIMIT,
    NOTED_LIMIT,
    ClientAddress,
    ClientAddresses,
    TrustedProxies,
    address_of,
)
from turnout.http.mounts import Mount

TRUSTED = "127.0.0.1/32, 10.0.0.0/8, ::1, fd00::/8"
PROXY = "127.0.0.1"
XFF, FWD = b"x-forwarded-for", b"forwarded"

# What stands in X-Forwarded-For, or in Forwarded, and who is asking through the proxy 127.0.0.1.
X_FORWARDED_FOR = {
    "203.0.113.9": "203.0.113.9",
    " 203.0.113.9\t": "203.0.113.9",
    "203.0.113.9:4711": "203.0.113.9",
    "203.0.113.9:99999999": PROXY,
    "203.0.113.9:": PROXY,
    "2001:db8::1": "2001:db8::1",
    "2001:DB8:0:0::1": "2001:db8::1",
    "[2001:db8::1]": "2001:db8::1",
    "[2001:db8::1]:443": "2001:db8::1",
    "[2001:db8::1": PROXY,
    "[2001:db8::1]443": PROXY,
    "[203.0.113.9]": PROXY,
    "2001:db8::1%eth0": PROXY,
    "::ffff:203.0.113.9": "203.0.113.9",
    "[::ffff:203.0.113.9]:80": "203.0.113.9",
    "198.51.100.1, 203.0.113.9": "203.0.113.9",
    "198.51.100.1,203.0.113.9,10.0.0.7": "203.0.113.9",
    "203.0.113.9, 10.0.0.7, ::1": "203.0.113.9",
    "203.0.113.9, ::ffff:10.0.0.7": "203.0.113.9",
    "203.0.113.9,, ,10.0.0.7,": "203.0.113.9",
    "10.1.1.1, 10.0.0.7": "10.1.1.1",
    "203.0.113.9, unknown, 10.0.0.7": "10.0.0.7",
    "203.0.113.9, _hidden": PROXY,
    "203.0.113.9, <script>": PROXY,
    "203.0.113.9\r\n10.0.0.7": PROXY,
    "0203.0.113.9": PROXY,
    "203.0.113": PROXY,
    "3405803785": PROXY,
    "0xcb007109": PROXY,
    "\uff11.1.1.1": PROXY,
    "127.0.0.1": PROXY,
    "": PROXY,
    ", ,": PROXY,
    "localhost": PROXY,
    "x" * 100_000: PROXY,
    "198.51.100.1, " * 40_000 + "203.0.113.9": "203.0.113.9",
    "203.0.113.9" + ", 10.0.0.7" * (HOPS_LIMIT + 1): "10.0.0.7",
    "203.0.113.9" + ", 10.0.0.7" * (HOPS_LIMIT - 1): "203.0.113.9",
}
FORWARDED = {
    "for=203.0.113.9": "203.0.113.9",
    'For="203.0.113.9"': "203.0.113.9",
    "for=203.0.113.9:4711": "203.0.113.9",
    'for="203.0.113.9:_port"': "203.0.113.9",
    'for="[2001:db8::1]"': "2001:db8::1",
    'FOR="[2001:db8::1]:4711";proto=https': "2001:db8::1",
    'proto=https;by=127.0.0.1;for="[::ffff:203.0.113.9]"': "203.0.113.9",
    r'for="203.0.113\.9"': "203.0.113.9",
    "for=198.51.100.1, for=203.0.113.9;host=a": "203.0.113.9",
    "for=203.0.113.9, for=10.0.0.7": "203.0.113.9",
    'for=203.0.113.9, for="[fd00::7]";by="a,b;c"': "203.0.113.9",
    "for=203.0.113.9 , ,for=10.0.0.7,": "203.0.113.9",
    "for=unknown": PROXY,
    "for=203.0.113.9, for=_secret, for=10.0.0.7": "10.0.0.7",
    "for=203.0.113.9, proto=https": PROXY,
    "for=203.0.113.9;for=198.51.100.1": PROXY,
    "for=": PROXY,
    'for="': PROXY,
    "203.0.113.9": PROXY,
    'for="203.0.113.9, for=198.51.100.1': PROXY,
    # An open quote of the client's cannot hide what the proxy appended.
    'for=198.51.100.1;x=", for=203.0.113.9': PROXY,
    'for=198.51.100.1;x=", for="[2001:db8::1]:1"': PROXY,
    'for=198.51.100.1;x="\\", for="[2001:db8::1]:1"': PROXY,
    'for=198.51.100.1;x="\\': PROXY,
    "for=203.0.113.9" + ";a=b" * LENGTH_LIMIT: PROXY,
    '"' * LENGTH_LIMIT: PROXY,
    '"' + '\\"' * (LENGTH_LIMIT // 2 - 1): PROXY,
}


def judge(peer: str, *headers: tuple[bytes, str], trusted: str = TRUSTED) -> ClientAddress:
    encoded = [(name, value.encode("utf-8")) for name, value in headers]
    return TrustedProxies.parse(trusted).judge(peer, encoded)


@pytest.mark.parametrize(
    ("name", "value", "address"),
    [
        *((XFF, *pair) for pair in X_FORWARDED_FOR.items()),
        *((FWD, *pair) for pair in FORWARDED.items()),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else value.decode(),
)
def test_a_spelling_leads_to_the_address_that_the_proxy_saw(
    name: bytes, value: str, address: str
) -> None:
    assert judge(PROXY, (name, value)) == ClientAddress(address, is_ignored=False)


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        # Several lines are one list, in their order.
        ([(XFF, "198.51.100.1"), (XFF, "203.0.113.9, 10.0.0.7")], "203.0.113.9"),
        ([(XFF, "203.0.113.9"), (XFF, "10.0.0.7")], "203.0.113.9"),
        ([(FWD, "for=203.0.113.9"), (FWD, "for=10.0.0.7")], "203.0.113.9"),
        ([(FWD, 'for=1.1.1.1;x="'), (FWD, 'for="[2001:db8::1]"')], PROXY),
        # Both headers count where they agree; else a stranger may have written either.
        ([(XFF, "203.0.113.9"), (FWD, "for=203.0.113.9")], "203.0.113.9"),
        ([(XFF, "203.0.113.9"), (FWD, "for=198.51.100.1")], PROXY),
        ([(XFF, "203.0.113.9"), (FWD, "nonsense")], PROXY),
        ([(b"x-real-ip", "203.0.113.9")], PROXY),
        ([], PROXY),
    ],
)
def test_header_lines_are_joined(headers: list[tuple[bytes, str]], address: str) -> None:
    assert judge(PROXY, *headers).address == address


@pytest.mark.parametrize(
    ("peer", "trusted", "judged"),
    [
        ("127.0.0.1", TRUSTED, ClientAddress("203.0.113.9", False)),
        ("::ffff:127.0.0.1", TRUSTED, ClientAddress("203.0.113.9", False)),
        ("127.0.0.1", "::ffff:127.0.0.0/104", ClientAddress("203.0.113.9", False)),
        ("fd00::7", TRUSTED, ClientAddress("203.0.113.9", False)),
        ("fe80::7%eth0", "fe80::/10", ClientAddress("203.0.113.9", False)),
        ("198.51.100.1", TRUSTED, ClientAddress("198.51.100.1", True)),
        ("::ffff:198.51.100.1", TRUSTED, ClientAddress("198.51.100.1", True)),
        ("127.0.0.1", "", ClientAddress("127.0.0.1", True)),
        ("", TRUSTED, ClientAddress("unix", True)),
        ("", "unix", ClientAddress("203.0.113.9", False)),
        ("/run/turnout.sock", "unix", ClientAddress("203.0.113.9", False)),
    ],
)
def test_only_a_trusted_proxy_is_believed(peer: str, trusted: str, judged: ClientAddress) -> None:
    assert judge(peer, (XFF, "203.0.113.9"), trusted=trusted) == judged


async def be_ready() -> None:
    pass


async def say_who(scope: dict[str, Any], _receive: Any, send: Any) -> None:
    body = address_of(scope).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def open_door(trusted: str, clock: Any = lambda: 0) -> tuple[AppClient, ClientAddresses]:
    clients = ClientAddresses(TrustedProxies.parse(trusted), clock)
    mounts = [Mount("/", "web", say_who)]
    return AppClient(RootApp(mounts, is_ready=be_ready, access_log=True, clients=clients)), clients


def test_the_app_and_the_log_see_the_judged_address(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[bytes] = []

    class Lines:
        add = staticmethod(lines.append)

    monkeypatch.setattr(logs, "_sink", Lines)
    door, _ = open_door("127.0.0.1")
    with door:
        seen = door.request("GET", "/", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
    assert seen.body == b"203.0.113.9"
    assert json.loads(lines[0])["address"] == "203.0.113.9"


def test_near_peers_that_are_not_trusted_are_noted_once_an_hour() -> None:
    now = [0]
    door, clients = open_door("", lambda: now[0])
    with door:
        for _ in range(3):
            assert door.request("GET", "/", headers={"X-Forwarded-For": "1.2.3.4"}).body == (
                b"127.0.0.1"
            )
        assert clients.take_noted() == {"127.0.0.1"}
        assert clients.take_noted() == set()
        now[0] = 3_600_000
        door.request("GET", "/", headers={"Forwarded": "for=1.2.3.4"})
        assert clients.take_noted() == {"127.0.0.1"}
        door.request("GET", "/")
        assert clients.take_noted() == set()


def test_what_is_noted_is_bounded_and_far_peers_are_not() -> None:
    clients = ClientAddresses(TrustedProxies(), lambda: 0)
    far = {"client": ("8.8.8.8", 1), "headers": [(XFF, b"1.2.3.4")]}
    assert (clients.enter(far), clients.take_noted()) == ("8.8.8.8", set())
    for number in range(NOTED_LIMIT * 2):
        clients.enter({"client": (f"10.0.0.{number}", 1), "headers": [(XFF, b"1.2.3.4")]})
    assert len(clients._noted) == NOTED_LIMIT


def test_who_asks_again_is_judged_alike_however_much_is_kept() -> None:
    proxies = TrustedProxies.parse(TRUSTED)
    long = b"198.51.100.1, " * KEPT_LENGTH + b"203.0.113.9"
    for _ in range(2):
        for number in range(KEPT + 1):
            address = f"198.51.{number >> 8}.{number & 255}"
            given = [(b"accept", b"*/*"), (XFF, address.encode())]
            assert proxies.judge(PROXY, given) == ClientAddress(address, is_ignored=False)
            assert proxies.judge(address, given) == ClientAddress(address, is_ignored=True)
            assert proxies.judge(address, []) == ClientAddress(address, is_ignored=False)
        assert proxies.judge(PROXY, [(XFF, long)]).address == "203.0.113.9"
    assert proxies._judge_again.cache_info().currsize == KEPT


@pytest.mark.parametrize("client", [None, ("", 0), ("unix", 0)])
def test_a_request_without_an_address_comes_from_a_socket(client: Any) -> None:
    clients = ClientAddresses(TrustedProxies())
    scope = {"client": client, "headers": []}
    assert (clients.enter(scope), address_of(scope)) == ("unix", "unix")
