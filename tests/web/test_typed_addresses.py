"""Addresses that were probably mistyped."""

import pytest

from turnout.web.typed_addresses import guess_address


@pytest.mark.parametrize(
    "domain",
    ["gmial.com", "gmai.com", "gmaill.com", "gmail.con", "gmail.co", "Gnail.com", "gmial.con"],
)
def test_a_slip_is_asked_about(domain: str) -> None:
    assert guess_address(f"ann.lee@{domain}") == "ann.lee@gmail.com"


@pytest.mark.parametrize(
    "email",
    [
        *("ann@gmail.com", "ann@gmx.at", "ann@web.de", "ann@weg.de", "ann@example.com", "x", ""),
        *("ann@mail.com", "ann@me.com", "@gmial.com", "ann@yahoo.fr", "ann@hotmail.fr"),
    ],
)
def test_what_may_be_meant_is_taken(email: str) -> None:
    assert guess_address(email) == ""
