"""The page of settings and health: what stands on it, and what happens on which click."""

import html
from functools import partial
from typing import Any

import gradio as gr

from rag.errors import CribError
from web import words
from web.layout import Layout
from web.pacing import Feed, Updates, paced
from web.parts import html as html_part
from web.settings_page import render
from web.settings_page.protocols import Controls, Finding
from web.translation import LANGUAGES

_THEME_SCRIPT = "(theme) => { cribTheme(theme); return theme; }"
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
        return words.SETTINGS

    def lay_out(self, tab: gr.Tab, _chat: Layout) -> None:
        """Build its parts and connect its listeners."""
        with gr.Row(elem_id="settings"):
            with gr.Column(elem_classes="controls"):
                self._lay_out_answers()
                self._lay_out_look()
            with gr.Column():
                self._running = html_part("", "running")
                self._health = html_part(render.health_html(None), "health")
                with gr.Row(elem_id="health-actions"):
                    look = gr.Button(words.SETTINGS_LOOK, size="sm")
                    repair = gr.Button(words.SETTINGS_REPAIR, size="sm")
                self._diagnosis = gr.Textbox(
                    label=words.SETTINGS_DIAGNOSIS,
                    info=words.SETTINGS_DIAGNOSIS_MORE,
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
        html_part(render.heading_html(words.SETTINGS_ANSWERS, words.SETTINGS_KEPT), "answers-head")
        self._inputs["llm"] = gr.Dropdown(**self._said("llm"), choices=[str(values["llm"])])
        self._inputs["passages"] = gr.Slider(1, 20, step=1, **self._said("passages"))
        self._inputs["prompt_tokens"] = gr.Slider(400, 4000, step=50, **self._said("prompt_tokens"))
        self._inputs["wrong_answers"] = gr.Slider(1, 50, step=1, **self._said("wrong_answers"))
        self._inputs["strict"] = gr.Checkbox(**self._said("strict"))
        self._inputs["answer_cache"] = gr.Checkbox(**self._said("answer_cache"))

    def _lay_out_look(self) -> None:
        html_part(render.heading_html(words.SETTINGS_LOOKS), "looks-head")
        theme = gr.Radio(
            [(words.SETTINGS_THEMES[name], name) for name in words.SETTINGS_THEMES],
            value="system",
            label=words.SETTINGS_THEME,
            elem_id="theme",
        )
        theme.change(None, theme, theme, js=_THEME_SCRIPT, **_PRIVATE)
        languages = [(name, code) for code, name in LANGUAGES.items()]
        self._inputs["language"] = gr.Dropdown(**self._said("language"), choices=languages)

    def _said(self, name: str) -> dict[str, Any]:
        is_fixed = name in self._controls.fixed()
        info = words.settings_fixed(name) if is_fixed else words.SETTINGS_ABOUT[name]
        return {
            "value": self._controls.values()[name],
            "label": words.SETTINGS_NAMES[name],
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
            gr.Warning(html.escape(words.failure(error)))  # it is shown as HTML
        else:
            if name == "language":
                gr.Info(words.SETTINGS_NEXT_START)
        return {
            self._inputs[name]: self._controls.values()[name],
            self._running: render.running_html(self._controls.runs_where()),
        }

    def _show(self) -> Updates:
        values = self._controls.values()
        offered = {str(values["llm"]), *(offer.llm for offer in self._controls.models())}
        hosts = {offer.llm: offer.host for offer in self._controls.models()}
        choices = [(words.model(llm, hosts.get(llm, "")), llm) for llm in sorted(offered)]
        updates: Updates = {part: values[name] for name, part in self._inputs.items()}
        return updates | {
            self._inputs["llm"]: gr.update(choices=choices, value=values["llm"]),
            self._running: render.running_html(self._controls.runs_where()),
        }

    @paced
    def _look(self, repair: bool) -> Feed:
        findings: list[Finding] = []
        yield {self._health: render.health_html(findings, is_looking=True)}
        try:
            for finding in self._controls.health(repair=repair):
                findings.append(finding)
                yield {self._health: render.health_html(findings, is_looking=True)}
        except CribError as error:
            gr.Warning(html.escape(words.failure(error)))
        yield {
            self._health: render.health_html(findings),
            self._diagnosis: gr.update(value=self._controls.diagnosis(findings), visible=True),
            self._running: render.running_html(self._controls.runs_where()),
        }

    def unchanged(self) -> Updates:
        """An update that changes nothing."""
        return {self._health: gr.skip()}
