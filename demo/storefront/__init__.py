"""The demo shop's own pages: a small storefront on an origin of its own, with the assistant's widget on every page."""
