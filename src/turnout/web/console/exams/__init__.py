"""Exams in the console: the calendar, one exam and its candidates, venues, forms, learners."""
