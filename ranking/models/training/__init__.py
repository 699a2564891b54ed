"""What all models that train a network share. `run` and `model` load no torch; the rest is only loaded to train or to
serve with the network itself.

run          what training is told, tells and leaves behind: settings, steps, epochs
model        fit, explain, save and load
loop         what a family of networks brings, and the loop: seeds, early stopping, several processes, mixed precision
checkpoints  where training stands, on disk
weights      networks as arrays by name, and back
process      this process among those that train together
"""
