"""What the assistant does for each act of a frame: one module a family of acts."""
