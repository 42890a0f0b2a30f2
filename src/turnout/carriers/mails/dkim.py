"""DKIM signatures (RFC 6376, relaxed/relaxed), with RSA (rsa-sha256) or Ed25519 (RFC 8463).

Signing only; anyone who receives the mail verifies. A signature covers all fields of the mail, and
From once more than it is there, so that nobody can add a second one.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from turnout.carriers.mails.headers import LINE, fold
from turnout.core.senders.model import DkimKey

_SPACE = re.compile(r"[ \t\r\n]+")
_FIRST_LINE = LINE - len("DKIM-Signature: ")


class Signer:
    """One key of one domain, published at `selector`._domainkey.`domain`.

    Safe to use from several threads; signing with RSA releases the interpreter lock.
    """

    def __init__(self, domain: str, selector: str, key: RSAPrivateKey | Ed25519PrivateKey) -> None:
        algorithm, self._sign = _scheme(key)
        self._tags = f"v=1; a={algorithm}; c=relaxed/relaxed; d={domain}; s={selector}"

    @classmethod
    def load(cls, domain: str, selector: str, path: str) -> "Signer":
        """Read the key from a PEM file. Raises ValueError that names the file and the fault."""
        try:
            key = load_pem_private_key(Path(path).read_bytes(), password=None)
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise ValueError(f"The DKIM key {path} cannot be read: {error}") from error
        if isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
            return cls(domain, selector, key)
        raise ValueError(f"The DKIM key {path} must be RSA or Ed25519")

    @classmethod
    def of(cls, key: DkimKey) -> "Signer":
        """The signer of a domain's own key. Raises ValueError if it cannot be read."""
        read = load_pem_private_key(key.private_pem.encode(), password=None)
        if isinstance(read, RSAPrivateKey | Ed25519PrivateKey):
            return cls(key.domain, key.selector, read)
        raise ValueError(f"{key} must be RSA or Ed25519")

    def sign(self, headers: Sequence[tuple[str, str]], digest: str, at_s: int) -> str:
        """The value of a DKIM-Signature field for `headers` and the body with that `body_hash`."""
        names = ": ".join([*(name for name, _ in headers), "From"])
        value = fold(f"{self._tags}; t={at_s}; h={names}; bh={digest}; b=", _FIRST_LINE)
        signed = "".join([f"{name.lower()}:{_relaxed(text)}\r\n" for name, text in headers])
        signature = self._sign(f"{signed}dkim-signature:{_relaxed(value)}".encode())
        encoded = base64.b64encode(signature).decode()
        lines = [encoded[at : at + LINE - 1] for at in range(0, len(encoded), LINE - 1)]
        return "\r\n ".join([value, *lines])


def body_hash(segments: Iterable[bytes]) -> str:
    """The bh= tag of a body whose segments consist of whole lines (as mime.py makes them).

    Empty lines at the end may stand in the last segment only.
    """
    digest = hashlib.sha256()
    *first, last = segments
    for segment in first:
        digest.update(_relaxed_lines(segment))
    if rest := _relaxed_lines(last).rstrip(b"\r\n"):
        digest.update(rest + b"\r\n")
    return base64.b64encode(digest.digest()).decode()


def _relaxed(value: str) -> str:
    return _SPACE.sub(" ", value).strip(" ")


def _relaxed_lines(lines: bytes) -> bytes:
    # Mail has few runs of spaces, so searching for two of them beats a pattern 20 times.
    lines = lines.replace(b"\t", b" ")
    while b"  " in lines:
        lines = lines.replace(b"  ", b" ")
    return lines.replace(b" \r\n", b"\r\n")


def _scheme(key: RSAPrivateKey | Ed25519PrivateKey) -> tuple[str, Callable[[bytes], bytes]]:
    if isinstance(key, RSAPrivateKey):
        padding, algorithm = PKCS1v15(), SHA256()
        return "rsa-sha256", lambda data: key.sign(data, padding, algorithm)
    return "ed25519-sha256", lambda data: key.sign(hashlib.sha256(data).digest())
