"""A multiple-choice question in an author's text, and the cells that students get for it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from autograder.errors import CourseError
from autograder.sources.parse import SourceCell

OPTION = re.compile(r"^- ([A-Z])\. (\(right\) )?(.+)$")
WHY = re.compile(r"^  - Why: (.+)$")


@dataclass(frozen=True)
class Question:
    """A multiple-choice question.

    Attributes:
        name: the variable that holds the answer, and the exercise's id.
        prompt: the question in Markdown with its options, nothing about which one is right.
        right: the letter of the right option.
        explanations: by letter, what to say to someone who chose it.
    """

    name: str
    prompt: str
    right: str
    explanations: dict[str, str]

    @property
    def letters(self) -> str:
        """The options as a comment lists them, such as ``"A", "B" or "C"``."""
        quoted = [f'"{letter}"' for letter in self.explanations]
        return ", ".join(quoted[:-1]) + f" or {quoted[-1]}"


def parse_question(cell: SourceCell) -> Question:
    """Read a question from the text of a ``quiz=`` cell.

    Raises:
        CourseError: if an option lacks its explanation, or not exactly one option is right.
    """
    prompt: list[str] = []
    rights: list[str] = []
    explanations: dict[str, str] = {}
    letter = ""
    in_explanation = False
    lines: dict[str, int] = {}
    for number, line in enumerate(cell.text.splitlines(), 1):
        if option := OPTION.match(line):
            letter, right, text = option.groups()
            prompt.append(f"- **{letter}.** {text}")
            rights += [letter] if right else []
            lines.setdefault(letter, number)
            in_explanation = False
        elif (why := WHY.match(line)) and letter:
            explanations[letter] = why[1]
            in_explanation = True
        elif in_explanation and line.startswith("    "):
            explanations[letter] += " " + line.strip()
        else:
            prompt.append(line)
            in_explanation = False
    options = [line[4] for line in prompt if line.startswith("- **")]
    if options != sorted(set(options)) or len(options) < 2:
        raise CourseError(f"{cell.where}: a question needs options `- A.`, `- B.`, … in order, each once.")
    if unexplained := [letter for letter in options if letter not in explanations]:
        where = cell.where.line(lines[unexplained[0]])
        raise CourseError(f"{where}: every option of {cell.name!r} needs a line `  - Why: …` below it.")
    if len(rights) != 1:
        raise CourseError(f"{cell.where}: exactly one option of {cell.name!r} must be marked (right).")
    return Question(cell.name, "\n".join(prompt).strip(), rights[0], explanations)
