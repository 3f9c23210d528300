"""A person's comment is Markdown that acts on nothing, fetches nothing and stays in its place on the page."""

from __future__ import annotations

import pytest

from autograder.reports.comments import comment_html


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Nearly: **look** at `x_1`.", "<p>Nearly: <strong>look</strong> at <code>x_1</code>.</p>\n"),
        ("one\ntwo", "<p>one<br>\ntwo</p>\n"),
        ("- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n"),
        ("```python\nx < 3\n```", "<pre><code>x &lt; 3\n</code></pre>\n"),
        ("- [x] done", "<ul>\n<li>☑ done</li>\n</ul>\n"),
    ],
)
def test_markdown_is_rendered(written: str, shown: str) -> None:
    assert comment_html(written) == shown


def test_formulas_stay_as_they_were_written() -> None:
    assert comment_html("since $a_1 < b_1$ and $c_1$") == "<p>since $a_1 &lt; b_1$ and $c_1$</p>\n"


@pytest.mark.parametrize("html", ["<script>alert(1)</script>", "</div></article>", "<img src=x onerror=alert(1)>"])
def test_html_is_shown_as_text(html: str) -> None:
    shown = comment_html(html)
    assert "&lt;" in shown
    assert html not in shown


def test_a_picture_from_elsewhere_is_a_link() -> None:
    assert comment_html("![a plot](https://example.org/x.png)") == (
        '<p><a href="https://example.org/x.png">a plot</a></p>\n'
    )


@pytest.mark.parametrize("target", ["javascript:alert(1)", "data:text/html,x", "vbscript:x"])
def test_a_link_that_would_run_something_leads_nowhere(target: str) -> None:
    assert target not in comment_html(f"[x]({target})")


def test_a_picture_that_is_not_there_is_no_error() -> None:
    assert "the plot" in comment_html("![the plot](attachment:plot.png)")


def test_a_heading_is_none_of_the_pages() -> None:
    assert comment_html("# Well done") == "<p><strong>Well done</strong></p>\n"


def test_a_number_sign_is_no_heading() -> None:
    assert comment_html("#3 is wrong") == "<p>#3 is wrong</p>\n"


def test_direction_overrides_are_made_visible() -> None:
    assert comment_html("left\u202eright") == "<p>left\ufffdright</p>\n"


def test_no_comment_is_nothing() -> None:
    assert comment_html(" \n") == ""
