"""The encoder reader: a small transformer that reads a turn together with what it needs of the context.

labels    what the heads choose between
inputs    a turn and its context as token ids and features
model     the network
targets   an annotated turn as what the heads should say
weights   the trained part on disk
decode    what the heads say as a frame
reader    the reader made of these
training  fine-tuning
"""
