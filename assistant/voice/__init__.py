"""The tuned voice: hand-written answers, the adapter that was trained on them, and what checks and samples them."""
