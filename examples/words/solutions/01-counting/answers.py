# %% wrong="white_space" exercise="word_counts" says="words were split at white space alone"
def word_counts(text):
    words = text.lower().split()
    return {word: words.count(word) for word in words}


# %% wrong="capital_letters" exercise="word_counts" of="white_space" says="capital letters were kept"
# -     words = text.lower().split()
# +     words = "".join(c if c.isalpha() else " " for c in text).split()


# %% wrong="once_each" exercise="word_counts" says="each word was counted once"
def word_counts(text):
    return dict.fromkeys("".join(c if c.isalpha() else " " for c in text.lower()).split(), 1)


# %% right="regular_expression" exercise="word_counts"
import re
from collections import Counter


def word_counts(text):
    return Counter(re.findall(r"[^\W\d_]+", text.lower()))


# %% wrong="order_of_the_dict" exercise="most_common" says="in the order of the dict"
# -     return sorted(counts, key=lambda word: (-counts[word], word))[:n]
# +     return sorted(counts, key=counts.get, reverse=True)[:n]

# %% wrong="reverse" exercise="most_common" says="in reverse order"
# -     return sorted(counts, key=lambda word: (-counts[word], word))[:n]
# +     return sorted(counts, key=lambda word: (counts[word], word), reverse=True)[:n]

# %% wrong="rarest" exercise="most_common" says="the rarest words come first"
# -     return sorted(counts, key=lambda word: (-counts[word], word))[:n]
# +     return sorted(counts, key=lambda word: (counts[word], word))[:n]


# %% right="two_sorts" exercise="most_common"
def most_common(counts, n):
    words = sorted(counts)
    words.sort(key=lambda word: counts[word], reverse=True)
    return words[:n]
