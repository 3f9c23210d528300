# %% [markdown]
# # Running totals
#
# After this notebook you can turn amounts into running totals, and say why one pass is enough.
# It takes about ten minutes and needs nothing but lists.

# %% given="setup"
import random

from coursekit.checks import expect_equal
from coursekit.seeds import grading_seed

# %% [markdown]
# ## Totals along the way
#
# You save 5, then 2, then 10 euros. On the way you own 5, 7 and 17 euros: each running total is the one before it plus
# the next amount. So a single pass over the list is enough, with one number to remember.

# %%
saved = 0
for amount in [5, 2, 10]:
    saved += amount
    print(f"put in {amount:2}, own {saved:2}")

# %% [markdown]
# ## Exercise: `running_totals` (3 points)
#
# <details><summary>A hint</summary>
#
# Keep the total in a variable of its own, and append it to the result after each addition.
#
# </details>


# %% exercise="running_totals"
def running_totals(amounts):
    """The totals after each amount, as a list as long as ``amounts``. ``amounts`` itself must not change."""
    ### BEGIN SOLUTION
    totals, total = [], 0
    for amount in amounts:
        total += amount
        totals.append(total)
    return totals
    ### END SOLUTION


# %% test="running_totals" points=1
expect_equal(running_totals([5, 2, 10]), [5, 7, 17], what="the totals of 5, 2 and 10")

# %% hidden_test="running_totals" points=2
numbers = random.Random(grading_seed())
amounts = [numbers.randint(1, 99) for _ in range(numbers.randint(5, 9))]
right = [sum(amounts[: i + 1]) for i in range(len(amounts))]
mistakes = {
    "the first amount is left out": [total - amounts[0] for total in right],
    "only the amount before is added": [sum(amounts[max(i - 1, 0) : i + 1]) for i in range(len(amounts))],
}
expect_equal(running_totals(amounts), right, what="the totals of some amounts", mistakes=mistakes)
expect_equal(running_totals([]), [], what="the totals of no amounts")

# %% [markdown]
# **What to take away.** One pass and one remembered number replace a sum for each position.
