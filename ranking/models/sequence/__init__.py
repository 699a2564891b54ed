"""What the models share that read a shopper's history as a sequence and say what comes next.

rows      histories as rows of product numbers, and products as short vectors of what they are made of
network   what a network is given and gives, and its loss over the catalogue
training  the loop: seeds, early stopping, several processes, mixed precision, checkpoints
model     fit, score, explain, save and load for any network
"""
