"""Self-check questions: a student chooses a letter and reads why it is right or wrong.

A course keeps the explanations in a folder of its package, ``quizzes/TOPIC.json``. They are sealed, so that nobody
reads them by accident. They are not secret: anyone can read them all by trying every letter. Marks do not depend on
them.
"""

import base64
import hashlib
import json
import textwrap
from pathlib import Path
from typing import Any

from coursekit.checks import CheckFailed
from coursekit.errors import LINE, DataError, wrapped

_CHECKSUM_BYTES = 8
_MOST_OF_AN_ANSWER = 20


class Quizzes:
    """The quizzes of a course.

    Args:
        folder: holds the sealed explanations, one file per topic.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def explain(self, topic: str, question: str, answer: object) -> None:
        """Print the explanation of the option chosen, or what to write where none is chosen yet.

        Args:
            topic: such as ``01-normalization``.
            question: the question's name.
            answer: the letter chosen; lower case, blanks and brackets around it are fine.

        Raises:
            DataError: if the course has no explanations for this question.
        """
        options = self._explanations(topic).get(question)
        if not options:
            raise DataError(f"{topic} has no question {question!r}; `autograder build` writes its explanations.")
        letter = chosen(answer)
        if letter in options:
            print(textwrap.fill(unseal(topic, question, letter, options[letter]), LINE))
        elif letter:
            print(wrapped(f"{letter[:_MOST_OF_AN_ANSWER]!r} is none of the options: write {_listed(list(options))}."))
        else:
            print(
                wrapped(
                    f'Write {_listed(list(options))} between the quotes of {question} = "", and run the cell again.'
                )
            )

    def _explanations(self, topic: str) -> dict[str, dict[str, str]]:
        path = self._folder / f"{topic}.json"
        if not path.is_file():
            raise DataError(f"{path} does not exist; `autograder build {topic}` makes it from the topic's source.")
        explanations: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
        return explanations


def expect_answer(topic: str, question: str, answer: object, *, right: str) -> None:
    """Check the option chosen.

    Raises:
        CheckFailed: if it is not the right one; only the text with values says which one is.
    """
    letter = chosen(answer)
    if letter == right:
        return
    problem = "{what} is wrong" if letter else "{what} is missing"
    where = f"what is printed below question {question}"
    raise CheckFailed(f"the answer {question}", repr(right), repr(letter), reread=where, problem=problem)


def chosen(answer: Any) -> str:
    """The letter that an answer stands for, be it written `b`, `B)` or `(b)`; "" for what is no text."""
    return answer.strip(" \t\n()[].:").upper() if isinstance(answer, str) else ""


def seal(topic: str, question: str, letter: str, text: str) -> str:
    """Hide a text behind a key made of topic, question and letter; the same text always gives the same seal."""
    plain = text.encode()
    return base64.b64encode(_masked(topic, question, letter, _checksum(plain) + plain)).decode()


def unseal(topic: str, question: str, letter: str, sealed: str) -> str:
    """The text behind a seal.

    Raises:
        DataError: if it was sealed for another topic, question or letter, or is damaged.
    """
    try:
        opened = _masked(topic, question, letter, base64.b64decode(sealed, validate=True))
    except ValueError:
        opened = b""
    plain = opened[_CHECKSUM_BYTES:]
    if opened[:_CHECKSUM_BYTES] != _checksum(plain):
        raise DataError(
            f"The explanation of {letter} in {topic}, {question}, cannot be opened; `autograder build` makes it anew."
        )
    return plain.decode()


def _masked(topic: str, question: str, letter: str, data: bytes) -> bytes:
    """The data combined with a stream that depends on the key; done twice, the data again."""
    key = "\0".join((topic, question, letter)).encode()
    stream = hashlib.shake_256(key).digest(len(data))
    return bytes(a ^ b for a, b in zip(data, stream, strict=True))


def _checksum(plain: bytes) -> bytes:
    return hashlib.sha256(plain).digest()[:_CHECKSUM_BYTES]


def _listed(letters: list[str]) -> str:
    quoted = [f'"{letter}"' for letter in letters]
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}"
