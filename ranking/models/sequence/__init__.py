"""What the models share that read a shopper's history as a sequence and say what comes next. Only `network`, `training`
and `history_network` load torch.

settings         the size of a network, and how it learns
rows             histories as rows of product numbers
network          what a network is given and gives, and its loss over the catalogue
training         batches, loss and validation
model            scores and chances of what comes next, from any network
history_network  the network of `ranking.models.history_vectors`, which serves without it
"""
