"""Personal links: who makes one up, or reads it as another kind, gets nowhere."""

import re

import pytest

from turnout.core.identity.personal_links import ID, PersonalLinks
from turnout.errors import Missing

KEY, FORMER = "a" * 64, "b" * 64
GUESTS = PersonalLinks("guest", "/guest/")
PAIRS = PersonalLinks("pair", "/pair/", f"{ID}-{ID}", between=":")
OTHERS = PersonalLinks("other", "/other/")


def test_a_link_is_read_as_it_was_made() -> None:
    assert (
        GUESTS.url("https://x.example", KEY, 7) == f"https://x.example/guest/{GUESTS.token(KEY, 7)}"
    )
    assert GUESTS.read([KEY], GUESTS.token(KEY, 7)) == ("7",)
    assert PAIRS.read([KEY, FORMER], PAIRS.token(FORMER, 3, 14)) == ("3", "14")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "7",
        "7-" + "0" * 32,
        GUESTS.token(FORMER, 7),
        OTHERS.token(KEY, 7),
        GUESTS.token(KEY, 7).replace("7-", "8-", 1),
        GUESTS.token(KEY, 7) + "0",
        GUESTS.token(KEY, 7).upper() + "\u0660",
        PAIRS.token(KEY, 7, 8),
    ],
)
def test_any_other_link_leads_nowhere(token: str) -> None:
    with pytest.raises(Missing) as failure:
        GUESTS.read([KEY], token)
    assert failure.value.code == "link.missing"


def test_no_link_reads_like_the_address_of_a_wallet() -> None:
    """SpamAssassin counts those (PDS_BTC_ID)."""
    wallet = re.compile(r"\b[13][a-km-zA-HJ-NP-Z1-9]{25,34}\b")
    tokens = [GUESTS.token(KEY, number) for number in range(1000)]
    assert [token for token in tokens if wallet.search(token)] == []
    assert all(GUESTS.read([KEY], token) for token in tokens)
    longer = [token for token in tokens if len(token.rpartition("-")[2]) == 40]
    assert 3 < len(longer) < 60
    # One that was mailed before is still good.
    assert GUESTS.read([KEY], longer[0][:-8])


def test_the_order_of_facts_is_signed() -> None:
    signature = PAIRS.token(KEY, 1, 23).rpartition("-")[2]
    with pytest.raises(Missing):
        PAIRS.read([KEY], f"12-3-{signature}")
