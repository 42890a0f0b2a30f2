"""Sound at another rate, in plain Python: engines that are programs need no package."""

import math
import sys
from array import array

from turnout.speech import RATE

# Zero crossings of the filter on each side. What is above half the new rate must not be heard.
_WIDTH = 10
_ROLL_OFF = 0.92


def to_telephone(samples: "array[int]", rate: int) -> bytes:
    """16-bit samples of `rate` as the telephone's, little endian."""
    if rate != RATE:
        samples = _resampled(samples, rate)
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def _resampled(samples: "array[int]", rate: int) -> "array[int]":
    common = math.gcd(rate, RATE)
    up, down = RATE // common, rate // common
    phases = [_taps(phase / up, rate) for phase in range(up)]
    reach = len(phases[0]) // 2
    padded = [0] * reach + samples.tolist() + [0] * (reach + 1)
    result = array("h")
    for number in range(len(samples) * up // down):
        whole, phase = divmod(number * down, up)
        taps = phases[phase]
        window = padded[whole : whole + len(taps)]
        value = round(sum(map(float.__mul__, taps, map(float, window))))
        result.append(max(-32768, min(32767, value)))
    return result


def _taps(offset: float, rate: int) -> list[float]:
    """A windowed sinc around a place between two samples, that adds up to one."""
    cutoff = min(1.0, RATE / rate) * _ROLL_OFF
    reach = math.ceil(_WIDTH / cutoff)
    taps = []
    for place in range(-reach, reach + 1):
        x = place - offset
        window = 0.5 + 0.5 * math.cos(math.pi * x / (reach + 1))
        sine = math.sin(math.pi * x * cutoff) / (math.pi * x) if abs(x) > 1e-9 else cutoff
        taps.append(sine * window)
    total = sum(taps)
    return [tap / total for tap in taps]
