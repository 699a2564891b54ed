"""A grammar of how people write to a shop, crossed with the words of many kinds of goods: annotated training turns.

expand    the template language of the phrase files
lexicon   the words of the goods, as data
screens   made-up products on a screen and the ways of pointing at them
scene     one turn in its making: context, values, and what has been said
slots     what the slots of the templates stand for
changes   what is taken back or put in place of something else
noise     how it is typed
generate  annotated turns, seeded
rewrite   annotated dialogues with other goods, brands, colors and amounts in the same sentences
"""
