"""Every prompt and every canned sentence, as templates."""
