"""Personal addresses: each names its thing by number and bears a keyed digest of that.

A kind of link signs its own name with the numbers, so no signature of one is good for another.
"""

import re
from collections.abc import Sequence

from turnout.core.identity.link_keys import DIGITS, is_link_signed, sign_link
from turnout.errors import Missing

ID = r"(\d{1,18})"
MORE = 8
# One signature in 60 reads like the address of a Bitcoin wallet, which filters take for spam: it is
# longer than these.
_COIN = re.compile("[13][1-9a-f]{24,33}")


class PersonalLinks:
    """The links of one kind, below `path`. `facts` is a pattern of what stands before the
    signature, with a group for each fact; `between` stands between them in what is signed."""

    def __init__(
        self, kind: str, path: str, facts: str = ID, *, between: str = "-", digits: int = DIGITS
    ) -> None:
        self.path = path
        self._kind = kind
        self._between = between
        self._digits = digits
        self._token = re.compile(
            rf"{facts}-([0-9a-f]{{{digits}}}(?:[0-9a-f]{{{MORE}}})?)", re.ASCII
        )

    def token(self, key: str, *facts: object) -> str:
        """What the address of these facts ends with, signed with `key`."""
        text = "-".join(map(str, facts))
        signature = sign_link(key, self._named(text), self._digits)
        if _COIN.fullmatch(signature):
            signature = sign_link(key, self._named(text), self._digits + MORE)
        return f"{text}-{signature}"

    def url(self, base_url: str, key: str, *facts: object) -> str:
        """The whole address of these facts."""
        return f"{base_url}{self.path}{self.token(key, *facts)}"

    def read(self, keys: Sequence[str], token: str) -> tuple[str, ...]:
        """The facts that a token names. Raises Missing for one that none of `keys` signed."""
        match = self._token.fullmatch(token)
        text = token.rpartition("-")[0]
        if match and is_link_signed(keys, self._named(text), match[match.re.groups]):
            return match.groups()[:-1]
        raise missing_link()

    def _named(self, text: str) -> str:
        return f"{self._kind}:{text.replace('-', self._between)}"


def missing_link() -> Missing:
    """The failure of a link that this server did not make, or names what is gone."""
    return Missing("link.missing")
