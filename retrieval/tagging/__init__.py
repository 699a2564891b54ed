"""Suggests categories and attributes for products that lack them, apart from the merchant's own data."""
