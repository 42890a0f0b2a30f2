"""Look-ups of names that users give: never longer than they may be, and in nobody's way."""

import asyncio
import os
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import uvloop

from tests.support.name_server import Book, name_server
from turnout.http.names import LOOK_UP_S, NameFailed, Names, UnknownName

NO_HOSTS = Path("/nonexistent/hosts")


def book(**names: list[str] | None) -> Book:
    return lambda name: names.get(name.replace(".", "_"), [])


def look_up(name: str, answers: Book, *, limit_s: float = LOOK_UP_S) -> Any:
    """What is found, or the error."""

    async def scenario() -> Any:
        async with name_server(answers) as server:
            try:
                return await Names([server], hosts=NO_HOSTS, limit_s=limit_s).look_up(name)
            except NameFailed as error:
                return error

    return uvloop.run(scenario())


@pytest.mark.parametrize(
    ("name", "addresses"),
    [
        ("both.test", ["192.0.2.1", "2001:db8::1"]),
        ("BOTH.test.", ["192.0.2.1", "2001:db8::1"]),
        ("six.test", ["2001:db8::2"]),
    ],
)
def test_a_name_has_its_addresses_the_older_family_first(name, addresses):
    answers = book(
        both_test=["2001:db8::1", "192.0.2.1"],
        six_test=["2001:db8::2"],
    )
    assert look_up(name, answers) == addresses


def test_a_name_with_many_addresses_is_cut():
    assert len(look_up("many.test", book(many_test=[f"192.0.2.{n}" for n in range(30)]))) == 8


def addresses(count: int) -> list[str]:
    return [f"10.0.{number // 256}.{number % 256}" for number in range(count)]


def test_an_answer_that_needs_a_connection_is_read():
    found = look_up("long.test", book(long_test=addresses(200)))
    assert len(found) == 8
    assert set(found) < set(addresses(200))


def test_an_answer_that_would_take_long_to_read_is_not():
    """4,000 addresses are half a second of the event loop."""
    error = look_up("huge.test", book(huge_test=addresses(4000)))
    assert (type(error), str(error)) == (NameFailed, "no name server answered for huge.test")


@pytest.mark.parametrize(
    "name", ["none.test", "a..b", "x" * 64 + ".test", "a\x00b", "127.1", "0x7f.1", ""]
)
def test_a_name_that_is_none_has_no_address(name):
    error = look_up(name, book())
    assert isinstance(error, NameFailed)


def test_that_there_is_no_such_name_is_told_from_silence():
    assert type(look_up("none.test", book())) is UnknownName
    started = time.perf_counter()
    error = look_up("silent.test", book(silent_test=None), limit_s=0.2)
    assert (type(error), str(error)) == (NameFailed, "no name server answered for silent.test")
    assert time.perf_counter() - started < LOOK_UP_S


def test_names_of_the_hosts_file_are_known_and_a_change_of_it_is_seen(tmp_path):
    hosts = tmp_path / "hosts"
    hosts.write_text("# x\n10.0.0.1 Inner inner.test # ours\n::9 inner.test\nnonsense inner.test\n")

    async def scenario() -> Any:
        async with name_server(book()) as server:
            names = Names([server], hosts=hosts)
            first = await names.look_up("inner.test"), await names.look_up("inner")
            hosts.write_text("10.0.0.2 inner.test\n")
            os.utime(hosts, ns=(1, 1))
            return *first, await names.look_up("inner.test")

    assert uvloop.run(scenario()) == (["10.0.0.1", "::9"], ["10.0.0.1"], ["10.0.0.2"])


def test_many_silent_names_hold_no_look_up_of_others_up_nor_of_the_system():
    silent = book(good_test=["192.0.2.1"])

    def answers(name: str) -> list[str] | None:
        return None if name.startswith("silent") else silent(name)

    async def look_ups() -> tuple[list[str], bool, float]:
        async with name_server(answers) as server:
            names = Names([server], hosts=NO_HOSTS)
            silents = [asyncio.ensure_future(names.look_up(f"silent{n}.test")) for n in range(64)]
            await asyncio.sleep(0)
            started = time.perf_counter()
            found = await names.look_up("good.test")
            system = await asyncio.get_running_loop().getaddrinfo("localhost", 25)
            took_s = time.perf_counter() - started
            for silent in silents:
                silent.cancel()
            await asyncio.gather(*silents, return_exceptions=True)
            return found, bool(system), took_s

    found, is_system_alive, took_s = uvloop.run(look_ups())
    assert (found, is_system_alive) == (["192.0.2.1"], True)
    assert took_s < LOOK_UP_S / 2


@pytest.mark.parametrize("turns", range(12))
def test_a_look_up_that_is_given_up_leaves_no_socket_behind(turns):
    """uvloop keeps a datagram socket whose opening was cancelled; an event loop with one never
    ended its closing where warnings are errors."""

    async def scenario() -> tuple[list[str], list[str]]:
        async with name_server(book(silent_test=None)) as server:
            names = Names([server], hosts=NO_HOSTS)
            with pytest.raises(NameFailed):  # all is loaded
                await names.look_up("none.test")
            before = list_sockets()
            looking = asyncio.ensure_future(names.look_up("silent.test"))
            for _ in range(turns):
                await asyncio.sleep(0)
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            for _ in range(10):  # what is closed is gone in a later turn
                await asyncio.sleep(0)
            return before, list_sockets()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        before, after = uvloop.run(scenario())
    assert after == before


def list_sockets() -> list[str]:
    """The sockets of this process."""
    found = []
    for path in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.append(os.readlink(path))
    return sorted(name for name in found if name.startswith("socket:"))
