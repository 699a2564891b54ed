"""User-item models, one file a model."""
