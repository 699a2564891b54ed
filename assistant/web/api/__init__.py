"""The HTTP API, version 1: conversations, events, search and the agents' calls; `build.py` puts it together."""
