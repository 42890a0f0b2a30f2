"""Numbers, and which of them an Australian organization may call that also calls France, the
United States and Great Britain."""

import pytest

from turnout.core.messaging.fence import Fence, UnreadablePrefixError, Whom
from turnout.core.messaging.model import Channel
from turnout.core.messaging.numbers import to_address

WHOM = Whom("AU", frozenset({"AU", "FR", "US", "GB"}), frozenset({"6433456789"}))
SHORT, PREMIUM, SHARED = "emergency or short", "premium-rate", "shared-cost"
WORLD, UNKNOWN, PERSONAL = "satellite or another network", "no numbering plan", "personal number"
SATELLITE, COSTLY = "of a satellite network", "callers pay more"
PAGER, ACCESS, ABROAD = "a pager", "access number", "may not call there"

NUMBERS = {
    # what may be called
    "0412 345 678": "",
    "+61 2 9876 5432": "",
    "(03) 9123 4567": "",
    "+61 8 9164 1234": "",  # Christmas Island
    "+61 8 9162 1234": "",  # Cocos Islands
    "+44 1534 456789": "",  # Jersey
    "+44 7624 123456": "",  # Isle of Man
    "1800 123 456": "",
    "+33 6 77 68 02 75": "",
    "+33 1 42 68 53 00": "",
    "+33 805 123456": "",
    "+33 9 72 12 34 56": "",
    "+1 212 555 0100": "",
    "+1 800 234 5678": "",
    "+44 20 7946 0123": "",
    "+44 7400 123456": "",
    "+44 800 123 4567": "",
    "+44 56 1234 5678": "",
    # emergency and short numbers
    "000": SHORT,
    "112": SHORT,
    "106": SHORT,
    "911": SHORT,
    "110": SHORT,
    "1194": SHORT,
    "12345": SHORT,
    "4001": SHORT,
    "116117": SHORT,
    "+61 000": SHORT,
    "+61 112": SHORT,
    "+44 999": SHORT,
    "+1 911": SHORT,
    "+49 110": SHORT,
    # premium and shared-cost numbers
    "1900 123 456": PREMIUM,
    "+61 1902 123 456": PREMIUM,
    "+33 892 123456": PREMIUM,
    "+1 900 234 5678": PREMIUM,
    "+44 909 8790879": PREMIUM,
    "+49 900 1234567": PREMIUM,
    "+41 900 123456": PREMIUM,
    "+43 930 123456": PREMIUM,
    "+979 123 456 789": PREMIUM,
    "13 11 14": SHARED,
    "1300 975 707": SHARED,
    "+49 180 1234567": SHARED,
    "+33 820 123456": SHARED,
    "+808 1234 5678": SHARED,
    # satellites and networks of the world
    "+870 773 111 632": WORLD,
    "+881 612 345 678": WORLD,
    "+882 13 123456": WORLD,
    "+883 5100 1234 5678": WORLD,
    "+888 123 456 789 01": ACCESS,
    "+878 10 1234567890": WORLD,
    "+800 1234 5678": WORLD,
    # satellites among the numbers of countries
    "+61 147 123 456": SATELLITE,
    "0147 101 234": SATELLITE,
    "+61 145 102 345": SATELLITE,
    "+61 141 234 567": SATELLITE,
    "+672 1 06123": SATELLITE,
    "+86 1349 1234567": SATELLITE,
    "+86 1740 1234567": SATELLITE,
    "+62 868 123456": SATELLITE,
    "+7 954 123 45 67": SATELLITE,
    "+33 6 40 00 12 34": SATELLITE,
    "+33 7 50 76 12 34": SATELLITE,
    "+39 310 1234567": SATELLITE,
    "+39 319 1234567": SATELLITE,
    "+1 600 234 5678": COSTLY,
    "+33 6 40 10 12 34": "",
    "+33 7 50 78 12 34": "",
    # numbers of persons, pagers, companies
    "+44 70 1234 5678": PERSONAL,
    "+49 700 12345678": PERSONAL,
    "+44 76 4012 3456": PAGER,
    "+44 55 1234 5678": ACCESS,
    # what no plan knows
    "61987654321": UNKNOWN,
    "+123456789": UNKNOWN,
    "6987654321": UNKNOWN,
    # other countries
    "+1 876 555 1234": ABROAD,
    "+371 21 234 567": ABROAD,
    "+53 5 1234567": ABROAD,
}


def read(number: str) -> str:
    return to_address(Channel.TTS, number, WHOM.home)


def test_what_is_dialled_of_these_numbers() -> None:
    said = {number: Fence().find_fault(read(number), WHOM) for number in NUMBERS}
    wrong = {
        number: said[number]
        for number, fault in NUMBERS.items()
        if fault not in said[number] or bool(fault) != bool(said[number])
    }
    assert (len(NUMBERS), wrong) == (79, {})


def test_a_listed_prefix_is_dialled_but_for_short_numbers() -> None:
    fence = Fence("+870 611900 00 1 49900")
    assert fence.find_fault("870773111632", WHOM) == ""
    assert fence.find_fault("611900123456", WHOM) == ""
    assert fence.find_fault("000", WHOM) == "000 is an emergency or short number"
    assert ABROAD in fence.find_fault("499001234567", WHOM)
    assert PREMIUM in Fence().find_fault("611900123456", WHOM)


def test_agents_are_reached_abroad_by_redirects_alone() -> None:
    fence = Fence()
    agent = "6433456789"
    assert fence.find_fault(agent, WHOM, is_redirect=True) == ""
    assert ABROAD in fence.find_fault(agent, WHOM)
    premium = WHOM._replace(agents=frozenset({"499001234567"}))
    assert PREMIUM in fence.find_fault("499001234567", premium, is_redirect=True)
    satellite = WHOM._replace(agents=frozenset({"61147123456"}))
    assert SATELLITE in fence.find_fault("61147123456", satellite, is_redirect=True)
    assert Fence("61147").find_fault("61147123456", WHOM._replace(is_anywhere=True)) == ""


def test_nothing_is_called_where_no_country_is_known() -> None:
    assert ABROAD in Fence().find_fault("61412345678", Whom("", frozenset()))
    assert Fence().find_fault("61412345678", Whom("", frozenset(), is_anywhere=True)) == ""


@pytest.mark.parametrize("text", ["61 x", "+", "١٢", "44-20"])
def test_a_prefix_is_digits(text: str) -> None:
    with pytest.raises(UnreadablePrefixError):
        Fence(text)
