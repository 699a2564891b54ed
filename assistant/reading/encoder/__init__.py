"""The encoder reader: a small transformer that reads a turn together with what it needs of the context.

labels    what the heads choose between
quantities numbers as candidates for the roles that the network gives them
inputs    a turn and its context as token ids and features
model     the network for training
dialogues annotated dialogues as turns with their context
targets   an annotated turn as what the heads should say
graph     the network for reading
runtime   the network compiled for this processor
weights   the trained part on disk
readable  whether a turn can be read at all
hints     where the rules lean on what the heads say
decode    what the heads say as a frame
reader    the reader made of these
training  fine-tuning
scoring   how well a reader reads, and how sure it may be
"""
