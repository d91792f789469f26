"""Orders and the catalogue over HTTP."""
