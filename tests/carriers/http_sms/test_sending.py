"""What is posted, and what each answer means."""

import asyncio
import base64
import re
import socket
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.carriers.http_sms.provider import (
    BASE_URL,
    NOW,
    carrying,
    new_message,
    new_parcel,
    providing,
    run,
    settings_for,
)
from turnout.carriers import (
    Accepted,
    Attachment,
    Misconfigured,
    Outcome,
    Rejected,
    Retry,
    Unknown,
    http_sms,
)
from turnout.carriers.http_sms.answers import FATES
from turnout.carriers.posting import RETRY_S
from turnout.core.messaging.model import Channel, Status

README = Path(http_sms.__file__).with_name("README.md").read_text()


async def send_to(answer: Any, *numbers: int, **settings: Any) -> list[Outcome]:
    async with providing(answer) as provider, carrying(provider.url, **settings) as carrier:
        return await carrier.send(new_message(), [new_parcel(n) for n in numbers or (1,)])


def test_an_answer_may_come_in_pieces():
    async def answer(request: web.Request, _form: object) -> web.StreamResponse:
        response = web.StreamResponse(status=201, headers={"Content-Type": "application/json"})
        await response.prepare(request)
        for piece in (b'{"sid": "S', b'M-7", "num_', b'segments": 3}'):
            await response.write(piece)
            await asyncio.sleep(0.02)
        return response

    assert run(send_to(answer)) == [Accepted(("SM-7",), 3)]


def test_a_provider_that_never_comes_to_the_point_has_the_message_perhaps():
    async def answer(request: web.Request, _form: object) -> web.StreamResponse:
        transport = request.transport
        assert transport
        transport.write(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 11)
        return web.Response()

    reason = "its answer has over 10 informational answers and no other"
    assert run(send_to(answer)) == [Unknown(f"the exchange with the provider broke: {reason}")]


def test_a_message_is_a_form():
    async def scenario():
        async with (
            providing() as provider,
            carrying(provider.url, username="jo", password="pw", reference_field="Ref") as carrier,
        ):
            outcomes = await carrier.send(
                new_message(text="Hi %%n%% & ü=+"),
                [
                    new_parcel(1, sender="61400000100"),
                    new_parcel(2, sender="Acme"),
                    new_parcel(3, sender="12345", destination="4915112345678"),
                ],
            )
            return outcomes, provider

    outcomes, provider = run(scenario())
    assert outcomes == [
        Accepted(("SM-+61412345601",), 2),
        Accepted(("SM-+61412345602",), 2),
        Accepted(("SM-+4915112345678",), 2),
    ]
    callback = {"StatusCallback": f"{BASE_URL}/carriers/http_sms/events"}
    assert sorted(provider.forms, key=lambda form: form["Ref"]) == [
        {"To": "+61412345601", "From": "+61400000100", "Body": "Hi 1 & ü=+", "Ref": "1"} | callback,
        {"To": "+61412345602", "From": "Acme", "Body": "Hi 2 & ü=+", "Ref": "2"} | callback,
        {"To": "+4915112345678", "From": "12345", "Body": "Hi 3 & ü=+", "Ref": "3"} | callback,
    ]
    keys = {headers["Idempotency-Key"] for headers in provider.headers}
    assert keys == {"turnout-1", "turnout-2", "turnout-3"}
    expected = "Basic " + base64.b64encode(b"jo:pw").decode()
    assert {headers["Authorization"] for headers in provider.headers} == {expected}


def test_names_of_fields_and_members_are_settings():
    async def answer(_request: Any, _form: Any) -> Any:
        return web.json_response({"messageId": 77, "parts": 3})

    async def scenario():
        async with (
            providing(answer) as provider,
            carrying(
                provider.url,
                to_field="dst",
                body_field="text",
                callback_field="",
                id_member="messageId",
                parts_member="parts",
            ) as carrier,
        ):
            return await carrier.send(new_message(), [new_parcel()]), provider.forms

    assert run(scenario()) == (
        [Accepted(("77",), 3)],
        [{"dst": "+61412345601", "text": "Hi 1"}],
    )


def test_a_picture_goes_as_a_link_and_the_subject_above_the_text():
    picture = Attachment("map.png", "image/png", b"png")

    async def scenario():
        async with providing() as provider, carrying(provider.url) as carrier:
            message = new_message(Channel.MMS, subject="For %%n%%", attachments=(picture,))
            await carrier.send(message, [new_parcel()])
            return provider.forms

    (form,) = run(scenario())
    assert form["Body"] == "For 1\nHi 1"
    assert re.fullmatch(
        rf"{BASE_URL}/carriers/http_sms/media/10001/[0-9a-f]{{64}}"
        rf"\?until={NOW // 1000 + 86400}&type=image%2Fpng&signature=[0-9a-f]{{64}}",
        form["MediaUrl"],
    )


def test_without_a_secret_nothing_is_reported_and_pictures_cannot_go():
    async def scenario():
        async with providing() as provider, carrying(provider.url, webhook_secret="") as carrier:
            sent = await carrier.send(new_message(), [new_parcel()])
            picture = (Attachment("map.png", "image/png", b"png"),)
            mms = new_message(Channel.MMS, attachments=picture)
            return [*sent, *await carrier.send(mms, [new_parcel()])], provider.forms

    outcomes, forms = run(scenario())
    assert outcomes == [
        Accepted((), 2, is_final=True),
        Misconfigured("MMS needs TURNOUT_HTTP_SMS_WEBHOOK_SECRET, which signs links to pictures"),
    ]
    assert forms == [{"To": "+61412345601", "Body": "Hi 1"}]


ANSWERS: list[tuple[int, dict[str, str], Outcome]] = [
    (200, {}, Accepted((), 1, is_final=True)),
    (429, {"Retry-After": "30"}, Retry(30.0, "The provider answered 429: said")),
    (503, {"Retry-After": "99999"}, Retry(3600.0, "The provider answered 503: said")),
    (503, {"Retry-After": "soon"}, Retry(RETRY_S, "The provider answered 503: said")),
    (408, {}, Retry(RETRY_S, "The provider answered 408: said")),
    (425, {}, Retry(RETRY_S, "The provider answered 425: said")),
    (401, {}, Misconfigured("The provider answered 401: said")),
    (402, {}, Misconfigured("The provider answered 402: said")),
    (403, {}, Misconfigured("The provider answered 403: said")),
    (404, {}, Misconfigured("The provider answered 404: said")),
    (405, {}, Misconfigured("The provider answered 405: said")),
    (410, {}, Misconfigured("The provider answered 410: said")),
    (302, {"Location": "http://127.0.0.1:1/"}, Misconfigured("The provider answered 302: said")),
    (400, {}, Rejected(Status.FAILED, "The provider answered 400: said")),
    (422, {}, Rejected(Status.FAILED, "The provider answered 422: said")),
    (500, {}, Unknown("The provider answered 500: said")),
    (502, {}, Unknown("The provider answered 502: said")),
    (504, {}, Unknown("The provider answered 504: said")),
]


@pytest.mark.parametrize(("status", "headers", "outcome"), ANSWERS)
def test_an_answer_is_understood(status: int, headers: dict[str, str], outcome: Outcome) -> None:
    async def answer(_request: Any, _form: Any) -> Any:
        return web.Response(status=status, headers=headers, text="said\n")

    assert run(send_to(answer)) == [outcome]


def test_a_date_to_try_again_is_understood():
    async def answer(_request: Any, _form: Any) -> Any:
        date = formatdate(NOW / 1000 + 90, usegmt=True)
        return web.Response(status=503, headers={"Retry-After": date}, text="")

    assert run(send_to(answer)) == [Retry(90.0, "The provider answered 503")]


def test_the_message_of_an_error_is_shown_in_one_bounded_line():
    async def answer(_request: Any, _form: Any) -> Any:
        return web.json_response({"message": "no\nsuch  number " + "x" * 500}, status=400)

    [rejected] = run(send_to(answer))
    assert isinstance(rejected, Rejected)
    assert rejected.reason == "The provider answered 400: no such number " + "x" * 185


def test_no_answer_in_time_and_a_broken_connection_are_unknown():
    async def silent(_request: Any, _form: Any) -> Any:
        await asyncio.sleep(30)

    async def gone(request: Any, _form: Any) -> Any:
        request.transport.abort()
        await asyncio.sleep(0)
        return web.Response()

    [late] = run(send_to(silent, timeout_s=0.2))
    assert late == Unknown("the provider did not answer in 0.2 s")
    [broken] = run(send_to(gone))
    words = "the other side closed the connection before it answered"
    assert broken == Unknown(f"the exchange with the provider broke: {words}")


def test_nobody_there_is_a_retry():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/messages"

        async def scenario():
            async with carrying(url) as carrier:
                return await carrier.send(new_message(), [new_parcel()])

        [outcome] = run(scenario())
    assert outcome == Retry(RETRY_S, "The provider cannot be reached: nothing listens there")


def test_only_so_many_requests_are_under_way():
    async def slow(_request: Any, form: dict[str, str]) -> Any:
        await asyncio.sleep(0.02)
        return web.json_response({"sid": form["To"]})

    async def scenario():
        async with providing(slow) as provider, carrying(provider.url, connections=3) as carrier:
            parcels = [new_parcel(n) for n in range(10)]
            outcomes = await asyncio.gather(
                carrier.send(new_message(), parcels[:5]), carrier.send(new_message(), parcels[5:])
            )
            return (
                [len(outcome) for outcome in outcomes],
                provider.most_at_once,
                len(provider.forms),
            )

    assert run(scenario()) == ([5, 5], 3, 10)


def test_messages_are_spaced_by_the_rate():
    async def scenario():
        loop = asyncio.get_running_loop()
        async with providing() as provider, carrying(provider.url, rate=50) as carrier:
            began = loop.time()
            await carrier.send(new_message(), [new_parcel(n) for n in range(6)])
            return loop.time() - began

    assert run(scenario()) >= 5 / 50


def test_stopping_finishes_what_is_under_way_and_puts_off_the_rest():
    async def scenario():
        may_answer = asyncio.Event()

        async def answer(_request: Any, form: dict[str, str]) -> Any:
            await may_answer.wait()
            return web.json_response({"sid": form["To"]})

        async with providing(answer) as provider, carrying(provider.url, connections=1) as carrier:
            sending = asyncio.ensure_future(
                carrier.send(new_message(), [new_parcel(1), new_parcel(2)])
            )
            await provider.asked.wait()
            stopping = asyncio.ensure_future(carrier.stop())
            await asyncio.sleep(0)
            may_answer.set()
            await stopping
            return await sending

    assert run(scenario()) == [
        Accepted(("+61412345601",), 1),
        Retry(RETRY_S, "Turnout is stopping"),
    ]


@pytest.mark.parametrize("url", ["ftp://example.com/", "example.com/messages", "https:///x"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is not an http:// or https:// address"):
        settings_for(url)


def test_the_table_of_statuses_is_that_of_the_readme():
    rows = re.findall(r"^\| ([a-z]+) \| ([A-Z]{4}) \|$", README, re.MULTILINE)
    assert {name: Status(code) for name, code in rows} == FATES


def test_the_table_of_answers_is_that_of_the_readme():
    table = README.partition("| answer | outcome |\n|---|---|\n")[2].partition("\n\n")[0]
    for status, _, outcome in ANSWERS:
        if status in (200, 302) or (status >= 500 and status != 503) or status in (400, 422):
            continue
        (row,) = [line for line in table.splitlines() if str(status) in line.split("|")[1]]
        assert row.split("|")[2].split()[0].strip(",") == type(outcome).__name__.lower()
