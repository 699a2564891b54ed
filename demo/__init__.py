"""The demo shop, Fernhill Store: a seeded generator of its products, shoppers, orders and policies."""
