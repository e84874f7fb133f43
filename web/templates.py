"""The HTML of the page, by Jinja: the templates lie in web/templates/.

Whatever is filled into a template is escaped, unless it was made by another one. That matters:
names of files, notes and what models write come from anywhere, and `gr.HTML` runs what scripts it
is given. It must be given its HTML as the value of the template `${value}`, since a Handlebars
`{{field}}` would leave `${...}` in a note to be run as JavaScript.

A template is a file of macros, one for each piece of HTML; its lines are joined without blanks, as
Gradio's chat reads HTML as Markdown, in which it ends at a blank line.
"""

import re
from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup, escape

from eval.report.html import clean_html
from eval.texts.tokens import parts
from web import translation

_FOLDER = Path(__file__).parent / "templates"
_ANY_LINE_END = re.compile(r"\r\n?|\n")
_LINE_END = re.compile(r"\s*\n\s*")


def _one_line(text: str) -> Markup:
    """`text` as HTML with its line ends written as entities, which look the same."""
    return Markup(_ANY_LINE_END.sub("&#10;", str(escape(text))))  # noqa: S704 (it is escaped)


class _OneLine(Extension):
    """Joins the lines of a template."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return _LINE_END.sub("", source)


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=[_OneLine],
    )
    environment.filters.update(clean=clean_html, parts=parts, one_line=_one_line)
    environment.globals.update(
        _=translation.gettext,
        ngettext=translation.ngettext,
        number=translation.number,
        percent=translation.percent,
        notes=translation.notes,
        passages=translation.passage_count,
        questions=translation.question_count,
        of_total=translation.of_total,
    )
    return environment


_ENVIRONMENT = _environment()


class Macros:
    """The macros of the template of this name, to be called as functions that give HTML."""

    def __init__(self, name: str) -> None:
        self._module = _ENVIRONMENT.get_template(f"{name}.html").module

    def __getattr__(self, name: str) -> Callable[..., Markup]:
        macro: Callable[..., Markup] = getattr(self._module, name)
        return macro
