"""The fax itself: spandsp 0.0.6 (Debian's libspandsp2) by ctypes, the one module that loads it.

It has T.30 (what fax machines say to one another), the modems, and the packets of T.38. A terminal
is a sender of pages; time passes for it only by `turn`, so that it needs no clock. Every call into
it is made with valid pointers of one terminal, which lives until `close`.
"""

import ctypes
from collections.abc import Callable
from ctypes import CFUNCTYPE, POINTER, byref, c_char_p, c_int, c_uint8, c_void_p
from functools import cache
from typing import Any, NamedTuple

LIBRARY = "libspandsp.so.2"
MISSING = f"spandsp ({LIBRARY}) is not installed: apt-get install libspandsp2"
SAMPLES = 160
LONGEST_IDENT, LONGEST_HEADER = 20, 50

_V27TER, _V29, _V17 = 1, 2, 4
_T4_1D, _T4_2D, _T6 = 2, 4, 8
_STANDARD, _FINE, _R8 = 1, 2, 0x20000
_A4_WIDTH, _ANY_LENGTH = 1, 0x10000 | 0x20000
_CALL_DROPPED = "The call dropped prematurely"

_SEND_PACKET = CFUNCTYPE(c_int, c_void_p, c_void_p, POINTER(c_uint8), c_int, c_int)
_PHASE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)
_PHASE_END = CFUNCTYPE(None, c_void_p, c_void_p, c_int)
# How often each kind of packet is sent, by category: those that nothing follows for a while, more.
_REPEATS = {0: 3, 1: 1, 2: 3, 3: 1, 4: 3}


class _Statistics(ctypes.Structure):
    _fields_ = [
        (name, c_int)
        for name in (
            "bit_rate",
            "error_correcting_mode",
            "pages_tx",
            "pages_rx",
            "pages_in_file",
            "x_resolution",
            "y_resolution",
            "width",
            "length",
            "image_size",
            "encoding",
            "bad_rows",
            "longest_bad_row_run",
            "error_correcting_mode_retries",
            "current_status",
        )
    ]


class Sheets(NamedTuple):
    """What is sent: the pages of a TIFF from `first` (0 = the first) on; our own number (`ident`),
    and what stands above each page beside it: the time in a zone (as POSIX has them), and a name,
    in code page 437."""

    path: str
    first: int = 0
    ident: str = ""
    header: bytes = b""
    zone: str = "UTC0"
    has_ecm: bool = True


class Facts(NamedTuple):
    """How far a fax has come. `pages`: those that the other end has confirmed, of this call."""

    pages: int
    bit_rate: int
    has_ecm: bool
    ident: str


def is_available() -> bool:
    """Whether the library is there."""
    try:
        _load()
    except OSError:
        return False
    return True


@cache
def _load() -> Any:
    """The library. Raises OSError."""
    library = ctypes.CDLL(LIBRARY)
    for name in (
        "t38_terminal_init",
        "t38_terminal_get_t30_state",
        "t38_terminal_get_t38_core_state",
        "fax_init",
        "fax_get_t30_state",
    ):
        getattr(library, name).restype = c_void_p
    for name in ("t30_completion_code_to_str", "t30_get_rx_ident"):
        getattr(library, name).restype = c_char_p
    return library


class Terminal:
    """What both ways have in common; `is_heard` once the other end has said that it is a fax."""

    def __init__(self) -> None:
        self._library = _load()
        self._is_open = True
        self._fax = c_void_p()
        self._t30 = c_void_p()
        self._kept: list[Any] = []
        self._facts = Facts(0, 0, has_ecm=False, ident="")
        self.is_heard = False
        self.is_over = False
        self.said = ""

    def facts(self) -> Facts:
        """How far it has come."""
        if self._is_open:
            found = _Statistics()
            self._library.t30_get_transfer_statistics(self._t30, byref(found))
            ident = self._library.t30_get_rx_ident(self._t30) or b""
            self._facts = Facts(
                self._count(found),
                found.bit_rate,
                bool(found.error_correcting_mode),
                ident.decode("ascii", "replace").strip(),
            )
        return self._facts

    def drop(self) -> None:
        """The line is gone."""
        if self._is_open and not self.is_over:
            self._library.t30_terminate(self._t30)
            self.is_over = True
            self.said = self.said or _CALL_DROPPED

    def _count(self, found: _Statistics) -> int:
        return int(found.pages_tx)

    def _load_sheets(self, sheets: Sheets) -> None:
        library, t30 = self._library, self._t30
        library.t30_set_tx_ident(t30, sheets.ident[:LONGEST_IDENT].encode("ascii", "replace"))
        library.t30_set_tx_page_header_info(t30, sheets.header[:LONGEST_HEADER])
        library.t30_set_tx_page_header_tz(t30, sheets.zone.encode("ascii"))
        library.t30_set_tx_file(t30, sheets.path.encode(), sheets.first or -1, -1)

    def _prepare(self, *, has_ecm: bool) -> None:
        library, t30 = self._library, self._t30
        library.t30_set_ecm_capability(t30, int(has_ecm))
        library.t30_set_supported_modems(t30, _V27TER | _V29 | _V17)
        library.t30_set_supported_compressions(t30, _T4_1D | _T4_2D | (_T6 if has_ecm else 0))
        library.t30_set_supported_resolutions(t30, _STANDARD | _FINE | _R8)
        library.t30_set_supported_image_sizes(t30, _A4_WIDTH | _ANY_LENGTH)
        heard, over = _PHASE(self._hear), _PHASE_END(self._end)
        self._kept += [heard, over]
        library.t30_set_phase_b_handler(t30, heard, None)
        library.t30_set_phase_e_handler(t30, over, None)

    def _hear(self, _t30: int, _data: int, _what: int) -> int:
        self.is_heard = True
        return 0

    def _end(self, _t30: int, _data: int, code: int) -> None:
        if not self.is_over:
            self.is_over = True
            self.said = self._library.t30_completion_code_to_str(code).decode("ascii", "replace")


class PacketTerminal(Terminal):
    """A fax over T.38; `send(packet, times)` takes what is to be sent."""

    def __init__(
        self, send: Callable[[bytes, int], None], *, rate: int, is_calling: bool = True
    ) -> None:
        super().__init__()
        library = self._library
        self._send = send
        sending = _SEND_PACKET(self._pass_on)
        self._kept.append(sending)
        self._fax = c_void_p(library.t38_terminal_init(None, int(is_calling), sending, None))
        self._t30 = c_void_p(library.t38_terminal_get_t30_state(self._fax))
        self._core = c_void_p(library.t38_terminal_get_t38_core_state(self._fax))
        library.t38_set_t38_version(self._core, 0)
        library.t38_set_fastest_image_data_rate(self._core, rate)
        for category, times in _REPEATS.items():
            library.t38_set_redundancy_control(self._core, category, times)

    def begin(self, sheets: Sheets) -> None:
        """Send these."""
        self._prepare(has_ecm=sheets.has_ecm)
        self._load_sheets(sheets)

    def turn(self) -> None:
        """20 ms have passed."""
        if self._is_open:
            self._library.t38_terminal_send_timeout(self._fax, SAMPLES)

    def take(self, number: int, packet: bytes) -> None:
        """A packet came, with its number."""
        if self._is_open and packet:
            self._library.t38_core_rx_ifp_packet(self._core, packet, len(packet), number)

    def close(self) -> None:
        """Free it; its facts stay. Idempotent."""
        if self._is_open:
            self.facts()
            self._library.t38_terminal_free(self._fax)
            self._is_open = False

    def _pass_on(self, _core: int, _data: int, packet: Any, size: int, times: int) -> int:
        self._send(bytes(packet[:size]), max(1, times))
        return 0


class AudioTerminal(Terminal):
    """A fax in sound: samples of 16 bits, this machine's order, 8,000 a second."""

    def __init__(self, *, is_calling: bool = True) -> None:
        super().__init__()
        library = self._library
        self._fax = c_void_p(library.fax_init(None, int(is_calling)))
        self._t30 = c_void_p(library.fax_get_t30_state(self._fax))
        library.fax_set_transmit_on_idle(self._fax, 1)
        self._out = ctypes.create_string_buffer(2 * SAMPLES)

    def begin(self, sheets: Sheets) -> None:
        """Send these."""
        self._prepare(has_ecm=sheets.has_ecm)
        self._load_sheets(sheets)

    def turn(self) -> bytes:
        """What is to be heard of us for the next 20 ms."""
        if not self._is_open:
            return bytes(2 * SAMPLES)
        made = self._library.fax_tx(self._fax, self._out, SAMPLES)
        return self._out.raw[: 2 * made].ljust(2 * SAMPLES, b"\0")

    def take(self, samples: bytes) -> None:
        """What was heard of the other end. Time passes by it."""
        if self._is_open and samples:
            buffer = ctypes.create_string_buffer(samples, len(samples))
            self._library.fax_rx(self._fax, buffer, len(samples) // 2)

    def close(self) -> None:
        """Free it; its facts stay. Idempotent."""
        if self._is_open:
            self.facts()
            self._library.fax_free(self._fax)
            self._is_open = False
