"""What SIP messages say of media (SDP): G.711 audio, or T.38 over UDPTL."""

import re
from typing import NamedTuple

AUDIO, IMAGE = "audio", "image"
PAYLOADS = (8, 0)
"""A-law and mu-law, as RTP numbers them."""
MOST_MEDIA = 10
MAX_DATAGRAM = 400
_LAST_PORT = 65_535
_MEDIA = re.compile(r"([a-z]{1,20}) ([0-9]{1,5})(?:/[0-9]+)? (\S{1,40}) (.{1,200})")
_ADDRESS = re.compile(r"IN IP[46] ([^\s/]{1,45})")
_T38 = (
    "a=T38FaxVersion:0",
    "a=T38MaxBitRate:14400",
    "a=T38FaxRateManagement:transferredTCF",
    "a=T38FaxMaxBuffer:2000",
    f"a=T38FaxMaxDatagram:{MAX_DATAGRAM}",
    "a=T38FaxUdpEC:t38UDPRedundancy",
)


class Media(NamedTuple):
    """One line of media: where it goes to as it was written (addresses.py judges that), and how.
    `attributes` are in lower case."""

    kind: str
    address: str
    port: int
    transport: str
    formats: tuple[str, ...]
    attributes: dict[str, str]

    @property
    def payload(self) -> int | None:
        """The payload type of G.711 that is spoken; None = not that."""
        if self.kind != AUDIO or self.port == 0 or not self.transport.startswith("RTP/AVP"):
            return None
        own = {int(name) for name in self.formats if name.isdecimal()}
        return next((payload for payload in PAYLOADS if payload in own), None)

    @property
    def is_t38(self) -> bool:
        """Whether it is a fax over UDPTL."""
        formats = [name.lower() for name in self.formats]
        is_udptl = self.transport.lower() == "udptl" and self.port > 0
        return self.kind == IMAGE and is_udptl and "t38" in formats

    def number(self, name: str, otherwise: int) -> int:
        """An attribute that is a number."""
        text = self.attributes.get(name, "")
        return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else otherwise


def read_media(body: bytes) -> list[Media]:
    """The media of a description, in their order; of garbage none."""
    session, found = "", list[Media]()
    for line in body.decode("utf-8", "replace").splitlines():
        kind, value = line[:2], line[2:].strip()
        if kind == "m=" and len(found) < MOST_MEDIA:
            media = _MEDIA.fullmatch(value)
            if not media or (port := int(media[2])) > _LAST_PORT:
                return []
            found.append(Media(media[1], session, port, media[3], tuple(media[4].split()), {}))
        elif kind == "c=" and (address := _ADDRESS.match(value)):
            if found:
                found[-1] = found[-1]._replace(address=address[1])
            else:
                session = address[1]
        elif kind == "a=" and found:
            name, _, text = value.partition(":")
            found[-1].attributes[name.strip().lower()] = text.strip()
    return found


def find_t38(media: list[Media]) -> Media | None:
    """The fax among them."""
    return next((one for one in media if one.is_t38), None)


def find_audio(media: list[Media]) -> Media | None:
    """The speech among them that we speak."""
    return next((one for one in media if one.payload is not None), None)


class Describing:
    """Writes descriptions of one call, each newer than the one before."""

    def __init__(self, address: str, number: int) -> None:
        self._address = address
        self._number = number
        self._version = 0

    def audio(self, port: int, payloads: tuple[int, ...] = PAYLOADS) -> bytes:
        """An offer of audio, or an answer of one payload."""
        return self._write(_audio(port, payloads))

    def t38(self, port: int) -> bytes:
        """An offer of T.38."""
        return self._write(_image(port))

    def answer(self, offered: list[Media], taken: Media, port: int) -> bytes:
        """An answer that takes one of what was offered, and nothing else."""
        lines = list[str]()
        for media in offered:
            if media is not taken:
                formats = " ".join(media.formats)
                lines.append(f"m={media.kind} 0 {media.transport} {formats}")
            elif media.payload is not None:
                lines += _audio(port, (media.payload,))
            else:
                lines += _image(port)
        return self._write(lines)

    def _write(self, media: list[str]) -> bytes:
        self._version += 1
        family = "IP6" if ":" in self._address else "IP4"
        head = [
            "v=0",
            f"o=turnout {self._number} {self._version} IN {family} {self._address}",
            "s=-",
            f"c=IN {family} {self._address}",
            "t=0 0",
        ]
        return "\r\n".join([*head, *media, ""]).encode()


def _audio(port: int, payloads: tuple[int, ...]) -> list[str]:
    names = {8: "PCMA", 0: "PCMU"}
    return [
        f"m=audio {port} RTP/AVP {' '.join(map(str, payloads))}",
        *(f"a=rtpmap:{payload} {names[payload]}/8000" for payload in payloads),
        "a=ptime:20",
        "a=sendrecv",
    ]


def _image(port: int) -> list[str]:
    return [f"m=image {port} udptl t38", *_T38]
