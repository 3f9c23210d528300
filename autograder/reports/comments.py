"""What a person wrote about an answer, in Markdown, as a part of a student's page."""

from __future__ import annotations

from typing import Any, ClassVar

from markupsafe import Markup
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath, MathBlockParser

from autograder.reports.inert import inert_html
from autograder.text import visible


class _Blocks(MathBlockParser):
    """Blocks of Markdown in which ``#3`` at the beginning of a line is a number, not a heading."""

    # nbconvert's rule for a heading, with the space that it leaves out; the rule's name depends on mistune's version.
    SPECIFICATION: ClassVar = {
        name: rule.replace(r"[ \t]*(.*?)?", r"[ \t]*|[ \t]+.*?") for name, rule in MathBlockParser.SPECIFICATION.items()
    }


class _Renderer(IPythonRenderer):
    """Markdown for a few sentences: HTML is text, pictures are links, headings are bold, line ends stay."""

    def heading(self, text: str, level: int, **_: Any) -> str:
        """A heading of the page would not be one of the comment's."""
        return f"<p><strong>{text}</strong></p>\n"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """The page shows nothing from elsewhere."""
        return self.link(text or self.escape_html(url), url, title)

    def block_code(self, code: str, info: str | None = None) -> str:
        """Code without colours."""
        return f"<pre><code>{self.escape_html(code)}</code></pre>\n"

    def task_list_item(self, text: str, checked: bool = False, **_: Any) -> str:
        """A box that is ticked or not; nothing on the page can be filled in."""
        return f"<li>{'☑' if checked else '☐'} {text}</li>\n"

    def softbreak(self) -> str:
        """Who begins a new line means a new line."""
        return "<br>\n"


def comment_html(markdown: str) -> Markup:
    """A comment as HTML that neither acts nor fetches anything, nor ends what stands around it; formulas stay text."""
    if not markdown.strip():
        return Markup()
    renderer = _Renderer(escape=True, allow_harmful_protocols=False)
    return Markup(inert_html(MarkdownWithMath(renderer, _Blocks()).render(visible(markdown))))
