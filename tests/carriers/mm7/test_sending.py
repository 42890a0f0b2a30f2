"""What an MMSC gets, and what each answer means."""

import asyncio
import io
import random
import re
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from PIL import Image

from tests.carriers.mm7.mmsc import (
    Submitted,
    answer_with,
    carrying,
    fault_with,
    new_message,
    new_parcel,
    run,
    serving,
)
from turnout.carriers import (
    Accepted,
    Attachment,
    Misconfigured,
    Outcome,
    Rejected,
    Retry,
    Unknown,
    mm7,
)
from turnout.carriers.mm7.answers import CODES, FATES, LATER, OPERATOR
from turnout.carriers.posting import RETRY_S
from turnout.core.messaging.model import Status

README = Path(mm7.__file__).with_name("README.md").read_text()


def draw(form: str, size: tuple[int, int], mode: str = "RGB") -> bytes:
    """A picture that does not pack well."""
    noise = random.Random(1).randbytes(size[0] * size[1] * len(mode))
    out = io.BytesIO()
    Image.frombytes(mode, size, noise).save(out, form)
    return out.getvalue()


async def submit(
    parcel: Any = None, message: Any = None, **settings: Any
) -> tuple[list[Submitted], list[Outcome]]:
    async with serving() as mmsc, carrying(mmsc.url, **settings) as carrier:
        outcomes = await carrier.send(message or new_message(), [parcel or new_parcel()])
        return mmsc.taken, outcomes


async def answered(answer: Any, **settings: Any) -> Outcome:
    async def reply(_submitted: Submitted) -> web.StreamResponse:
        return answer

    async with serving(reply) as mmsc, carrying(mmsc.url, **settings) as carrier:
        [outcome] = await carrier.send(new_message(), [new_parcel()])
        return outcome


def test_a_message_is_a_submit_request_with_its_parts():
    picture = draw("PNG", (20, 10))
    message = new_message(attachments=(Attachment("Plan ü.png", "image/png", picture),))
    parcel = new_parcel(7, valid_until=1_764_003_600_000)
    [got], [outcome] = run(
        submit(
            parcel,
            message,
            username="turnout",
            password="pw",
            vasp_id="acme",
            vas_id="news",
            service_code="gold & more",
            read_replies=True,
        )
    )
    assert outcome == Accepted(("M-1",))
    assert got.transaction == "turnout-7"
    assert list(got.members.items()) == [
        ("MM7Version", "6.8.0"),
        (
            "SenderIdentification",
            {"VASPID": "acme", "VASID": "news", "SenderAddress": {"Number": "+61400000100"}},
        ),
        ("Recipients", {"To": {"Number": "+61412345607"}}),
        ("ServiceCode", "gold & more"),
        ("TimeStamp", "2025-11-24T16:00:00Z"),
        ("ExpiryDate", "2025-11-24T17:00:00Z"),
        ("DeliveryReport", "true"),
        ("ReadReply", "true"),
        ("Subject", "For 7"),
        ("Content", None),
    ]
    assert got.parts["text.txt"] == ("text/plain", "Hi 7 <ü>")
    assert got.parts["file"] == ("image/png", picture)
    kind, page = got.parts["page.smil"]
    assert kind == "application/smil"
    assert re.findall(r'<(\w+) src="([^"]+)"', page.decode()) == [
        ("img", "file"),
        ("text", "text.txt"),
    ]
    assert got.headers["SOAPAction"] == '""'
    assert got.headers["Authorization"] == "Basic dHVybm91dDpwdw=="


@pytest.mark.parametrize(
    ("sender", "address"),
    [("", None), ("12345", {"ShortCode": "12345"}), ("ACME", {"ShortCode": "ACME"})],
)
def test_short_codes_and_names_are_no_numbers(sender, address):
    [got], _ = run(submit(new_parcel(sender=sender), webhook_secret=""))
    identification = got.members.get("SenderIdentification") or {}
    assert identification.get("SenderAddress") == address
    assert got.members["DeliveryReport"] == "false"


@pytest.mark.parametrize(
    ("form", "size", "mode"),
    [("PNG", (900, 700), "RGB"), ("PNG", (500, 700), "RGBA"), ("WEBP", (300, 200), "RGB")],
)
def test_a_picture_is_made_to_fit(form, size, mode):
    file = Attachment("a", "image/x", draw(form, size, mode))
    message = new_message(attachments=(file,))
    [got], [outcome] = run(submit(message=message, largest_bytes=60_000, largest_side=640))
    kind, made = got.parts["file"]
    assert isinstance(outcome, Accepted)
    assert kind == "image/jpeg"
    assert len(made) <= 50_000
    with Image.open(io.BytesIO(made)) as opened:
        opened.load()
        assert (opened.format, opened.mode) == ("JPEG", "RGB")
        assert max(opened.size) <= 640
        assert opened.width / opened.height == pytest.approx(size[0] / size[1], abs=0.02)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x89PNG\r\n\x1a\nrubbish", "The picture cannot be read"),
        (b"x" * 25_000, "The file has more than 20 kB."),
    ],
)
def test_what_cannot_be_made_to_fit_is_refused(content, reason):
    message = new_message(attachments=(Attachment("a.bin", "video/mp4", content),))
    taken, [outcome] = run(submit(message=message, largest_bytes=30_000))
    assert taken == []
    assert isinstance(outcome, Rejected)
    assert outcome.status is Status.NOT_CONVERTED
    assert outcome.reason.startswith(reason)


def test_another_file_goes_as_it_is():
    message = new_message(attachments=(Attachment("a.mp4", "video/mp4", b"\0\r\n--x\r\n\xff"),))
    [got], _ = run(submit(message=message))
    assert got.parts["file"] == ("video/mp4", b"\0\r\n--x\r\n\xff")


def test_what_xml_cannot_have_is_left_out():
    parcel = new_parcel(fields={"n": 'a\x0b\uffff&"<'})
    [got], _ = run(submit(parcel, new_message(text="x")))
    assert got.members["Subject"] == 'For a&"<'


def judged(code: int) -> Outcome:
    return run(answered(answer_with(code, "because", "M-1")))


def test_codes_mean_what_the_readme_says():
    async def main() -> dict[int, Outcome]:
        async def reply(submitted: Submitted) -> web.StreamResponse:
            return answer_with(int(submitted.number[-4:]), "because", "M-1")

        codes = [1000, 1100, 2999, 4999, 5000, *CODES]
        async with serving(reply) as mmsc, carrying(mmsc.url) as carrier:
            parcels = [new_parcel(code, destination=f"6141234{code}") for code in codes]
            return dict(zip(codes, await carrier.send(new_message(), parcels), strict=True))

    found = run(main())
    rows = re.findall(r"^\| ((?:\d{4} ?)+) \| (\w+)(?:, ([A-Z]{4}))? \|$", README, re.MULTILINE)
    said = {int(code): row[1:] for row in rows for code in row[0].split()}
    words = {LATER: ("retry", ""), OPERATOR: ("misconfigured", "")}
    assert said == {
        code: words.get(meaning, ("rejected", meaning)) for code, meaning in CODES.items()
    }
    for code, outcome in found.items():
        reason = f"The MMSC answered {code}: because"
        meaning = CODES.get(code, Status.FAILED if 2000 <= code < 5000 else None)
        if code < 2000:
            assert outcome == Accepted(("M-1",))
        elif meaning == LATER:
            assert outcome == Retry(RETRY_S, reason)
        elif meaning == OPERATOR:
            assert outcome == Misconfigured(reason)
        elif meaning is None:
            assert outcome == Unknown(reason)
        else:
            assert outcome == Rejected(Status(meaning), reason)


def test_fates_are_those_of_the_readme():
    rows = re.findall(r"^\| ([a-z]+) \| ([A-Z]{4}|goes on) \|$", README, re.MULTILINE)
    assert dict(rows) == {
        word: status.value if status else "goes on" for word, status in FATES.items()
    }


BOMB = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;">]>
<Envelope><Body><SubmitRsp><StatusCode>1000</StatusCode>&c;</SubmitRsp></Body></Envelope>"""


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((200, b""), Unknown("The MMSC answered 200")),
        ((200, b"<html>Welcome"), Unknown("The MMSC answered 200")),
        ((200, BOMB), Unknown("The MMSC answered 200")),
        ((200, b"<a>" * 9000), Unknown("The MMSC answered 200")),
        ((500, b"oops"), Unknown("The MMSC answered 500")),
        ((503, b""), Retry(RETRY_S, "The MMSC answered 503")),
        ((400, b""), Rejected(Status.FAILED, "The MMSC answered 400")),
        ((401, b""), Misconfigured("The MMSC answered 401")),
        ((302, b""), Misconfigured("The MMSC answered 302")),
    ],
)
def test_an_answer_without_a_code_counts_by_its_status(answer, outcome):
    status, body = answer
    assert run(answered(web.Response(status=status, body=body))) == outcome


def test_a_fault_has_its_code_in_its_detail():
    found = run(answered(fault_with(4001, "Improper identification")))
    said = "The MMSC answered 4001: Improper identification Client error"
    assert found == Misconfigured(said)


def test_without_a_secret_or_a_name_nothing_more_is_awaited():
    assert run(answered(answer_with(1000, "", "M-1"), webhook_secret="")) == Accepted(is_final=True)
    assert run(answered(answer_with(1000))) == Accepted(is_final=True)


def test_an_answer_that_does_not_come_makes_it_unknown():
    async def never(_submitted: Submitted) -> web.StreamResponse:
        await asyncio.sleep(30)
        raise AssertionError

    async def main() -> Outcome:
        async with serving(never) as mmsc, carrying(mmsc.url, timeout_s=0.3) as carrier:
            [outcome] = await carrier.send(new_message(), [new_parcel()])
            return outcome

    assert run(main()) == Unknown("the provider did not answer in 0.3 s")
