"""What is read of the media that strangers describe."""

import pytest

from turnout.carriers.sip_fax.sdp import find_audio, read_media


@pytest.mark.parametrize(("port", "expected"), [(1, 1), (65_535, 65_535), (65_536, None)])
def test_a_port_that_is_none_is_not_read(port: int, expected: int | None) -> None:
    body = f"v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio {port} RTP/AVP 8\r\n".encode()
    audio = find_audio(read_media(body))
    assert (audio.port if audio else None) == expected
