"""How well a call could be heard, as the stack's statistics tell it, and what that is worth on the
scale of listeners (MOS, 1 to 4.4): a simplified E-model (ITU-T G.107).

What was said is known from the other end's RTCP reports, and taken for whole where it sends none.
"""

from typing import Any

import msgspec

_NO_LOSS_R = 93.2
_LOSS_R = 2.5
"""What each per cent of lost packets costs."""
_CODEC_MS, _BUFFERS = 10.0, 2.0


class Quality(msgspec.Struct, frozen=True):
    """Shares of packets that were lost, jitter in ms, and the estimated opinion of a listener, of
    the worse direction."""

    heard_loss: float
    said_loss: float
    heard_jitter_ms: float
    said_jitter_ms: float
    mos: float


def read_quality(stats: dict[str, Any]) -> Quality | None:
    """The quality of a call that has ended; None where there was no sound in any direction."""
    rtcp, buffer = stats.get("rtcp", {}), stats.get("jbuf", {})
    came, went = (stats.get(way, {}).get("packets", 0) for way in ("rx", "tx"))
    if not came and not went:
        return None
    missing = max(rtcp.get("rx_lost", 0), buffer.get("lost", 0))
    heard_loss = _share(missing, came + missing)
    said_loss = _share(rtcp.get("tx_lost", 0), went)
    heard_ms, said_ms = (rtcp.get(f"{way}_jitter_us", 0) / 1000 for way in ("rx", "tx"))
    rtt_ms = rtcp.get("rtt_us", 0) / 1000
    mos = min(find_mos(heard_loss, heard_ms, rtt_ms), find_mos(said_loss, said_ms, rtt_ms))
    return Quality(heard_loss, said_loss, heard_ms, said_ms, mos)


def find_mos(loss: float, jitter_ms: float, rtt_ms: float) -> float:
    """The estimated opinion of listeners, from 1 (nothing is understood) to 4.4."""
    delay_ms = rtt_ms / 2 + _BUFFERS * jitter_ms + _CODEC_MS
    r = _NO_LOSS_R - (delay_ms / 40 if delay_ms < 160 else (delay_ms - 120) / 10)
    r = max(0.0, r - _LOSS_R * 100 * loss)
    return round(max(1.0, 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r)), 2)


def _share(part: int, whole: int) -> float:
    return max(0.0, min(1.0, part / whole)) if whole > 0 else 0.0
