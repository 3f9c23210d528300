# %% [markdown]
# # Counting words
#
# After this notebook you can count the words of a text, find the most frequent ones, and say why ties need a rule.
# It takes about 20 minutes. You need strings, lists and dictionaries, and nothing but Python's standard library.

# %% given="setup"
import random

from coursekit.checks import expect_equal, expect_true
from coursekit.seeds import grading_seed
from wordlab.quiz import expect_answer, explain

PROVERB = "What's done is done. What is well begun is half done."

# %% [markdown]
# ## What is a word?
#
# A program needs a rule that leaves no doubt. Ours: a word is a run of letters that is as long as possible, in small
# letters. `str.isalpha` says what a letter is. So `What's` holds two words, `what` and `s`.
#
# Splitting at spaces is not enough, because the full stop stays with its word:

# %%
print(PROVERB.split()[:4])

# %% [markdown]
# ## Exercise 1: `word_counts` (4 points)
#
# <details><summary>Hint 1</summary>
#
# Replace each character that is no letter by a space. Then splitting at spaces is enough.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `"".join(c if c.isalpha() else " " for c in text)` does that.
#
# </details>


# %% exercise="word_counts"
def word_counts(text):
    """How often each word occurs in ``text``: a dict from the word, in small letters, to its count."""
    ### BEGIN SOLUTION
    spaced = "".join(c if c.isalpha() else " " for c in text.lower())
    counts = {}
    for word in spaced.split():
        counts[word] = counts.get(word, 0) + 1
    return counts
    ### END SOLUTION


# %% test="word_counts" points=1
right = {"what": 2, "s": 1, "done": 3, "is": 3, "well": 1, "begun": 1, "half": 1}
expect_equal(word_counts(PROVERB), right, what="the word counts of the proverb")

# %% hidden_test="word_counts" points=3
numbers = random.Random(grading_seed())
words = ["".join(numbers.choices("aeioubcd", k=numbers.randint(1, 3))) for _ in range(8)]
drawn = numbers.choices(words, k=numbers.randint(20, 30))
right = {word: drawn.count(word) for word in drawn}
cased = [numbers.choice([word, word.upper(), word.capitalize()]) for word in [*drawn, drawn[0].upper()]]
right[drawn[0]] += 1
text = "".join(word + numbers.choice([" ", ", ", "'", "-", ".\n"]) for word in cased)
lowered = text.lower().split()
mistakes = {
    "words were split at white space alone": {word: lowered.count(word) for word in lowered},
    "capital letters were kept": {word: cased.count(word) for word in cased},
    "each word was counted once": dict.fromkeys(right, 1),
}
expect_equal(word_counts(text), right, what="the word counts of some text", mistakes=mistakes)
expect_equal(word_counts("1, 2, 3!"), {}, what="the word counts of a text without letters")

# %% [markdown]
# ## Exercise 2: `most_common` (4 points)
#
# In the proverb `done` and `is` are both there three times. A function that returns either of them first cannot be
# tested, and gives other results tomorrow. So there is a rule for ties: words of equal count come in the order of the
# alphabet.
#
# <details><summary>Hint</summary>
#
# `sorted` takes a `key`. Tuples are compared from the left, and a count with a minus sign sorts the other way round.
#
# </details>


# %% exercise="most_common"
def most_common(counts, n):
    """The ``n`` most frequent words of ``counts``, as a list; of equal counts, in the order of the alphabet.

    ``counts`` is a dict from words to counts. If it has fewer than ``n`` words, all of them are returned. It must not
    be changed.
    """
    ### BEGIN SOLUTION
    return sorted(counts, key=lambda word: (-counts[word], word))[:n]
    ### END SOLUTION


# %% test="most_common" points=1
expect_equal(most_common({"a": 1, "b": 3, "c": 2}, 2), ["b", "c"], what="the two most common of three words")

# %% hidden_test="most_common" points=3
numbers = random.Random(grading_seed())
names = numbers.sample(["ant", "bee", "cow", "dog", "eel", "fox", "gnu", "hen"], 8)
counts = {name: numbers.randint(1, 3) for name in names}
ranked = sorted(counts, key=lambda word: (-counts[word], word))
# With eight words and three counts some are equal, and the order in which they were drawn is not the alphabet's.
mistakes = {
    "words of equal count are in the order of the dict": sorted(counts, key=counts.get, reverse=True)[:6],
    "words of equal count are in reverse order": sorted(counts, key=lambda word: (counts[word], word))[::-1][:6],
    "the rarest words come first": sorted(counts, key=lambda word: (counts[word], word))[:6],
}
given = dict(counts)
expect_equal(most_common(given, 6), ranked[:6], what="the six most common words", mistakes=mistakes)
expect_equal(most_common(given, 20), ranked, what="the most common words when there are fewer than asked for")
expect_true(given == counts, what="the counts are not changed")

# %%
for word in most_common(word_counts(PROVERB), 3):
    print(word, word_counts(PROVERB)[word])

# %% [markdown]
# ## Quiz
#
# Write the letter of your answer between the quotes, and run both cells below the question.

# %% [markdown] quiz="longer_text" points=1
# **You read twice as much of the same novel. The number of different words …**
#
# - A. doubles
#   - Why: Only if no word came up again; but frequent words come up on every page.
# - B. (right) grows, but does not double
#   - Why: New words keep turning up, ever more rarely, because most of what follows has been there before.
# - C. stays the same
#   - Why: There are always rare words that the first half did not need.

# %% [markdown]
# **What to take away.** A rule for words and a rule for ties make counting a matter of a dictionary and one `sorted`.
