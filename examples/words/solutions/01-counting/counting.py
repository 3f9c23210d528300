# %% [markdown]
# # Counting words
#
# After this notebook you can count the words of a text, find the most frequent ones, and say why ties need a rule.
# It takes about 20 minutes. You need strings, lists and dictionaries, and nothing but Python's standard library.

# %% given="setup"
from wordlab import exercises as check
from wordlab.quiz import explain

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
check.word_counts(word_counts)

# %% hidden_test="word_counts" points=2
import hidden

hidden.word_counts(word_counts)

# %% hidden_test="word_counts" points=1
import hidden

hidden.word_counts_without_letters(word_counts)

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
check.most_common(most_common)

# %% hidden_test="most_common" points=2
import hidden

hidden.most_common(most_common)

# %% hidden_test="most_common" points=1
import hidden

hidden.most_common_contract(most_common)

# %% uses="most_common word_counts"
for word in most_common(word_counts(PROVERB), 3):
    print(word, word_counts(PROVERB)[word])

# %% [markdown]
# ## Quiz
#
# Write the letter of your answer between the quotes, and run the cell below the question.

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
