"""`crib chat`: what is said before counts, Ctrl-C stops an answer and not the chat."""

import functools
import io
import os
import signal
import subprocess
import sys
from unittest.mock import Mock

import pytest
from conftest import ROOT
from fakes import make_hit

import app
from commands.chat import HELP, KeptTalk, converse, typed_questions
from rag.chats.conversations import Conversations
from rag.embedding import load_embedder
from rag.errors import ModelServerError
from rag.types import Answer, Citation, Evidence, Finished, Found, Status, Token, Turn

HIT = make_hit("Telnet is on port 23.", "Networks", "Telnet")
loaded_once = functools.cache(load_embedder)


@pytest.fixture
def interruptible():
    """Ctrl-C, which whoever started the tests in the background may have switched off."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Scripted:
    """Answers every question with the passage; remembers what it was asked."""

    def __init__(self):
        self.asked, self.closed = [], 0

    def __call__(self, question, history):
        self.asked.append((question, history))
        try:
            yield from self.events(question, f"{question} (ssh)" if history else question)
        finally:
            self.closed += 1

    def events(self, question, standalone):
        yield Found(Evidence(standalone, (HIT,)))
        yield Token("Port 23 ")
        if "stop" in question:
            signal.raise_signal(signal.SIGINT)
        if "fail" in question:
            raise ModelServerError("the server is gone; start it")
        yield Token("[1].")
        cited = (Citation(1, HIT.chunk, 0, 21),)
        text = "Port 23 [1]."
        yield Finished(Answer(question, standalone, text, Status.ANSWERED, "a script", cited))


def test_answers_come_with_their_places_and_follow_ups_with_what_was_searched_for(capsys):
    scripted = Scripted()
    converse(scripted, ["Which port does Telnet use?\n", " \n", "  And   its age?\n"])
    first = Turn(
        "Which port does Telnet use?",
        "Port 23 [1].",
        "Which port does Telnet use?",
        ("Networks", "Telnet"),
    )
    assert scripted.asked == [("Which port does Telnet use?", ()), ("And   its age?", (first,))]
    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    answer = ["Port 23 [1].", "Sources", "  [1] /notes/n.md:1  Telnet is on port 23."]
    assert lines == [
        *(HELP, *answer, "Answered by: a script"),
        *("searched for: And   its age? (ssh)", *answer, "Answered by: a script"),
    ]


def test_new_forgets_quit_ends_and_what_is_no_command_is_not_asked(capsys, tmp_path):
    scripted, chats = Scripted(), Conversations(tmp_path)
    lines = ["One?", "And two?", "/help", "/new", "/etc/hosts is what?", "/quit", "Three?"]
    converse(KeptTalk(scripted, chats), lines)
    assert [(question, len(history)) for question, history in scripted.asked] == [
        ("One?", 0),
        ("And two?", 1),
        ("/etc/hosts is what?", 0),
    ]
    out = capsys.readouterr().out
    assert f"/help is no command; {HELP}" in out
    assert "what was said before is forgotten" in out
    kept = [chats.chat(number).exchanges for number in reversed(chats.ids())]
    assert [[one.answer.question for one in several] for several in kept] == [
        ["One?", "And two?"],
        ["/etc/hosts is what?"],
    ]


def test_ctrl_c_stops_the_answer_and_the_model_and_not_the_chat(capsys, tmp_path, interruptible):
    """What was written so far can be referred to, and is kept in the same conversation."""
    scripted, chats = Scripted(), Conversations(tmp_path)
    converse(KeptTalk(scripted, chats), ["stop here?", "And then?"])
    assert scripted.asked[1] == (
        "And then?",
        (Turn("stop here?", "Port 23 ", "stop here?"),),
    )
    assert scripted.closed == 2
    out = capsys.readouterr().out
    assert out.index("stopped") < out.index("searched for: And then?")
    (number,) = chats.ids()
    assert len(chats.chat(number).exchanges) == 2


def test_what_fails_is_one_line_and_the_next_question_can_be_asked(capsys):
    scripted = Scripted()
    converse(scripted, ["fail?", "And then?"])
    out, err = capsys.readouterr()
    assert err == "crib: the server is gone; start it\n"
    assert out.count("Answered by: a script") == 1


def test_lines_of_a_pipe_are_repeated_so_that_what_comes_out_reads_as_a_conversation(
    capsys, monkeypatch
):
    monkeypatch.setattr(sys, "stdin", io.StringIO("One?\n/quit\n"))
    assert list(typed_questions()) == ["One?\n", "/quit\n"]
    assert capsys.readouterr().out == "\n> One?\n\n> /quit\n"


def test_at_the_prompt_ctrl_c_takes_the_line_back_and_ctrl_d_ends(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    typed = Mock(side_effect=[KeyboardInterrupt, "One?", EOFError])
    monkeypatch.setattr("builtins.input", typed)
    assert list(typed_questions()) == ["One?"]
    assert HELP in capsys.readouterr().out


def test_the_command_answers_from_the_notes_and_understands_a_follow_up(
    capsys, monkeypatch, tmp_path
):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("rag.index_wiring.load_embedder", loaded_once)
    (tmp_path / "net.md").write_text(
        "# Networks\n\n## SSH\n\nAn encrypted shell on port 22.\n\n"
        "## Telnet\n\nAn old shell on port 23, in clear text.\n"
    )
    assert crib(monkeypatch, capsys, "chat")[0] == 1  # there is nothing to talk about yet
    crib(monkeypatch, capsys, "ingest", str(tmp_path))
    typed = "Which port does SSH use?\nAnd Telnet?\nWhat?\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    code, out = crib(monkeypatch, capsys, "chat")
    assert code == 0
    assert "searched for: And Telnet? (port)" in out
    assert f"{tmp_path}/net.md:9  An old shell on port 23" in out
    assert out.count("Answered by: the notes' own sentences") == 3


def crib(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["crib", *arguments])
    capsys.readouterr()
    with pytest.raises(SystemExit) as caught:
        app.main()
    return caught.value.code, capsys.readouterr().out


PROGRAM = """
import sys, time
sys.path[:0] = [{root!r}, {root!r} + "/tests"]
from test_chat_cli import HIT
from commands.chat import converse, typed_questions
from rag.types import Evidence, Found, Token

def ask(question, history):
    yield Found(Evidence(question, (HIT,)))
    yield Token("Written so far ")
    print("WAITING", flush=True)
    time.sleep(60)

converse(ask, typed_questions())
print("ENDED", flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_on_a_real_terminal_ctrl_c_and_ctrl_d_do_what_a_person_expects():
    import pty

    master, slave = pty.openpty()
    command = [sys.executable, "-c", PROGRAM.format(root=str(ROOT))]
    with subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        preexec_fn=take_terminal,
    ) as child:  # fmt: skip
        os.close(slave)
        read_until(master, b"> ")
        os.write(master, b"Why?\n")
        read_until(master, b"WAITING")
        os.write(master, b"\x03")
        shown = read_until(master, b"> ")
        assert b"Written so far" in shown and b"stopped" in shown
        os.write(master, b"half a li\x03")
        read_until(master, b"> ")
        os.write(master, b"\x04")
        read_until(master, b"ENDED")
        assert child.wait(30) == 0
    os.close(master)


def take_terminal():
    """The child's terminal is its own, and Ctrl-C on it is for the child."""
    import fcntl
    import termios

    signal.signal(signal.SIGINT, signal.default_int_handler)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def read_until(terminal, wanted):
    seen = b""
    while wanted not in seen:
        seen += os.read(terminal, 4096)
    return seen
