"""Makes the module ``hidden`` that hidden tests import: from its text, in the tests' process alone, after the fork.

So it is in no file that a student's process may read, and in no memory that one is forked from.
"""

from __future__ import annotations

import sys
from traceback import walk_tb
from types import ModuleType

from autograder.errors import HiddenModuleError
from autograder.topics import HiddenModule

NAME = "hidden"


def load(hidden: HiddenModule) -> None:
    """Run the module, and let tests import it.

    Raises:
        HiddenModuleError: if it fails.
    """
    module = ModuleType(NAME)
    # Dataclasses look for their module there while it runs.
    sys.modules[NAME] = module
    try:
        exec(compile(hidden.text, hidden.file, "exec", dont_inherit=True), vars(module))
    except (Exception, SystemExit) as error:
        raise HiddenModuleError(_place_of(error, hidden.file), f"{type(error).__name__}: {error}") from None


def _place_of(error: BaseException, file: str) -> str:
    """``file:line`` of where a file fails; the file alone if that cannot be told."""
    lines = [line for frame, line in walk_tb(error.__traceback__) if frame.f_code.co_filename == file]
    if isinstance(error, SyntaxError) and error.filename == file and error.lineno:
        lines.append(error.lineno)
    return f"{file}:{lines[-1]}" if lines else file
