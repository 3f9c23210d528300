# %% wrong="one_step_back" exercise="running_totals" says="only the amount before is added"
def running_totals(amounts):
    return [amount + (amounts[i - 1] if i else 0) for i, amount in enumerate(amounts)]


# %% right="accumulate" exercise="running_totals"
from itertools import accumulate


def running_totals(amounts):
    return list(accumulate(amounts))
