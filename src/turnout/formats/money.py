"""Money as people write it: `10.50` is ten and a half of a currency, whatever decimals that has.

Amounts are integers of the currency's minor unit (ISO 4217): cents of the euro, yen, fils of the
dinar. Nothing is ever rounded, and what could be read in two ways is refused.
"""

import re

from turnout.errors import Invalid

LARGEST_MINOR = 10**12
"""No price is higher; both databases and every client can count it."""

# ISO 4217, list one, without funds, metals and testing codes; by decimals.
_CODES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN "
    "BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP "
    "GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL "
    "MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK "
    "PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB "
    "TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
DECIMALS = {code: decimals for decimals, codes in _CODES.items() for code in codes.split()}
"""How many decimals each currency has."""

_UNKNOWN_DECIMALS = 2
# What stands beside amounts, and how thousands are grouped apart from points and commas.
_SYMBOLS = {
    "€": "EUR",
    "£": "GBP",
    "$": "",
    "¥": "",
    "₩": "KRW",
    "₹": "INR",
    "₺": "TRY",
    "₫": "VND",
}
_GROUPING = str.maketrans("", "", " \xa0\u202f\u2009'\u2019_")
_AMOUNT = re.compile(r"\d+(?:[.,]\d+)*", re.ASCII)
LONGEST = 40


def read_currency(text: str) -> str:
    """The code of a currency in any letter case. Raises Invalid for an unknown one."""
    code = text.strip().upper()
    if code not in DECIMALS:
        raise Invalid("money.currency", currency=text)
    return code


def read_money(text: str, currency: str) -> int:
    """An amount such as `10`, `10.50`, `1.234,50` or `EUR 10,50`, in minor units of `currency`.

    Raises Invalid for an unknown currency, for what is no amount, has more decimals than the
    currency or another currency beside it, and for what can be read in two ways: `1.234 EUR`."""
    code = read_currency(currency)
    amount = _without_currency(text, code)
    if not _AMOUNT.fullmatch(amount):
        raise _no_amount(text, code)
    whole, decimals = _split(amount, code, text)
    if len(decimals.rstrip("0")) > DECIMALS[code]:
        raise Invalid("money.decimals", text=text, currency=code, decimals=DECIMALS[code])
    minor = int(whole + decimals[: DECIMALS[code]].ljust(DECIMALS[code], "0"))
    if minor > LARGEST_MINOR:
        raise Invalid("money.large", text=text, limit=say_money(LARGEST_MINOR, code))
    return minor


def say_amount(minor: int, currency: str) -> str:
    """Minor units as an amount with the currency's decimals: `10.50`, `1050`, `10.500`."""
    decimals = DECIMALS.get(currency.upper(), _UNKNOWN_DECIMALS)
    if not decimals:
        return str(minor)
    sign = "-" if minor < 0 else ""
    whole, rest = divmod(abs(minor), 10**decimals)
    return f"{sign}{whole}.{rest:0{decimals}}"


def say_money(minor: int, currency: str) -> str:
    """The same with the currency's code behind it: `10.50 EUR`."""
    return f"{say_amount(minor, currency)} {currency}"


def _no_amount(text: str, code: str) -> Invalid:
    unit = 10 ** DECIMALS[code]
    return Invalid("money.amount", text=text, example=say_amount(10 * unit + unit // 2, code))


def _without_currency(text: str, code: str) -> str:
    """The amount alone. Raises Invalid when another currency stands beside it."""
    amount = text[:LONGEST].translate(_GROUPING) if len(text) <= LONGEST else ""
    for symbol, of in _SYMBOLS.items():
        if symbol in amount and of in ("", code):
            amount = amount.replace(symbol, "", 1)
    found = re.fullmatch(r"([A-Za-z]{3})?([^A-Za-z]*)([A-Za-z]{3})?", amount)
    if not found:
        return amount
    others = {named.upper() for named in (found[1], found[3]) if named} - {code}
    if others & set(DECIMALS):
        raise Invalid("money.other_currency", text=text, currency=code)
    return found[2] if not others else amount


def _split(amount: str, code: str, text: str) -> tuple[str, str]:
    """The digits before and behind the decimal sign. Raises Invalid if it is not certain which
    sign that is."""
    decimals = DECIMALS[code]
    signs = [character for character in amount if character in ".,"]
    if not signs:
        return amount, ""
    whole, _, rest = amount.rpartition(signs[-1])
    if len(set(signs)) == 2:
        groups = re.split("[.,]", whole)
        if len(set(signs[:-1])) > 1 or not _are_groups(groups):
            raise _no_amount(text, code)
        return "".join(groups), rest
    groups = amount.split(signs[0])
    if len(signs) > 1 or (len(rest) == 3 and decimals == 0):
        if not _are_groups(groups):
            raise _no_amount(text, code)
        return "".join(groups), ""
    if len(rest) == 3 and _are_groups(groups) and not (decimals == 3 and signs[0] == "."):
        shown = f"{whole}.{rest[:decimals]}"
        raise Invalid("money.ambiguous", text=text, thousands=whole + rest, decimals=shown)
    return whole, rest


def _are_groups(groups: list[str]) -> bool:
    """Whether these are digits in groups of thousands."""
    first = groups[0]
    return 1 <= len(first) <= 3 and first[0] != "0" and all(len(group) == 3 for group in groups[1:])
