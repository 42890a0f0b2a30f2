"""The product: nouns and rules, one folder a noun. Nothing here is async or knows of HTTP."""
