"""How the page looks: the theme, the style sheet and the small script. No font is fetched."""

import json
from pathlib import Path

import gradio as gr
from gradio.themes.utils import colors, sizes

from web import render
from web.translation import gettext as _
from web.translation import page_language

_HERE = Path(__file__).parent

_STYLES = ("style.css", "talk.css", "notes.css", "quiz.css", "evals.css", "settings.css")
"""The chat's and what all pages share comes first, then that of each page."""

_SCRIPTS = ("page.js", "quiz.js")

_PAPER = colors.Color(
    name="paper",
    c50="#faf9f6",
    c100="#f3f1eb",
    c200="#e6e3da",
    c300="#d2cec2",
    c400="#a5a196",
    c500="#77736a",
    c600="#5c5952",
    c700="#3a3b40",
    c800="#25262b",
    c900="#1c1d21",
    c950="#141518",
)
_INK = colors.Color(
    name="ink",
    c50="#eef4f1",
    c100="#dbe8e2",
    c200="#b9d3c8",
    c300="#92c3b0",
    c400="#5f9d87",
    c500="#2f6f5b",
    c600="#265c4b",
    c700="#1f4b3e",
    c800="#1a3d33",
    c900="#15322a",
    c950="#0c1e19",
)

_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E"
    "%3Crect x='5' y='3' width='22' height='26' rx='4' fill='%232f6f5b'/%3E"
    "%3Crect x='9' y='10' width='14' height='5' rx='1.5' fill='%23ffe27a'/%3E"
    "%3Cpath d='M9 20h14M9 24h9' stroke='white' stroke-width='2'/%3E%3C/svg%3E"
)


def head() -> str:
    """What goes into the page's head: icon, style and script.

    The style is not given to Gradio as CSS, which would write every rule a second time, with
    another prefix and so another weight.
    """
    style, script = (
        "\n".join((_HERE / name).read_text(encoding="utf-8") for name in names)
        for names in (_STYLES, _SCRIPTS)
    )
    where = json.dumps(_("all notes"))
    style += f":root {{ --crib-where-all: {where}; }}"
    said = json.dumps(
        {
            "you": _("You"),
            "answer": _("Answer"),
            "language": page_language(),
            **render.script_words(),
        }
    )
    return (
        f'<link rel="icon" href="{_ICON}"><style>{style}</style>'
        f"<script>const crib = {said};{script}</script>"
    )


def theme() -> gr.themes.Base:
    """Paper and ink, light and dark, in the system's own fonts."""
    base = gr.themes.Base(
        primary_hue=_INK,
        secondary_hue=_INK,
        neutral_hue=_PAPER,
        radius_size=sizes.radius_lg,
        font=("ui-sans-serif", "system-ui", "sans-serif"),
        font_mono=("ui-monospace", "Consolas", "monospace"),
    )
    return base.set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color="*neutral_900",
        body_text_color_dark="*neutral_100",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        block_background_fill="white",
        block_background_fill_dark="*neutral_900",
        input_background_fill="white",
        input_background_fill_dark="*neutral_900",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_400",
        border_color_primary="*neutral_200",
        border_color_primary_dark="*neutral_700",
        button_secondary_background_fill="white",
        button_secondary_background_fill_dark="*neutral_900",
        button_secondary_background_fill_hover="*neutral_100",
        button_secondary_background_fill_hover_dark="*neutral_800",
        button_secondary_border_color="*neutral_200",
        button_secondary_border_color_dark="*neutral_700",
    )
