"""New keys for signing mail, RSA and Ed25519 (RFC 8463): receivers take the one that they know."""

import base64
import secrets
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

RSA_BITS = 2048


class NewKey(NamedTuple):
    """A key pair: the private half in PEM, the public one as the DNS has it (base64)."""

    selector: str
    algorithm: str
    private_pem: str
    public: str


def generate_keys() -> list[NewKey]:
    """An RSA and an Ed25519 key under new selectors; slow, so not in a transaction."""
    mark = secrets.token_hex(4)
    pair = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    small = ed25519.Ed25519PrivateKey.generate()
    rsa_public = pair.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    small_public = small.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return [
        NewKey(f"t{mark}r", "rsa", _pem(pair), base64.b64encode(rsa_public).decode()),
        NewKey(f"t{mark}e", "ed25519", _pem(small), base64.b64encode(small_public).decode()),
    ]


def _pem(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
