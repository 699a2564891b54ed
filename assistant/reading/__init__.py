"""Reading a shopper's message without a model: the parts, each a pure function over the words of a turn.

text         words with their places, so that every value is a slice of what was typed
words        closed word classes of English (colours, materials, units, fillers); never goods or brands
numbers      numbers in words and digits
amounts      prices, ratings, quantities, order ids, and measures that are no prices
references   which of the shown items are meant
corrections  "blue, no wait, green"
negation     what is not wanted
drops        what is taken back
slots        what is wanted: query, properties, brands
acts         what the shopper wants done
lexical      the reader made of these
llm          the reader that asks a language model and is checked by these
"""
