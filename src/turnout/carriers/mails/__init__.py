"""Mails as they are written: what networks that carry e-mail have in common."""
