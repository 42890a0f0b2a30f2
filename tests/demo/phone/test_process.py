"""The phone as the demo has it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.support.server import Server
from tests.web.reading import Page
from tests.web.signing_in import sign_in
from turnout.carriers import networks
from turnout.core.messaging.model import Channel
from turnout.demo.phone.process import lead_to
from turnout.settings import Settings


def test_no_trunk_but_the_phone_is_called() -> None:
    chosen = Settings(
        carriers={
            "carrier_tts": "http_sms",
            "sip_accounts": "uk",
            "sip_uk_host": "sip.example.com",
            "routes_tts": "*=sip_uk",
            "carrier_sms": "simulator",
        }
    )
    found = lead_to(5070, chosen)
    networks.check(found)
    assert networks.chosen(found)[Channel.TTS] == "sip"
    assert networks.read(found, "sip").address == ("127.0.0.1", 5070)
    assert {name for name in found.carriers if "uk" in name or name.startswith("routes")} == set()


def test_a_demo_with_calls_shows_what_its_phone_heard(tmp_path: Path) -> None:
    command = ("demo", "--calls")
    with Server(tmp_path, command=command, tts_engines="*=flite:slt") as server:
        user = server.demo["messaging"]["user"]
        client: Any = SimpleNamespace(request=server.ask)
        headers = sign_in(client, user["username"], user["password"])
        while "Call 0001 to +4930901" not in (page := read(server, headers)).text:
            pass
        assert "It rang." in page.text
        assert server.ask("GET", "/outbox/phone").status == 401
        assert server.ask("GET", "/outbox/phone/0999.wav", headers=headers).status == 404
    assert "press" in server.read_log()


def read(server: Server, headers: dict[str, str]) -> Page:
    answer = server.ask("GET", "/outbox/phone", headers=headers)
    assert answer.status == 200
    return Page(answer.body)
