"""A run and its gate as JUnit XML, which the pages of most CI services read.

The form is that of Ant's and Jenkins' schemas: a suite of the cases, and one of the gate. A broken
gate is a failure. A miss is none, or every eval short of perfect would fail its build: it is
reported as skipped, with its cause, as pytest does with failures that are expected. A case that
could not be scored is an error.
"""

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from eval.causes import missed
from eval.report.results import Result
from eval.texts.tokens import on_one_line
from eval.types import Outcome, Run

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(result: Result) -> str:
    """The document, with its declaration."""
    run = result.run
    root = Element("testsuites", name="crib eval")
    cases = _suite(root, "cases", run)
    for outcome in run.outcomes:
        _case(cases, outcome)
    if result.checks:
        gate = _suite(root, "gate", run)
        for check in result.checks:
            group, name = f"gate.{check.kind}", _clean(check.name)
            one = SubElement(gate, "testcase", classname=group, name=name, time="0")
            if check.broken:
                _note(one, "failure", check.says)
    for suite in root:
        _count(suite)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite(root: Element, name: str, run: Run) -> Element:
    when = run.started_at.replace(microsecond=0, tzinfo=None).isoformat()
    return SubElement(root, "testsuite", name=name, timestamp=when)


def _case(suite: Element, outcome: Outcome) -> None:
    case = outcome.case
    one = SubElement(
        suite,
        "testcase",
        classname=_clean(case.kind),
        name=_clean(case.id),
        time=f"{outcome.seconds:.3f}",
    )
    if outcome.error:
        _note(one, "error", outcome.error)
    elif missed(outcome):
        cause = f": {outcome.miss.cause}" if outcome.miss else ""
        said = outcome.answer.text if outcome.answer else ""
        _note(one, "skipped", f"missed{cause}; asked: {case.question} answered: {said}")


def _note(one: Element, kind: str, message: str) -> None:
    text = _clean(on_one_line(message, 1000))
    # Some readers show the attribute, others the text.
    SubElement(one, kind, message=text, type=f"crib.{kind}").text = text


def _count(suite: Element) -> None:
    for plural, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(plural, str(len(suite.findall(f"testcase/{kind}"))))
    times = [float(one.get("time", "0")) for one in suite]
    suite.set("tests", str(len(times)))
    suite.set("time", f"{sum(times):.3f}")


def _clean(text: str) -> str:
    """`text` without what XML 1.0 cannot hold, not even escaped."""
    return _NOT_XML.sub("\ufffd", text)
