"""People: one per organization and e-mail address."""
