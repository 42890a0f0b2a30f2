"""What `turnout doctor` says where faxes cannot be made at all."""

import pytest

from turnout.carriers.sip_fax import SipFaxSettings, spandsp
from turnout.carriers.sip_fax.probing import probe


def test_a_machine_without_spandsp_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    spandsp._load.cache_clear()
    monkeypatch.setattr(spandsp, "LIBRARY", "libspandsp-that-is-not-here.so")
    with pytest.raises(OSError, match="is not installed: apt-get install libspandsp2"):
        probe(SipFaxSettings(host="127.0.0.1"))
    monkeypatch.undo()
    assert spandsp.is_available()
