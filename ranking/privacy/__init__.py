"""Models that are learned with user-level differential privacy: what they tell hardly hangs on any one shopper.

budget    how much privacy may be spent, and how much noise that takes
noise     where the randomness comes from
counts    how often products and pairs were wanted, each shopper's part bounded, with noise
vectors   the map from what a history is made of to what comes next, by Opacus
fit       all of it together: the models and the report of what was spent

Products and what they are made of are public, as is the number of shoppers; what shoppers did is private.
"""
