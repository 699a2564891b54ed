"""What the networks of `ranking.models` share.

features     products as vectors of what they are made of, shoppers as rows of product numbers
examples     interests with the history before each, and sampled products that were passed over
layers       the parts that networks are put together from
network      what a network is given and what it gives
training     the loop: seeds, early stopping, several processes, mixed precision
checkpoints  where training stands, on disk
model        fit, score, explain, save and load for any network
"""
