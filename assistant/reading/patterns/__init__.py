"""How people say what they want done, as tables of patterns."""
