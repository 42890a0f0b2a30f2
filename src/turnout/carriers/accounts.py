"""The accounts of networks: names, and how they are set.

A network's own settings (`TURNOUT_SMPP_HOST`) are those of its main account, which bears the
network's name. `TURNOUT_SMPP_ACCOUNTS=uk,backup` adds the accounts smpp_uk and smpp_backup, with
the same settings under their names (`TURNOUT_SMPP_UK_HOST`). What a network calls messages is
kept by account, so a name must stay while reports may come.
"""

import re
from collections.abc import Collection, Iterator, Mapping

from turnout.carriers import Network, http_sms, mm7, simulator, sip, sip_fax, smpp, smtp
from turnout.settings import PREFIX, SettingsError, split_list

NETWORKS: dict[str, Network] = {
    network.name: network
    for network in (
        simulator.NETWORK,
        smtp.NETWORK,
        smpp.NETWORK,
        http_sms.NETWORK,
        mm7.NETWORK,
        sip.NETWORK,
        sip_fax.NETWORK,
    )
}
"""Every network; a channel's choices are in this order, the first is the default."""

_ACCOUNTS = "_accounts"
_NAME = re.compile(r"[a-z][a-z0-9]{0,20}", re.ASCII)
MOST_ACCOUNTS = 20


def list_settings() -> set[str]:
    """The names of the settings of all main accounts."""
    return {
        f"{name}_{field}"
        for name, network in NETWORKS.items()
        for field in network.settings.__struct_fields__
    }


def name_of_setting(network: str) -> str:
    """The setting that lists a network's further accounts."""
    return f"{network}{_ACCOUNTS}"


class Declared(Collection[str]):
    """The names of all settings that networks may have; those of further accounts are any whose
    form is right, as nobody knows yet which accounts there are."""

    def __init__(self, own: set[str]) -> None:
        self._own = own

    def __contains__(self, name: object) -> bool:
        return name in self._own or (isinstance(name, str) and split_setting(name) is not None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._own)

    def __len__(self) -> int:
        return len(self._own)


def split_setting(name: str) -> tuple[str, str] | None:
    """Account and field of a setting of a further account: ("smpp_uk", "host")."""
    if name in list_settings():
        return None
    for network in _longest_first():
        own, _, field = name.removeprefix(f"{network.name}_").partition("_")
        is_own = network.has_accounts and name.startswith(f"{network.name}_")
        if is_own and _NAME.fullmatch(own) and field in network.settings.__struct_fields__:
            return f"{network.name}_{own}", field
    return None


def list_accounts(given: Mapping[str, str], network: str) -> list[str]:
    """The accounts of a network by name, the main one first. Raises SettingsError."""
    own = split_list(given.get(name_of_setting(network), ""))
    is_right = len(set(own)) == len(own) <= MOST_ACCOUNTS and all(map(_NAME.fullmatch, own))
    # An account `fax` of sip would be called as the network sip_fax is.
    is_right = is_right and not any(f"{network}_{name}" in NETWORKS for name in own)
    if not is_right:
        raise SettingsError("setting.accounts", name=f"{PREFIX}{name_of_setting(network).upper()}")
    return [network, *(f"{network}_{name}" for name in own)]


def network_of(account: str) -> Network:
    """The network of an account."""
    return next(
        network
        for network in _longest_first()
        for name in [network.name]
        if account == name or (account.startswith(f"{name}_") and network.has_accounts)
    )


def _longest_first() -> list[Network]:
    """The networks; one whose name begins with another's comes before that."""
    return sorted(NETWORKS.values(), key=lambda network: -len(network.name))


def check_declared(given: Mapping[str, str]) -> None:
    """Raise SettingsError for a setting of an account that is not listed: a slip."""
    for name in sorted(given):
        found = split_setting(name)
        if found and found[0] not in list_accounts(given, network_of(found[0]).name):
            raise SettingsError("setting.unknown", name=f"{PREFIX}{name.upper()}")
