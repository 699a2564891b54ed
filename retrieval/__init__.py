"""Products in, candidates out."""
