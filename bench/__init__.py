"""Benchmarks: one file each; each gives ratios whose both sides are measured in the same run."""
