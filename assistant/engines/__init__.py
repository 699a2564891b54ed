"""Engines behind the chat model protocol, one file each."""
