"""Students' Markdown on nbgrader's pages: shown, never run."""

from __future__ import annotations

import pytest

from autograder.nbgrader_steps import markdown_without_scripts
from autograder.reports.inert import inert_html

ACTING = ("<script", "<svg", "<iframe", "<form", "<input", "<style", "<img src", 'href="java', 'href="data')


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)>",
        "<iframe src='https://example.org'></iframe>",
        "<form action='https://example.org'><input></form>",
        "<style>body { display: none }</style>",
        "<a href='javascript:alert(1)'>x</a>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](https://example.org/pixel.png)",
        "```mermaid\n<script>alert(1)</script>\n```",
        "$<img src=x onerror=alert(1)>$",
        "\\begin{a}<img src=x onerror=alert(1)>\\end{a}",
    ],
)
def test_nothing_in_it_acts_or_is_fetched(text: str) -> None:
    html = markdown_without_scripts({}, text).replace("&lt;", "‹")
    assert not [word for word in ACTING if word in html]


def test_formulas_tables_code_and_hints_stay() -> None:
    table = "| a | b |\n|---|---|\n| 1 | `x<y` |"
    text = f"$a_1 < b$\n\n{table}\n\n<details><summary>Hint</summary>\n\nThink.\n\n</details>"
    html = markdown_without_scripts({}, text)
    assert all(part in html for part in ("$a_1 &lt; b$", "<table>", "<code>x&lt;y</code>", "<details>", "<summary>"))


def test_attached_pictures_are_shown_and_missing_ones_are_no_error() -> None:
    cell = {"attachments": {"sketch-1.png": {"image/png": "aGk="}}}
    html = markdown_without_scripts({"cell": cell}, "![a sketch](attachment:sketch-1.png) ![b](attachment:b.png)")
    assert '<img src="data:image/png;base64,aGk=" alt="a sketch">' in html
    assert "attachment:" not in html
    assert html.count("<img") == 2
    assert html.count("src=") == 1


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "webp"])
def test_pictures_of_common_kinds_stay(kind: str) -> None:
    html = f'<img alt="a plot" src="data:image/{kind};base64,aGk=">'
    assert inert_html(html) == html


def test_pictures_inside_the_text_stay() -> None:
    html = '<img alt="a plot" src="data:image/png;base64,aGk=">'
    assert inert_html(html) == html


def test_links_to_web_pages_stay() -> None:
    assert inert_html('<a href="https://example.org">x</a>') == '<a href="https://example.org">x</a>'
