"""Networks that carry messages, one a file. None is built yet; messaging brings them."""
