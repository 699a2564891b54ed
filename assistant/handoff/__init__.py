"""Handing a conversation over to a person: when, in which states, what they are told, and how their help desk hears of it."""
