"""Certificates of attendance: who gets one, their papers, and the code that proves them."""
