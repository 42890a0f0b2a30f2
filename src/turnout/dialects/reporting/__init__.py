"""The reporting API: who registered, watched, asked and answered."""
