"""Readers of product files."""
