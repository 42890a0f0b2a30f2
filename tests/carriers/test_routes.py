"""Which accounts a message may go by, and in which order."""

from collections import Counter

import pytest

from turnout.carriers.routes import Routes, UnreadableRouteError

ACCOUNTS = ["smpp", "smpp_uk", "smpp_backup", "http_sms"]


def test_without_an_entry_the_accounts_follow_each_other():
    routes = Routes("", ACCOUNTS, ["smpp", "smpp_backup"])
    assert routes.choose("61412345678", 1) == ("smpp", "smpp_backup")
    assert routes.list_accounts() == ["smpp", "smpp_backup"]


def test_the_longest_prefix_counts():
    routes = Routes("44=smpp_uk +4479=http_sms *=smpp>smpp_backup", ACCOUNTS, ["smpp"])
    assert routes.choose("447912345678", 1) == ("http_sms",)
    assert routes.choose("442012345678", 1) == ("smpp_uk",)
    assert routes.choose("4", 1) == ("smpp", "smpp_backup")
    assert routes.choose("", 1) == ("smpp", "smpp_backup")


def test_weights_share_messages_and_the_others_follow():
    routes = Routes("*=smpp:3,smpp_uk:1>http_sms", ACCOUNTS, ["smpp"])
    orders = Counter(routes.choose("61412345678", number) for number in range(4_000))
    assert set(orders) == {
        ("smpp", "smpp_uk", "http_sms"),
        ("smpp_uk", "smpp", "http_sms"),
    }
    assert 2_980 <= orders["smpp", "smpp_uk", "http_sms"] <= 3_020
    again = routes.choose("61412345678", 7)
    assert {routes.choose("61499999999", 7) for _ in range(10)} == {again}


@pytest.mark.parametrize(
    "entry",
    [
        "smpp",
        "44",
        "44=",
        "44=other",
        "44=smpp:0",
        "44=smpp:1001",
        "44=smpp:x",
        "44=smpp,,smpp_uk",
        "44=smpp>",
        "44=smpp>smpp",
        "4a=smpp",
        "**=smpp",
        "44==smpp",
        "1234567890123456=smpp",
        "44=SMPP",
    ],
)
def test_an_entry_that_cannot_be_read_is_named(entry: str):
    with pytest.raises(UnreadableRouteError) as refusal:
        Routes(f"61=smpp {entry}", ACCOUNTS, ["smpp"])
    assert refusal.value.entry == entry


def test_routes_are_described_for_people():
    routes = Routes("44=smpp_uk:3,smpp>http_sms", ACCOUNTS, ["smpp"])
    assert list(routes.describe()) == ["* → smpp", "44 → smpp_uk (3) and smpp (1) then http_sms"]
