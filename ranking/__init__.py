"""User-item models over the shop's behaviour data."""
