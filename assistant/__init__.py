"""A conversation: from a shopper's sentence to grounded, ranked products on the screen."""
