"""Errors that the command line shows as one sentence."""


class CourseError(Exception):
    """Something that the person at the command line can put right; its text says what happened and what to do."""


class GivenCellError(CourseError):
    """A given cell of a topic fails when a submission is graded, which no student is to blame for.

    Attributes:
        cell: the cell's id.
    """

    def __init__(self, cell: str, error: str) -> None:
        super().__init__(
            f"the given cell {cell!r} fails in grading, so no submission can be marked: {error}. There, cells run in a "
            "folder of their own: find data by an absolute path, such as one made from the course package's __file__."
        )
        self.cell = cell


class HiddenModuleError(CourseError):
    """A topic's ``hidden.py`` fails when a submission is graded, which no student is to blame for.

    Attributes:
        place: its file and line.
        says: the error.
    """

    def __init__(self, place: str, error: str) -> None:
        super().__init__(
            f"{place}: this fails in grading, so no submission can be marked: {error}. There, the module is made from "
            "its text: it has no __file__, and nothing beside it can be imported."
        )
        self.place, self.says = place, error
