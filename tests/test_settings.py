"""Settings: where they come from, which wins, and what is refused."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from turnout.carriers import networks
from turnout.settings import (
    Settings,
    SettingsError,
    describe,
    hide_password,
    load,
    split_ports,
)


def test_nothing_set_means_the_defaults():
    assert load({"PATH": "/bin", "HOME": "/root"}) == Settings()


def test_the_environment_is_read_and_trimmed():
    settings = load(
        {
            "TURNOUT_DATABASE_URL": " postgresql://u@h/n ",
            "TURNOUT_PORT": "9000",
            "TURNOUT_WORK_IN_PROCESS": "false",
            "TURNOUT_LOG_FORMAT": "text",
        }
    )
    assert settings == Settings(
        database_url="postgresql://u@h/n", port=9000, work_in_process=False, log_format="text"
    )


@pytest.mark.parametrize(("text", "value"), [("1", True), ("true", True), ("0", False)])
def test_a_switch_may_be_written_as_a_number(text: str, value: bool):
    assert load({"TURNOUT_ACCESS_LOG": text}).access_log is value


WRONG: dict[Any, tuple[str, ...]] = {
    msgspec.inspect.BoolType: ("perhaps", "", "2"),
    msgspec.inspect.IntType: ("abc", "", "1.5", "-1", "true"),
    msgspec.inspect.LiteralType: ("nowhere", "", "Simulator"),
}
MAY_BE = (
    r"true or false|a whole number (from \d+ to \d+|of \d+ or more)"
    r"|([a-z_]+, )*([a-z_]+ or )?[a-z_]+"
)


def list_wrong_values() -> list[tuple[str, str]]:
    """Every setting that is a switch, a number or a choice, with each wrong value of its kind."""
    info = msgspec.inspect.type_info(Settings)
    assert isinstance(info, msgspec.inspect.StructType)
    return [
        (f"TURNOUT_{field.name.upper()}", value)
        for field in info.fields
        for value in WRONG.get(type(getattr(field.type, "type", field.type)), ())
    ]


@pytest.mark.parametrize(("name", "value"), list_wrong_values())
def test_a_wrong_value_is_refused_in_plain_words(name: str, value: str):
    with pytest.raises(SettingsError) as refusal:
        load({name: value})
    given = repr(value) if value else "nothing"
    said = re.fullmatch(rf"{name}: give ({MAY_BE}), not {re.escape(given)}", str(refusal.value))
    assert said, refusal.value


def test_the_words_name_the_variable_what_it_may_be_and_what_was_given():
    with pytest.raises(SettingsError) as refusal:
        load({"TURNOUT_DATABASE_LOCK_SECONDS": "0"})
    assert str(refusal.value) == (
        "TURNOUT_DATABASE_LOCK_SECONDS: give a whole number from 1 to 60, not '0'"
    )


@pytest.mark.parametrize("numbers", ["+61-x", "61 491", "61491570006,me", "٦١٤٩١٥", "+", "6" * 16])
def test_numbers_that_are_not_in_digits_are_refused(numbers):
    with pytest.raises(SettingsError, match=r"^TURNOUT_REPLY_NUMBERS: .* in digits"):
        load({"TURNOUT_REPLY_NUMBERS": numbers})


@pytest.mark.parametrize("numbers", ["61491570006", "+61491570006, 61491570156,"])
def test_numbers_in_digits_are_taken(numbers):
    assert load({"TURNOUT_REPLY_NUMBERS": numbers}).reply_numbers == numbers


@pytest.mark.parametrize("prices", ["sms=abc", "sms", "pigeon=1", "sms=-1", "sms=inf", "sms=nan"])
def test_prices_that_are_none_are_refused(prices):
    with pytest.raises(SettingsError, match=f"^TURNOUT_PRICES: '{prices}' is not"):
        networks.load({"TURNOUT_PRICES": prices})


def test_a_number_of_a_carrier_is_refused_in_plain_words():
    given = {"TURNOUT_CARRIER_EMAIL": "smtp", "TURNOUT_SMTP_HOST": "h", "TURNOUT_SMTP_PORT": "abc"}
    with pytest.raises(SettingsError) as refusal:
        networks.load(given)
    assert str(refusal.value) == "TURNOUT_SMTP_PORT: give a whole number from 1 to 65535, not 'abc'"


def write(folder: Path, text: str | bytes) -> dict[str, str]:
    file = folder / "turnout.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return {"TURNOUT_CONFIG": str(file)}


def test_overrides_win_over_the_environment_and_that_over_the_file(tmp_path):
    environ = write(tmp_path, 'host = "file"\nport = 1\nlog_level = "debug"\n')
    environ |= {"TURNOUT_PORT": "2", "TURNOUT_HOST": "environment"}
    settings = load(environ, host="override", port=None)
    assert (settings.host, settings.port, settings.log_level) == ("override", 2, "debug")


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        (
            {"TURNOUT_DATABSE_URL": "x"},
            ["TURNOUT_DATABSE_URL in the environment", "not a known setting"],
        ),
        ({"TURNOUT_PORT": "eighty"}, ["TURNOUT_PORT: ", "whole number"]),
        ({"TURNOUT_PORT": ""}, ["TURNOUT_PORT: ", "whole number"]),
        ({"TURNOUT_PORT": "65536"}, ["TURNOUT_PORT: ", "65535"]),
        ({"TURNOUT_WRITE_QUEUE": "1"}, ["TURNOUT_WRITE_QUEUE: ", "16"]),
        ({"TURNOUT_ACCESS_LOG": "perhaps"}, ["TURNOUT_ACCESS_LOG: ", "true or false"]),
        ({"TURNOUT_LOG_LEVEL": "loud"}, ["TURNOUT_LOG_LEVEL: ", "loud"]),
        ({"TURNOUT_OUTBOUND_ALLOW": "10.0.0.0/8, home"}, ["TURNOUT_OUTBOUND_ALLOW: ", "home"]),
        ({"TURNOUT_TRUSTED_PROXIES": "unix, next door"}, ["TURNOUT_TRUSTED_PROXIES", "next door"]),
        ({"TURNOUT_CONFIG": "/nowhere/turnout.toml"}, ["TURNOUT_CONFIG", "/nowhere/turnout.toml"]),
    ],
)
def test_what_is_unknown_or_unreadable_is_refused_by_name(environ, words):
    with pytest.raises(SettingsError) as refusal:
        load(environ)
    for word in words:
        assert word in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("prot = 1", ["TURNOUT_PROT in ", "turnout.toml"]),
        ("port = '1", ["turnout.toml is not valid TOML"]),
        (b"host = '\xff'", ["turnout.toml is not valid TOML"]),
        ("[server]\nport = 1", ["TURNOUT_SERVER in ", "turnout.toml"]),
        ("port = [1]", ["TURNOUT_PORT in ", "turnout.toml: "]),
    ],
)
def test_a_bad_file_is_refused_by_name(tmp_path, text, words):
    environ = write(tmp_path, text)
    with pytest.raises(SettingsError) as refusal:
        load(environ)
    for word in words:
        assert word in str(refusal.value)


def test_networks_are_read_as_a_list():
    networks = "127.0.0.1/32, fd00::/8,"
    assert load({"TURNOUT_OUTBOUND_ALLOW": networks}).outbound_allow == networks


@pytest.mark.parametrize(
    ("ports", "ranges"),
    [("80", ((80, 80),)), (" 443 , 1024-65535,", ((443, 443), (1024, 65535)))],
)
def test_ports_are_read_as_ranges(ports, ranges):
    assert split_ports(load({"TURNOUT_OUTBOUND_PORTS": ports}).outbound_ports) == ranges


@pytest.mark.parametrize("ports", ["", "http", "0", "80-", "-80", "90-80", "65536", "1-2-3", "+80"])
def test_ports_that_are_none_are_refused(ports):
    with pytest.raises(SettingsError, match="TURNOUT_OUTBOUND_PORTS"):
        load({"TURNOUT_OUTBOUND_PORTS": ports})


@pytest.mark.parametrize(
    "url",
    ["events.example.com", "ftp://x", "https://", "https:///x", "https://u:p@x", "https://x?a",
     "https://x:99999", "https://x#a", "https://[x"],
)  # fmt: skip
def test_an_address_for_links_that_is_none_is_refused(url):
    with pytest.raises(SettingsError, match="TURNOUT_BASE_URL"):
        load({"TURNOUT_BASE_URL": url})


@pytest.mark.parametrize(
    "resolver", ["nowhere.example", "9.9.9.9:dns", "9.9.9.9:0", "[::1]:65536", "[::1", "1.2.3"]
)
def test_a_name_server_that_is_none_is_refused_at_once(resolver: str):
    with pytest.raises(SettingsError) as refusal:
        networks.load({"TURNOUT_SENDER_RESOLVER": resolver})
    assert str(refusal.value) == (
        f"TURNOUT_SENDER_RESOLVER: {resolver!r} is not the address of a name server, such as "
        "9.9.9.9 or [::1]:5353"
    )


@pytest.mark.parametrize("resolver", ["", "9.9.9.9", "9.9.9.9:53", "::1", "[::1]", "[::1]:5353"])
def test_a_name_server_is_an_address_with_or_without_a_port(resolver: str):
    networks.load({"TURNOUT_SENDER_RESOLVER": resolver})


def test_describe_lists_every_setting_with_value_default_and_meaning():
    rows = describe(Settings(port=9000, access_log=False, database_url="postgresql://u:p@h/n"))
    assert [row[0] for row in rows] == [
        f"TURNOUT_{name.upper()}" for name in Settings.__struct_fields__ if name != "carriers"
    ]
    by_name = {row[0]: row[1:] for row in rows}
    assert by_name["TURNOUT_PORT"] == ("9000", "8080", "port the server listens on")
    assert by_name["TURNOUT_ACCESS_LOG"] == ("false", "true", "log a line for every request")
    assert by_name["TURNOUT_DATABASE_URL"][:2] == (
        "postgresql://u:***@h/n",
        "sqlite:///turnout.db",
    )
    assert all(meaning for *_, meaning in rows)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:///turnout.db", "sqlite:///turnout.db"),
        ("postgresql://h/n", "postgresql://h/n"),
        ("postgresql://u:p@h/n", "postgresql://u:***@h/n"),
        ("postgresql://u:p@ss:word@h:5432/n", "postgresql://u:***@h:5432/n"),
        ("postgresql://h/n?user=u&password=p&sslmode=require", None),
        ("postgresql:///n?password=p", "postgresql:///n?password=***"),
    ],
)
def test_passwords_are_hidden(url, shown):
    expected = shown or "postgresql://h/n?user=u&password=***&sslmode=require"
    assert hide_password(url) == expected


@pytest.mark.parametrize(
    ("values", "url"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"host": "0.0.0.0", "port": 80}, "http://127.0.0.1:80"),
        ({"host": "::1"}, "http://[::1]:8080"),
        ({"base_url": "https://events.example/"}, "https://events.example"),
    ],
)
def test_links_lead_to_the_base_url_or_to_where_the_server_listens(values, url):
    assert Settings(**values).public_url == url


def test_a_wrong_value_names_the_file_that_it_stands_in(tmp_path: Path) -> None:
    config = tmp_path / "turnout.toml"
    config.write_text("port = 0\n")
    with pytest.raises(SettingsError, match=r"^TURNOUT_PORT in ") as raised:
        load({"TURNOUT_CONFIG": str(config)})
    assert str(config) in str(raised.value)
    with pytest.raises(SettingsError, match=r"^TURNOUT_PORT: "):
        load({"TURNOUT_CONFIG": str(config), "TURNOUT_PORT": "0"})


def test_a_base_url_has_no_path():
    for good in ("https://e.example.com", "https://e.example.com/", "http://e.example.com:8080"):
        assert load({"TURNOUT_BASE_URL": good}).public_url == good.rstrip("/")
    with pytest.raises(SettingsError) as refusal:
        load({"TURNOUT_BASE_URL": "https://example.com/turnout/"})
    assert str(refusal.value) == (
        "TURNOUT_BASE_URL: https://example.com/turnout/ has a path, and Turnout's paths begin at "
        "the root. Give it a host or port of its own, as in https://events.example.com"
    )
