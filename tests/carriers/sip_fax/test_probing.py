"""What `turnout doctor` says where faxes cannot be made at all."""

from pathlib import Path
from typing import Any

import pytest

from turnout.carriers import UnfitError
from turnout.carriers.sip_fax import SipFaxSettings, spandsp
from turnout.carriers.sip_fax.probing import probe
from turnout.carriers.trunks.probing import ask


def test_a_machine_without_spandsp_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    spandsp._load.cache_clear()
    monkeypatch.setattr(spandsp, "LIBRARY", "libspandsp-that-is-not-here.so")
    with pytest.raises(OSError, match="is not installed: apt-get install libspandsp2"):
        probe(SipFaxSettings(host="127.0.0.1"))
    monkeypatch.undo()
    assert spandsp.is_available()


def test_a_range_of_too_few_ports_is_refused() -> None:
    with pytest.raises(ValueError, match="rtp_ports has 1 even ports, and 1 channels need 2"):
        SipFaxSettings(host="127.0.0.1", channels=1, rtp_ports="24900-24901")
    SipFaxSettings(host="127.0.0.1", channels=1, rtp_ports="24899-24902")


def test_files_of_tls_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    missing, garbled = tmp_path / "none.pem", tmp_path / "garbled.pem"
    garbled.write_text("no certificate")
    told: list[tuple[dict[str, Any], str]] = [
        ({"tls_ca_file": str(missing)}, "none.pem .TLS_CA_FILE. cannot be read: No such file"),
        ({"tls_certificate": str(missing)}, "none.pem .TLS_CERTIFICATE. cannot be read"),
        ({"tls_ca_file": str(garbled)}, "garbled.pem .TLS_CA_FILE. has no certificate"),
        ({"tls_certificate": str(garbled)}, "garbled.pem .TLS_CERTIFICATE. has no certificate"),
    ]
    for members, said in told:
        with pytest.raises(UnfitError, match=said):
            ask(SipFaxSettings(host="127.0.0.1", **members))
