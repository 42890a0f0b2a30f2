"""Texts as sound: voices, their engines, and the process that speaks.

A voice is a name that callers use (`sophie`) with engines in the order of preference (voices.py).
Engines are large, native or under another licence, so none is ever imported here: they run in a
worker process (worker.py), which process.py starts, watches and starts again. speaking.py is what
the rest of Turnout uses. Sound is 8 kHz, mono, 16 bits, little endian, and goes by path in a spool
folder, never through a pipe.
"""

RATE = 8_000
SAMPLE_BYTES = 2
