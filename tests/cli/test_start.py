"""`turnout serve` and `turnout work` as they are begun without the library for arguments."""

import inspect

import pytest

from turnout.cli import servers, start
from turnout.cli.start import find_start


@pytest.mark.parametrize(
    ("options", "given"),
    [
        ([], {}),
        (["--port", "8080"], {"port": 8080}),
        (["--port=8080", "--host=::1"], {"port": 8080, "host": "::1"}),
        (
            ["--allow-demo", "--host", "0.0.0.0", "--insecure-http"],
            {"allow_demo": True, "host": "0.0.0.0", "insecure_http": True},
        ),
        (["--allow-second-node"], {"allow_second_node": True}),
    ],
)
def test_the_options_of_serve_are_read(
    options: list[str], given: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[dict[str, object]] = []
    monkeypatch.setattr(start, "serve", lambda **options: served.append(options))
    begin = find_start(["serve", *options])
    assert begin is not None
    begin()
    assert served == [given]


def test_work_is_begun() -> None:
    assert find_start(["work"]) is start.work


@pytest.mark.parametrize(
    "arguments",
    [
        *([], ["--help"], ["demo"], ["work", "--help"], ["serve", "--help"], ["serve", "8080"]),
        *(["serve", "--port"], ["serve", "--port", "0x50"], ["serve", "--port=-1"]),
        *(["serve", "--host", "--port"], ["serve", "--host="], ["serve", "--allow-demo=no"]),
        *(["serve", "--port", "1", "--port", "2"], ["serve", "--no-such"], ["serve", "--"]),
    ],
)
def test_the_app_reads_what_is_written_otherwise(arguments: list[str]) -> None:
    assert find_start(arguments) is None


def test_it_knows_every_option_of_the_command() -> None:
    assert inspect.signature(start.serve) == inspect.signature(servers.serve)
    options = [
        f"--{name.replace('_', '-')}" for name in inspect.signature(servers.serve).parameters
    ]
    assert list(start.SERVING) == options
