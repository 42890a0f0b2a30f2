"""The personal pages of guests: `/my/{token}` and what is below it."""
