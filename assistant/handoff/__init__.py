"""Handing a conversation over to a person: when, in which states, and how their help desk hears of it."""
