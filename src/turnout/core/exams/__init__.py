"""Exams: events at a venue and a time in which learners sit assessments, with accommodations."""
