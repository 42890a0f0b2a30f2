"""What browsers call themselves, in words that people know."""

import pytest

from turnout.web.devices import device_of

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36"


@pytest.mark.parametrize(
    ("said", "device"),
    [
        (CHROME, "Chrome, Windows"),
        (f"{CHROME} Edg/131.0", "Edge, Windows"),
        (f"{CHROME} OPR/115.0", "Opera, Windows"),
        (
            "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/133.0",
            "Firefox, Linux",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Safari/604.1",
            "Safari, iPhone",
        ),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/131.0 Mobile Safari/537.36", "Chrome, Android"),
        ("curl/8.5.0", "curl"),
        ("", ""),
        ("<script>alert(1)</script>" * 100, ""),
    ],
)
def test_a_device_is_browser_and_system(said: str, device: str) -> None:
    assert device_of(said) == device
