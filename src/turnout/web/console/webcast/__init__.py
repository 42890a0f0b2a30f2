"""Webcasts: what each session shows, and the page from which its questions and polls are led."""
