"""An event as a file: written here, read elsewhere."""
