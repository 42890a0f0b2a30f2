"""One person in all rooms: two who are one, everything that is known of them, and erasing it."""
