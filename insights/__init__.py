"""The merchant's side: what the behaviour data says about the shop."""
