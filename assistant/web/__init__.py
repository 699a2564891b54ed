"""The chat page and the HTTP server under it."""
