"""The door on phones: pairing, the page that scans, and the API that it stands on."""
