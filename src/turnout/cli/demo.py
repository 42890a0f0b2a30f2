"""`turnout demo`. All it does is in demo_server.py, which stands on the whole program."""

from pathlib import Path


def demo(
    *,
    host: str | None = None,
    port: int | None = None,
    data: Path = Path(".turnout-demo"),
    expose: bool = False,
    calls: bool = False,
) -> None:
    """Seed a demo organization (once) and serve it until stopped (Ctrl-C or SIGTERM).

    Example: `turnout demo`

    Args:
        host: Address to listen on, instead of TURNOUT_HOST.
        port: Port to listen on, instead of TURNOUT_PORT.
        data: Folder for demo.json, and for the database unless TURNOUT_DATABASE_URL names one.
        expose: Listen on an address that others can reach, who can then do all that the start
            page shows.
        calls: Make calls for real, to a simulated phone on this machine; its page /outbox/phone
            lets you hear what it heard. Needs the extras turnout[calls] and turnout[speech].
    """
    from turnout.cli.demo_server import run

    run(data, host=host, port=port, expose=expose, calls=calls)
