"""Money as people write it, in currencies with 0, 2, 3 and 4 decimals."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout.errors import Invalid
from turnout.formats.money import (
    DECIMALS,
    LARGEST_MINOR,
    read_currency,
    read_money,
    say_amount,
    say_money,
)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("10.50", "EUR", 1050),
        ("10,50", "eur", 1050),
        ("10.5", "EUR", 1050),
        ("10", "EUR", 1000),
        ("0", "EUR", 0),
        (" 10.50 € ", "EUR", 1050),
        ("€10.50", "EUR", 1050),
        ("EUR 10,50", "EUR", 1050),
        ("10.50 EUR", "EUR", 1050),
        ("1.234,50", "EUR", 123_450),
        ("1,234.50", "USD", 123_450),
        ("$1,234,567.89", "USD", 123_456_789),
        ("1'234.50", "CHF", 123_450),
        ("1\u2019234.50", "CHF", 123_450),
        ("1 234,50", "EUR", 123_450),
        ("1\u202f234,50", "EUR", 123_450),
        ("1\xa0234,5", "EUR", 123_450),
        ("1,234,567", "EUR", 123_456_700),
        ("1234.500", "EUR", 123_450),
        ("0.500", "EUR", 50),
        ("10.0000", "EUR", 1000),
        ("1050", "JPY", 1050),
        ("1,050", "JPY", 1050),
        ("1.050", "CLP", 1050),
        ("10.00", "JPY", 10),
        ("¥1,000,000", "JPY", 1_000_000),
        ("10.5", "KWD", 10_500),
        ("10.500", "KWD", 10_500),
        ("10,50", "KWD", 10_500),
        ("1,234.567", "KWD", 1_234_567),
        ("2", "CLF", 20_000),
        ("2.0001", "CLF", 20_001),
        ("10000000000", "EUR", LARGEST_MINOR),
    ],
)
def test_amounts_are_read_in_every_spelling(text: str, currency: str, minor: int) -> None:
    assert read_money(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency", "said"),
    [
        ("10.50", "JPY", "'10.50' has more decimals than JPY, which has 0."),
        ("10.505", "EUR", "'10.505' can be read in two ways: write 10505 or 10.50."),
        ("1,234", "EUR", "'1,234' can be read in two ways: write 1234 or 1.23."),
        ("1,234", "KWD", "'1,234' can be read in two ways: write 1234 or 1.234."),
        ("10.5051", "EUR", "'10.5051' has more decimals than EUR, which has 2."),
        ("10.50 USD", "EUR", "'10.50 USD' is in another currency than EUR."),
        ("10 €", "USD", "'10 €' is not an amount: write it as 10.50."),
        ("-1", "EUR", "'-1' is not an amount: write it as 10.50."),
        ("ten", "KWD", "'ten' is not an amount: write it as 10.500."),
        ("", "JPY", "'' is not an amount: write it as 10."),
        ("1.2.3", "EUR", "'1.2.3' is not an amount: write it as 10.50."),
        ("1,23.4,5", "EUR", "'1,23.4,5' is not an amount: write it as 10.50."),
        (".50", "EUR", "'.50' is not an amount: write it as 10.50."),
        ("\u0661\u0660", "EUR", "'\u0661\u0660' is not an amount: write it as 10.50."),
        ("1e5", "EUR", "'1e5' is not an amount: write it as 10.50."),
        (
            "10000000001",
            "EUR",
            "'10000000001' is too much: an amount is at most 10000000000.00 EUR.",
        ),
        ("10", "XYZ", "'XYZ' is not the code of a currency (ISO 4217), such as EUR or USD."),
        ("10", "", "'' is not the code of a currency (ISO 4217), such as EUR or USD."),
    ],
)
def test_what_is_no_certain_amount_is_refused(text: str, currency: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_money(text, currency)
    assert refused.value.message == said


def test_amounts_are_shown_with_the_decimals_of_their_currency() -> None:
    shown = [say_money(1050, code) for code in ("EUR", "JPY", "KWD", "CLF")]
    assert shown == ["10.50 EUR", "1050 JPY", "1.050 KWD", "0.1050 CLF"]
    assert (say_amount(-5, "EUR"), say_amount(5, "kwd"), say_amount(150, "???")) == (
        "-0.05",
        "0.005",
        "1.50",
    )


def test_every_currency_has_its_code_of_three_letters() -> None:
    assert len(DECIMALS) == 160
    assert all(len(code) == 3 and read_currency(f" {code.lower()} ") == code for code in DECIMALS)


@given(st.integers(0, LARGEST_MINOR), st.sampled_from(sorted(DECIMALS)))
def test_what_is_shown_is_read_again(minor: int, currency: str) -> None:
    assert read_money(say_money(minor, currency), currency) == minor


@given(st.text(alphabet="0123456789., €'EUR", max_size=60), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_any_text_is_an_amount_or_refused(text: str, currency: str) -> None:
    with suppress(Invalid):
        assert 0 <= read_money(text, currency) <= LARGEST_MINOR
