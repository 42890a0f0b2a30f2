"""The reporting API: who watched, asked and answered. See README.md."""
