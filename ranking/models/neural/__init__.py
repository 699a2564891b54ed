"""What the models share that learn from features of shoppers and products whether an interest is taken.

features  products as vectors of what they are made of, shoppers as rows of product numbers
examples  interests with the history before each, and sampled products that were passed over
layers    the parts that networks are put together from
network   what a network is given and what it gives
training  batches, loss and validation
model     chances from any network
"""
