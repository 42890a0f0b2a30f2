"""Files in forms: their bytes stay as they were sent."""

import pytest

from turnout.errors import Invalid
from turnout.http.forms import SentFile, parse_files

PNG = b"\x89PNG\r\n\x1a\n\x00\xff--B\r"


def part(disposition: bytes, content: bytes) -> bytes:
    return (
        b"--B\r\nContent-Disposition: form-data; " + disposition + b"\r\n\r\n" + content + b"\r\n"
    )


def test_files_and_fields_are_told_apart() -> None:
    body = (
        part(b'name="title"', "Zürich".encode())
        + part(b'name="picture"; filename="a b.png"', PNG)
        + part(b'name="logo"; filename=""', b"")
        + b"--B--\r\n"
    )
    fields, files = parse_files(body, b"B", 10)
    assert fields == [("title", "Zürich")]
    assert files == [SentFile("picture", "a b.png", PNG)]


def test_a_form_that_is_cut_is_refused() -> None:
    body = part(b'name="picture"; filename="a.png"', PNG)
    with pytest.raises(Invalid) as refused:
        parse_files(body, b"B", 10)
    assert refused.value.code == "body.parts_cut"


def test_too_many_parts_are_refused() -> None:
    body = part(b'name="a"', b"1") * 4 + b"--B--\r\n"
    with pytest.raises(Invalid) as refused:
        parse_files(body, b"B", 2)
    assert (refused.value.code, refused.value.facts) == ("body.fields", {"limit": 2})
