"""Self-check questions: what they print, and how explanations are sealed."""

import json
from pathlib import Path

import pytest

from coursekit import quiz
from coursekit.checks import CheckFailed
from coursekit.errors import DataError

TOPIC, QUESTION = "01-normalization", "batch_of_one"
TEXTS = {"A": "Not quite. The mean of one example is that example.", "B": "Right. Every output is beta: β."}


@pytest.fixture(autouse=True)
def quizzes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the sealed explanations of one question."""
    sealed = {letter: quiz.seal(TOPIC, QUESTION, letter, text) for letter, text in TEXTS.items()}
    (tmp_path / f"{TOPIC}.json").write_text(json.dumps({QUESTION: sealed}), encoding="utf-8")
    monkeypatch.setattr(quiz, "explain", quiz.Quizzes(tmp_path).explain, raising=False)
    return tmp_path


class TestExplain:
    @pytest.mark.parametrize(("answer", "letter"), [("A", "A"), ("B", "B"), (" b ", "B"), ("a\n", "A")])
    def test_prints_why_the_chosen_option_is_right_or_wrong(
        self, answer: str, letter: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        quiz.explain(TOPIC, QUESTION, answer)
        assert capsys.readouterr().out == TEXTS[letter] + "\n"

    def test_breaks_long_lines_between_words(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(quiz, "unseal", lambda *_: "many words " * 20)
        quiz.explain(TOPIC, QUESTION, "A")
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 3 and all(set(line.split()) == {"many", "words"} for line in lines)

    @pytest.mark.parametrize("answer", ["C", "AB", "the third"])
    def test_says_that_an_answer_is_no_option(self, answer: str, capsys: pytest.CaptureFixture[str]) -> None:
        quiz.explain(TOPIC, QUESTION, answer)
        assert capsys.readouterr().out == f'{answer.upper()!r} is none of the options: write "A" or "B".\n'

    @pytest.mark.parametrize("answer", ["", " ", None, 1, ["A"], ...])
    def test_says_what_to_write_where_no_option_is_chosen(
        self, answer: object, capsys: pytest.CaptureFixture[str]
    ) -> None:
        quiz.explain(TOPIC, QUESTION, answer)
        assert capsys.readouterr().out == (
            'Write "A" or "B" between the quotes of batch_of_one = "", and run the cell again.\n'
        )

    def test_says_what_to_do_about_a_question_that_was_never_built(self) -> None:
        with pytest.raises(DataError, match="has no question 'momentum'; `autograder build`"):
            quiz.explain(TOPIC, "momentum", "A")

    def test_says_what_to_do_about_a_topic_that_was_never_built(self) -> None:
        with pytest.raises(DataError, match="`autograder build 07-transformers` makes it"):
            quiz.explain("07-transformers", QUESTION, "A")


class TestExpectAnswer:
    @pytest.mark.parametrize("answer", ["B", "b", " B ", "b)", "(B)", "B."])
    def test_accepts_the_right_letter(self, answer: str) -> None:
        quiz.expect_answer(TOPIC, QUESTION, answer, right="B")

    def test_rejects_another_letter_and_gives_the_right_one_away_only_with_values(self) -> None:
        with pytest.raises(CheckFailed) as caught:
            quiz.expect_answer(TOPIC, QUESTION, "A", right="B")
        assert "expected 'B', got 'A'" in str(caught.value)
        assert "'B'" not in caught.value.in_words(str)

    @pytest.mark.parametrize("answer", ["", "  ", None])
    def test_says_that_an_answer_is_missing(self, answer: object) -> None:
        with pytest.raises(CheckFailed, match="is missing"):
            quiz.expect_answer(TOPIC, QUESTION, answer, right="B")


class TestSeal:
    def test_opens_with_its_own_topic_question_and_letter(self) -> None:
        assert quiz.unseal(TOPIC, QUESTION, "B", quiz.seal(TOPIC, QUESTION, "B", TEXTS["B"])) == TEXTS["B"]

    @pytest.mark.parametrize(
        "key", [("02-alexnet", QUESTION, "B"), (TOPIC, "another", "B"), (TOPIC, QUESTION, "A"), (TOPIC, QUESTION, "")]
    )
    def test_does_not_open_with_another_key(self, key: tuple[str, str, str]) -> None:
        with pytest.raises(DataError, match="cannot be opened"):
            quiz.unseal(*key, quiz.seal(TOPIC, QUESTION, "B", TEXTS["B"]))

    @pytest.mark.parametrize("damaged", ["", "AAAA", "not base64!"])
    def test_a_damaged_seal_does_not_open(self, damaged: str) -> None:
        with pytest.raises(DataError, match="cannot be opened"):
            quiz.unseal(TOPIC, QUESTION, "B", damaged)

    def test_holds_no_word_of_the_text(self) -> None:
        sealed = quiz.seal(TOPIC, QUESTION, "B", TEXTS["B"])
        assert not any(word in sealed for word in TEXTS["B"].split() if len(word) > 2)

    def test_is_the_same_for_the_same_text_so_that_builds_agree(self) -> None:
        assert quiz.seal(TOPIC, QUESTION, "B", "x") == quiz.seal(TOPIC, QUESTION, "B", "x")

    def test_differs_for_equal_texts_of_two_options(self) -> None:
        assert quiz.seal(TOPIC, QUESTION, "A", "x" * 20) != quiz.seal(TOPIC, QUESTION, "B", "x" * 20)
