"""The subcommands of ``autograder``, one file each."""
