"""Check-in: scans, gates and attendees, as the door and its API see them."""
