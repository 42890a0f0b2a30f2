"""SIP trunks: what the networks that dial by themselves have in common, calls (sip) and faxes
(sip_fax). README.md says what is promised."""
