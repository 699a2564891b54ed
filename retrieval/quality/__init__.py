"""What is wrong with a shop's product data, and what to do about it."""
