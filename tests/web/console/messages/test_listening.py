"""Calls as staff listen to them."""

import io
import wave

from tests.core.messaging.jobs import NUMBERS
from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from tests.web.console.messages.test_jobs import PAGE, post
from turnout.core.messaging.model import Content, JobType


def test_a_call_is_listened_to(node: LocalNode, desk: Desk) -> None:
    content = Content(text="Hello %%recipient%%.", voicemail="Sorry.", voice="sophie", repeats=2)
    number = post(node, NUMBERS[:2], job_type=JobType.TTS, content=content)
    path = f"{PAGE}/{number}"
    assert "media-src" not in desk.open(path).headers["content-security-policy"]
    page = desk.read(path)
    assert f'href="{path}/call.wav"' in page
    assert f'href="{path}/call.wav?machine=1"' in page
    lengths = []
    for query in ("", "?recipient=2", "?machine=1"):
        answered = desk.open(f"{path}/call.wav{query}")
        assert (answered.status, answered.headers["content-type"]) == (200, "audio/wav")
        assert "media-src 'self'" in answered.headers["content-security-policy"]
        with wave.open(io.BytesIO(answered.body)) as file:
            lengths.append(file.getnframes() / 8000)
    assert lengths[0] > 2 > lengths[2] > 0.2
    assert desk.open(f"{path}/call.wav?recipient=3").status == 400
    text = post(node)
    assert "call.wav" not in desk.read(f"{PAGE}/{text}")
    assert desk.open(f"{PAGE}/{text}/call.wav").status == 400
