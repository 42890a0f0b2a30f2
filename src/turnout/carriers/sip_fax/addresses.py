"""Where media may go that a trunk's SDP names: what calls of this server may reach at all
(http/addresses.py), what is as local as the trunk itself, and the trunk. Never a name: to look one
up would halt all calls."""

from collections.abc import Sequence

from turnout.carriers.sip_fax.sdp import Media
from turnout.http.addresses import (
    Address,
    Network,
    find_address,
    is_local,
    may_reach,
    plain_address,
)

_BROADCAST = "255.255.255.255"


class AstrayError(Exception):
    """Nothing is sent there; the text says why, for the notes of a report."""


def judge_media(media: Media, trunk: str, allowed: Sequence[Network]) -> Media:
    """Media whose address is written as the system writes it, empty = it is on hold. Raises
    AstrayError."""
    far, near = find_address(media.address), find_address(trunk)
    if far is None or near is None:
        raise AstrayError(f"It names no address for its media: {media.address or 'none at all'}.")
    if far.is_unspecified:
        return media._replace(address="")
    meant, own = plain_address(far), plain_address(near)
    written = _unmapped(far)
    if written.version != _unmapped(near).version:
        raise AstrayError(f"It names an address of another family for its media: {media.address}.")
    if not _may_send(meant, own, allowed):
        raise AstrayError(
            f"It names an address for its media where nothing is sent: {media.address}."
        )
    return media._replace(address=str(written))


def _may_send(far: Address, trunk: Address, allowed: Sequence[Network]) -> bool:
    if far.is_multicast or far.is_link_local or far.is_unspecified or str(far) == _BROADCAST:
        return False
    if far.is_loopback or far == trunk:
        return far.is_loopback == trunk.is_loopback
    is_near = is_local(far) and (is_local(trunk) or trunk.is_loopback)
    return is_near or may_reach(str(far), allowed)


def _unmapped(address: Address) -> Address:
    return getattr(address, "ipv4_mapped", None) or address
