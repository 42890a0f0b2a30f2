import base64
from pathlib import Path

import dkim  # type: ignore[import-untyped]
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.carriers.smtp.samples import make_mail, make_message, make_parcel, parse, raw
from turnout.carriers import Attachment
from turnout.carriers.mails.dkim import Signer

RSA = rsa.generate_private_key(65537, 2048)
ED25519 = ed25519.Ed25519PrivateKey.generate()
SIGNERS = [Signer("example.org", "r1", RSA), Signer("example.org", "e1", ED25519)]


def lookup(name: bytes, timeout: int = 5) -> bytes:
    """The DNS in which both keys are published."""
    rsa_key = RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ed_key = ED25519.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {
        b"r1._domainkey.example.org.": b"v=DKIM1; k=rsa; p=" + base64.b64encode(rsa_key),
        b"e1._domainkey.example.org.": b"v=DKIM1; k=ed25519; p=" + base64.b64encode(ed_key),
    }[name]


def verify(mail: bytes) -> list[bool]:
    """Whether each of the two signatures is good."""
    good = []
    for number in (0, 1):
        try:
            good.append(dkim.DKIM(mail).verify(number, dnsfunc=lookup))
        except dkim.ValidationError:
            good.append(False)
    return good


HOSTILE = st.text(st.sampled_from("a =.\t\r\n-é日:;\0"), max_size=60) | st.text(max_size=60)


@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE, st.booleans(), st.booleans())
def test_both_signatures_are_good_whatever_is_mailed(subject, text, page, value, is_page, is_file):
    message = make_message(
        subject=f"{subject}%%one%%",
        text=f"{text}%%one%%{text}",
        html=f"<p>{page}%%one%%  \t {page}" if is_page else "",
        from_name=subject,
        attachments=(Attachment(f"a{text}", "image/png", text.encode("utf-8", "replace")),)
        * is_file,
    )
    parcel = make_parcel(fields={"one": value}, unsubscribe_url="https://example.org/u")
    assert verify(raw(make_mail(message, parcel, SIGNERS))) == [True, True]


@pytest.mark.parametrize(
    "text", ["", "\n", "\n\n\n", " \t\n \n", "a  b \t c\n\n \n", "。\n\n", "。 "]
)
def test_spaces_and_empty_lines_are_canonicalized(text):
    assert verify(raw(make_mail(make_message(text=text), signers=SIGNERS))) == [True, True]


def test_relays_may_change_spaces_but_nothing_else():
    mail = raw(make_mail(make_message(subject="A b", text="One two\n"), signers=SIGNERS))
    assert verify(mail.replace(b"Subject: A b\r\n", b"SUBJECT:  A\r\n\tb \r\n")) == [True, True]
    assert verify(mail.replace(b"One two\r\n", b"One  \t two  \r\n") + b"\r\n") == [True, True]
    for ours, theirs in (
        (b"Subject: A b", b"Subject: A c"),
        (b"One two", b"One  two."),
        (b"To: ada", b"To: eve"),
        (b"MIME-Version", b"From: Eve <eve@example.com>\r\nMIME-Version"),
    ):
        assert ours in mail
        assert verify(mail.replace(ours, theirs)) == [False, False]


def test_the_signatures_cover_every_field():
    message = make_message(headers={"X-Job": "1"})
    parcel = make_parcel(unsubscribe_url="https://example.org/u")
    signatures = parse(make_mail(message, parcel, SIGNERS)).get_all("DKIM-Signature", [])
    tags = [
        dict(tag.strip().split("=", 1) for tag in signature.split(";")) for signature in signatures
    ]
    names = (
        "Date: From: To: Subject: Message-ID: X-Job: List-Unsubscribe: List-Unsubscribe-Post: "
        "MIME-Version: Content-Type: Content-Transfer-Encoding: From"
    )
    assert [{**tag, "b": "", "bh": ""} for tag in tags] == [
        {"v": "1", "a": algorithm, "c": "relaxed/relaxed", "d": "example.org", "s": selector,
         "t": "1700000000", "h": names, "b": "", "bh": ""}
        for algorithm, selector in (("rsa-sha256", "r1"), ("ed25519-sha256", "e1"))
    ]  # fmt: skip
    assert tags[0]["bh"] == tags[1]["bh"]


def pem(key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "rsa-sha256"), (ED25519, "ed25519-sha256")])
def test_keys_are_read_from_pem_files(tmp_path: Path, key, algorithm):
    path = tmp_path / "key.pem"
    path.write_bytes(pem(key))
    signature = Signer.load("example.org", "s", str(path)).sign([("From", "a@example.org")], "", 1)
    assert signature.replace("\r\n", "").startswith(
        f"v=1; a={algorithm}; c=relaxed/relaxed; d=example.org; s=s;"
    )


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "cannot be read: [Errno 2] No such file"),
        (b"nonsense", "cannot be read: "),
        (pem(ec.generate_private_key(ec.SECP256R1())), "must be RSA or Ed25519"),
        (
            b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "cannot be read: ",
        ),
    ],
)
def test_a_key_that_cannot_sign_is_named(tmp_path: Path, content, fault):
    path = tmp_path / "key.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=r"^The DKIM key .*key\.pem ") as caught:
        Signer.load("example.org", "s", str(path))
    assert str(caught.value).startswith(f"The DKIM key {path} {fault}")
