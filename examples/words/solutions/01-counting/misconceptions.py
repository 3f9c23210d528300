# %% misconception="white_space" exercise="word_counts" says="words were split at white space alone"
def word_counts(text):
    words = text.lower().split()
    return {word: words.count(word) for word in words}


# %% misconception="capital_letters" exercise="word_counts" says="capital letters were kept"
def word_counts(text):
    words = "".join(c if c.isalpha() else " " for c in text).split()
    return {word: words.count(word) for word in words}


# %% misconception="once_each" exercise="word_counts" says="each word was counted once"
def word_counts(text):
    return dict.fromkeys("".join(c if c.isalpha() else " " for c in text.lower()).split(), 1)


# %% variant="regular_expression" exercise="word_counts"
import re
from collections import Counter


def word_counts(text):
    return Counter(re.findall(r"[^\W\d_]+", text.lower()))


# %% misconception="order_of_the_dict" exercise="most_common" says="in the order of the dict"
def most_common(counts, n):
    return sorted(counts, key=counts.get, reverse=True)[:n]


# %% misconception="reverse" exercise="most_common" says="in reverse order"
def most_common(counts, n):
    return sorted(counts, key=lambda word: (counts[word], word), reverse=True)[:n]


# %% misconception="rarest" exercise="most_common" says="the rarest words come first"
def most_common(counts, n):
    return sorted(counts, key=lambda word: (counts[word], word))[:n]


# %% variant="two_sorts" exercise="most_common"
def most_common(counts, n):
    words = sorted(counts)
    words.sort(key=lambda word: counts[word], reverse=True)
    return words[:n]
