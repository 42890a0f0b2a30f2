"""Encryption, login and SMTPUTF8, against aiosmtpd."""

import email
import email.policy
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from tests.carriers.smtp.certificates import Authority
from tests.carriers.smtp.samples import content, make_message, make_parcel, run, send
from tests.support.ports import free_port
from turnout.carriers import Accepted, Misconfigured, Rejected
from turnout.carriers.smtp.settings import Tls
from turnout.core.messaging.model import Status

ACCEPTED = Accepted(is_final=True)
HERE, ELSEWHERE = "127.0.0.1", "127.0.0.2"


class Taken:
    """What the server was given, and how."""

    def __init__(self) -> None:
        self.port = 0
        self.mails: list[Envelope] = []
        self.is_encrypted: list[bool] = []
        self.logins: list[tuple[str, bytes, bytes]] = []

    async def handle_DATA(  # noqa: N802
        self, server: Any, session: Session, envelope: Envelope
    ) -> str:
        self.mails.append(envelope)
        self.is_encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
        return "250 2.0.0 Taken"

    def authenticate(
        self, server: Any, session: Any, envelope: Any, how: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((how, data.login, data.password))
        return AuthResult(success=data.password == "sésame".encode(), handled=False)


@contextmanager
def server(certificate: Path | None = None, **options: Any) -> Iterator[Taken]:
    """aiosmtpd on a free port; it offers STARTTLS when it has a certificate."""
    taken = Taken()
    taken.port = free_port()
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        options["ssl_context" if options.pop("implicit", False) else "tls_context"] = context
    controller = Controller(
        taken, hostname=HERE, port=taken.port, authenticator=taken.authenticate, **options
    )
    controller.start()
    try:
        yield taken
    finally:
        controller.stop()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


both_loops = pytest.mark.parametrize("on_uvloop", [True, False])


@both_loops
@pytest.mark.parametrize("tls", ["opportunistic", "required", "implicit"])
def test_mail_is_encrypted(authority, tls: Tls, on_uvloop):
    certificate = authority.issue(HERE)
    parcels = [make_parcel(n) for n in (1, 2, 3)]
    with server(certificate, implicit=tls == "implicit") as taken:
        outcomes = run(
            send(taken.port, *parcels, tls=tls, tls_ca_file=str(authority.file), connections=1),
            on_uvloop=on_uvloop,
        )
    assert outcomes == [ACCEPTED] * 3
    assert taken.is_encrypted == [True] * 3


@both_loops
def test_a_large_mail_is_encrypted_as_fast_as_it_is_taken(authority, on_uvloop):
    text = "0123456789 " * 100_000
    with server(authority.issue(HERE)) as taken:
        run(send(taken.port, message=make_message(text=text)), on_uvloop=on_uvloop)
    (mail,) = taken.mails
    parsed = email.message_from_bytes(mail.original_content or b"", policy=email.policy.default)
    assert content(parsed) == text + "\n"


@both_loops
@pytest.mark.parametrize("tls", ["required", "implicit"])
@pytest.mark.parametrize(
    ("address", "is_ours", "problem"),
    [
        (HERE, False, "unable to get local issuer certificate"),
        (ELSEWHERE, True, "IP address mismatch, certificate is not valid for '127.0.0.1'."),
    ],
)
def test_a_certificate_that_is_not_trusted(
    authority, tls: Tls, address, is_ours, problem, on_uvloop
):
    trusted = str(authority.file) if is_ours else ""
    with server(authority.issue(address), implicit=tls == "implicit") as taken:
        outcomes = run(send(taken.port, tls=tls, tls_ca_file=trusted), on_uvloop=on_uvloop)
    assert outcomes == [
        Misconfigured(f"127.0.0.1:{taken.port}: its certificate is not trusted: {problem}")
    ]
    assert taken.mails == []


def test_a_server_without_starttls():
    with server() as taken:
        assert run(send(taken.port, tls="opportunistic")) == [ACCEPTED]
        assert run(send(taken.port, tls="required")) == [
            Misconfigured(f"127.0.0.1:{taken.port}: it does not offer STARTTLS, which is required")
        ]
    assert taken.is_encrypted == [False]


def test_a_server_that_wants_starttls_is_refused_without(authority):
    with server(authority.issue(HERE), require_starttls=True) as taken:
        (outcome,) = run(send(taken.port, tls="off"))
    assert outcome == Misconfigured("MAIL: 530 Must issue a STARTTLS command first")


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("is_encrypted", [True, False])
def test_logging_in(authority, mechanism, is_encrypted):
    other = "LOGIN" if mechanism == "PLAIN" else "PLAIN"
    with server(
        authority.issue(HERE) if is_encrypted else None,
        auth_required=True,
        auth_require_tls=is_encrypted,
        auth_exclude_mechanism=[other],
    ) as taken:
        outcomes = run(send(taken.port, username="ada", password="sésame"))
    assert outcomes == [ACCEPTED]
    assert taken.logins == [(mechanism, b"ada", "sésame".encode())]


def test_a_wrong_password_is_for_the_operator(capsys):
    parcels = [make_parcel(n) for n in (1, 2, 3)]
    with server(auth_require_tls=False) as taken:
        outcomes = run(send(taken.port, *parcels, username="ada", password="wrong-one"))
    refused = "login: 535 5.7.8 Authentication credentials invalid"
    assert outcomes == [Misconfigured(f"127.0.0.1:{taken.port}: {refused}")] * 3
    assert taken.mails == []
    assert "wrong-one" not in "".join(capsys.readouterr())


def test_a_server_that_takes_no_login():
    with server(auth_require_tls=False, auth_exclude_mechanism=["PLAIN", "LOGIN"]) as taken:
        assert run(send(taken.port, username="ada", password="p")) == [
            Misconfigured(f"127.0.0.1:{taken.port}: it offers neither AUTH PLAIN nor AUTH LOGIN")
        ]


def test_addresses_outside_ascii_go_to_servers_that_take_them():
    parcel = make_parcel(destination="jürgen@straße.de")
    with server(enable_SMTPUTF8=True) as taken:
        assert run(send(taken.port, parcel)) == [ACCEPTED]
    (mail,) = taken.mails
    assert mail.rcpt_tos == ["jürgen@xn--strae-oqa.de"]
    assert mail.mail_options[1:] == ["BODY=8BITMIME", "SMTPUTF8"]
    assert "\r\nTo: jürgen@xn--strae-oqa.de\r\n".encode() in (mail.content or b"")
    with server(enable_SMTPUTF8=False) as taken:
        outcomes = run(send(taken.port, make_parcel(), parcel, make_parcel()))
    refusal = "The relay cannot take addresses outside ASCII (SMTPUTF8)"
    assert outcomes == [ACCEPTED, Rejected(Status.PATHWAY_ERROR, refusal), ACCEPTED]


def test_the_size_is_said_before_it_is_sent():
    with server(data_size_limit=2000) as taken:
        (small, large) = (
            run(send(taken.port, message=make_message(text=text))) for text in ("a", "a" * 3000)
        )
    assert small == [ACCEPTED]
    assert isinstance(large[0], Rejected)
    assert large[0].reason.endswith(" bytes, and the relay takes 2000")
    (mail,) = taken.mails
    assert mail.mail_options == [f"SIZE={len(mail.content or b'')}"]
