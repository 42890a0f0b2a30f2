"""Whom we trust, and who we are, on TLS to a trunk."""

import ssl
from pathlib import Path

from turnout.carriers import UnfitError


def make_context(authorities: str, certificate: str) -> ssl.SSLContext:
    """For these files (PEM), empty = the system's authorities, and no certificate. Raises
    UnfitError, which names the file that cannot be read."""
    for name, path in (("TLS_CA_FILE", authorities), ("TLS_CERTIFICATE", certificate)):
        if path:
            _check(name, path)
    try:
        context = ssl.create_default_context(cafile=authorities or None)
    except OSError as error:
        raise _garbled("TLS_CA_FILE", authorities) from error
    if certificate:
        try:
            context.load_cert_chain(certificate)
        except OSError as error:
            raise _garbled("TLS_CERTIFICATE", certificate) from error
    return context


def _check(name: str, path: str) -> None:
    try:
        Path(path).open("rb").close()
    except OSError as error:
        raise UnfitError(
            f"the certificate file {path} ({name}) cannot be read: {error.strerror}",
            f"Correct …_{name}, or let this user read the file.",
        ) from error


def _garbled(name: str, path: str) -> UnfitError:
    what = "and its key " if name == "TLS_CERTIFICATE" else ""
    return UnfitError(
        f"the file {path} ({name}) has no certificate {what}in PEM",
        f"Correct …_{name}, or the file.",
    )
