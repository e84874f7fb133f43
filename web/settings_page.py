"""The page of settings and health: what stands on it, and what happens on which click."""

import html
from functools import partial
from typing import Any

import gradio as gr

from rag.errors import CribError
from web import words
from web.layout import Layout
from web.parts import Feed, Updates, paced
from web.parts import html as html_part
from web.protocols import Controls, HealthCheck
from web.render import answerer
from web.templates import Macros
from web.translation import N_, PAGE_LANGUAGES, failure
from web.translation import gettext as _

_RUNS = {
    "model": N_("Writes answers"),
    "embedding": N_("Finds passages"),
    "home": N_("Index and conversations"),
    "cache": N_("Models"),
}

_THEMES = {"system": N_("as the system"), "light": N_("light"), "dark": N_("dark")}

_ABOUT = {
    "llm": N_("Local models read on this machine; hosted ones are sent the passages."),
    "passages": N_("More find more, and take longer to read."),
    "prompt_tokens": N_("More passages fit in, and the first word comes later."),
    "wrong_answers": N_("Fewer means that more questions are refused."),
    "strict": N_("Otherwise such sentences are marked."),
    "answer_cache": N_("Then it comes at once. “Ask again” always asks anew."),
    "language": N_("Of this page."),
}

_NAMES = {
    "llm": N_("Model that reads the passages"),
    "passages": N_("Passages found for a question"),
    "prompt_tokens": N_("Tokens that the model is given"),
    "wrong_answers": N_("Wrong answers that you accept, of 100"),
    "strict": N_("Leave out what no passage says"),
    "answer_cache": N_("Give a kept answer where the same is asked of the same passages"),
    "language": N_("Language"),
}

_THEME_SCRIPT = "(theme) => { cribTheme(theme); return theme; }"
_SETTINGS = Macros("settings")
_PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


class SettingsPage:
    """Over the controls of a library."""

    id = "settings"

    def __init__(self, controls: Controls) -> None:
        self._controls = controls
        self._inputs: dict[str, gr.components.Component] = {}

    @property
    def label(self) -> str:
        """Its name on the tab."""
        return _("Settings")

    def lay_out(self, tab: gr.Tab, _chat: Layout) -> None:
        """Build its parts and connect its listeners."""
        with gr.Row(elem_id="settings"):
            with gr.Column(elem_classes="controls"):
                self._lay_out_answers()
                self._lay_out_look()
            with gr.Column():
                self._running = html_part("", "running")
                self._health = html_part(_SETTINGS.health(None), "health")
                with gr.Row(elem_id="health-actions"):
                    look = gr.Button(_("Look whether all is well"), size="sm")
                    repair = gr.Button(_("Repair the index"), size="sm")
                self._diagnosis = gr.Textbox(
                    label=_("Diagnosis"),
                    info=_("To copy for whoever helps you. No keys, and nothing of your notes."),
                    elem_id="diagnosis",
                    lines=6,
                    max_lines=16,
                    interactive=False,
                    buttons=["copy"],
                    visible=False,
                )
        for name, part in self._inputs.items():
            self._listen_to(name, part)
        seen = [self._health, self._diagnosis, self._running]
        tab.select(self._show, None, [self._running, *self._inputs.values()], **_PRIVATE)
        look.click(partial(self._look, False), None, seen, **_PRIVATE)
        repair.click(partial(self._look, True), None, seen, **_PRIVATE)

    def _lay_out_answers(self) -> None:
        values = self._controls.values()
        html_part(
            _SETTINGS.heading(
                _("Answers"), _("What you change here holds at once, and after the next start.")
            ),
            "answers-head",
        )
        self._inputs["llm"] = gr.Dropdown(**self._said("llm"), choices=[str(values["llm"])])
        self._inputs["passages"] = gr.Slider(1, 20, step=1, **self._said("passages"))
        self._inputs["prompt_tokens"] = gr.Slider(400, 4000, step=50, **self._said("prompt_tokens"))
        self._inputs["wrong_answers"] = gr.Slider(1, 50, step=1, **self._said("wrong_answers"))
        self._inputs["strict"] = gr.Checkbox(**self._said("strict"))
        self._inputs["answer_cache"] = gr.Checkbox(**self._said("answer_cache"))

    def _lay_out_look(self) -> None:
        html_part(_SETTINGS.heading(_("Looks")), "looks-head")
        theme = gr.Radio(
            [(_(label), name) for name, label in _THEMES.items()],
            value="system",
            label=_("Theme"),
            elem_id="theme",
        )
        theme.change(None, theme, theme, js=_THEME_SCRIPT, **_PRIVATE)
        languages = [(name, code) for code, name in PAGE_LANGUAGES.items()]
        self._inputs["language"] = gr.Dropdown(**self._said("language"), choices=languages)

    def _said(self, name: str) -> dict[str, Any]:
        is_fixed = name in self._controls.fixed()
        info = _fixed(name) if is_fixed else _(_ABOUT[name])
        return {
            "value": self._controls.values()[name],
            "label": _(_NAMES[name]),
            "info": info,
            "interactive": not is_fixed,
            "elem_id": f"set-{name}",
        }

    def _listen_to(self, name: str, part: Any) -> None:
        # A slider tells of each step on the way, of which the last counts; `release` would not hear
        # of one that is moved by keyboard.
        part.input(
            partial(self._choose, name),
            part,
            [part, self._running],
            trigger_mode="always_last",
            queue=False,
            **_PRIVATE,
        )

    def _choose(self, name: str, value: object) -> Updates:
        try:
            self._controls.choose(name, value)
        except CribError as error:
            gr.Warning(html.escape(failure(error)))  # it is shown as HTML
        else:
            if name == "language":
                gr.Info(_("The page speaks it after the next start of Cribsheet."))
        return {
            self._inputs[name]: self._controls.values()[name],
            self._running: self._running_html(),
        }

    def _show(self) -> Updates:
        values = self._controls.values()
        offered = {str(values["llm"]), *(offer.llm for offer in self._controls.models())}
        hosts = {offer.llm: offer.host for offer in self._controls.models()}
        choices = [(words.model(llm, hosts.get(llm, "")), llm) for llm in sorted(offered)]
        updates: Updates = {part: values[name] for name, part in self._inputs.items()}
        return updates | {
            self._inputs["llm"]: gr.update(choices=choices, value=values["llm"]),
            self._running: self._running_html(),
        }

    @paced
    def _look(self, repair: bool) -> Feed:
        findings: list[HealthCheck] = []
        yield {self._health: _SETTINGS.health(findings, is_looking=True)}
        try:
            for finding in self._controls.health(repair=repair):
                findings.append(finding)
                yield {self._health: _SETTINGS.health(findings, is_looking=True)}
        except CribError as error:
            gr.Warning(html.escape(failure(error)))
        yield {
            self._health: _SETTINGS.health(findings),
            self._diagnosis: gr.update(value=self._controls.diagnosis(findings), visible=True),
            self._running: self._running_html(),
        }

    def _running_html(self) -> str:
        runs = [
            (_(_RUNS[name]), answerer(value)) for name, value in self._controls.runs_where().items()
        ]
        return _SETTINGS.running(runs)

    def unchanged(self) -> Updates:
        """An update that changes nothing."""
        return {self._health: gr.skip()}


def _fixed(name: str) -> str:
    """Why a setting cannot be changed on the page."""
    return _("Decided by {variable} in the environment.", variable=f"CRIB_{name.upper()}")
