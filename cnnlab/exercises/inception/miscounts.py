"""Mistakes in counting weights and multiply-adds that several exercises on Inception share."""

from coursekit.checks import Mistake

KERNEL_ONCE = Mistake("kernel_once", "a kernel has K * K weights, not K")
FLOP_FOR_MAC = Mistake("flop_for_mac", "multiplication and addition were counted apart (FLOP); a MAC is both")
BIASES_AS_MACS = Mistake("biases_as_macs", "the biases were counted too; they cost no multiply-adds")
NO_POSITIONS = Mistake("no_positions", "the positions are missing; each weight is used at every one of them")
ONE_SIDE = Mistake("one_side", "one side of the maps is missing; there are size * size positions")
