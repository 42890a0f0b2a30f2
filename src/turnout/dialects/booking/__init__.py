"""The booking API: exam seats, candidates, assessments and accommodations."""
