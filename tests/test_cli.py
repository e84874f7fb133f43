"""The command line: what people script stays, and what goes wrong is one line that says what to do.

Most tests run `main` in this process, since a start of Python and all libraries takes seconds.
"""

import functools
import json
import re
import shutil
import signal
import socket
import subprocess
import sys

import pytest
from conftest import ROOT

import app
from rag.config import load_settings
from rag.embedding import load_embedder
from rag.errors import CribError, QuestionError
from rag.models import CATALOGUE, EMBEDDING, find_model, model_dir

NOTES = ROOT / "notes"
QUESTION = "Which SageMaker tool explains bias?"


class Ended:
    """How a command ended."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def error(self):
        """The one line of an error. Fails where there is none, or more, or a traceback."""
        assert self.code in {1, 2}
        (line,) = self.err.splitlines()
        assert line.startswith("crib: ")
        assert "Traceback" not in self.out
        return line.removeprefix("crib: ")


loaded_once = functools.cache(load_embedder)


@pytest.fixture
def crib(monkeypatch, capsys):
    """Runs a command in this process, which loads the embedding model for the first of them."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("rag.index_wiring.load_embedder", loaded_once)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["crib", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            app.main()
        code = caught.value.code
        out, err = capsys.readouterr()
        return Ended(1, out, f"{err}{code}") if isinstance(code, str) else Ended(code, out, err)

    return run


@pytest.fixture
def notes(tmp_path):
    """A small folder of notes."""
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "clarify.md").write_text(
        "# Clarify\n\nSageMaker Clarify explains bias in a dataset.\n\n"
        "# Quiz\n\nCanvas needs no code.\n"
    )
    return folder


def test_the_commands_work_as_processes_of_their_own(notes):
    """In order: ingest, the same again, a question, and an error."""

    def run(*arguments):
        command = [sys.executable, "app.py", *map(str, arguments)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        return Ended(done.returncode, done.stdout, done.stderr)

    assert "embedded: 2" in run("ingest", notes).out.splitlines()
    assert "embedded: 0" in run("ingest", notes).out.splitlines()
    asked = run("ask", QUESTION)
    assert (asked.code, asked.err) == (0, "")
    assert f"{notes}/clarify.md:3  SageMaker Clarify explains bias" in asked.out
    assert run("ask", " ").error == "the question is empty; ask something about your notes"


def test_status_says_what_is_in_the_library_how_fresh_it_is_and_what_was_left_out(crib, notes):
    assert {"chunks: 0", "sources: none; run: crib ingest FOLDER"} <= set(
        crib("status").out.splitlines()
    )
    (notes / "empty.md").touch()
    (notes / "image.md").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    (notes / "clarify.md").write_text("# Clarify\n\nIt explains.\n\n![x](gone.png)\n")
    ended = crib("ingest", notes)
    assert (ended.code, ended.out.splitlines()[0]) == (
        0,
        "notes: 1 (1 new, 0 changed, 0 deleted, 0 unchanged)",
    )
    lines = crib("status", "--all").out.splitlines()
    root = notes.as_posix()
    assert {
        "notes: 1",
        "chunks: 1",
        "model: none",
        f"embedding model: {EMBEDDING}",
        f"sources: {root}",
        f"fresh: {root}: up to date",
        "index: whole",
        f"  {root}/empty.md: it is empty",
        f"  {root}/image.md: it is binary, not text",
        f"  {root}/clarify.md: image not found: gone.png (line 5)",
    } <= set(lines)
    assert any(line.startswith(f"  {root}/clarify.md: markdown, 1 chunks, ") for line in lines)
    (notes / "clarify.md").write_text("# Other\n")
    assert f"fresh: {root}: 1 changed; run: crib ingest" in crib("status").out.splitlines()


def test_a_dry_run_says_what_would_be_done_and_does_nothing(crib, notes):
    crib("ingest", notes)
    (notes / "new.md").write_text("# New\n\nwords\n")
    (notes / "clarify.md").rename(notes / "moved.md")
    shown = crib("ingest", notes, "--dry-run").out
    assert "new: 1" in shown and "moved: 1" in shown and "deleted: 0" in shown
    assert f"{notes}/clarify.md -> {notes}/moved.md" in shown
    assert re.search(r"about \d+ s on this machine; nothing was done", shown)
    assert "notes: 1" in crib("status").out.splitlines()
    assert "1 new, 0 changed, 0 deleted, 1 moved" in crib("ingest").out


def test_the_last_ingest_can_be_taken_back(crib, notes, tmp_path):
    crib("ingest", notes)
    (notes / "clarify.md").write_text("# Clarify\n\nNothing is left here.\n")
    (notes / "other.md").write_text("# Other\n\nwords\n")
    crib("ingest", notes)
    assert "explains bias" not in crib("ask", QUESTION).out
    undone = crib("ingest", "--undo")
    assert "1 notes put back, 1 taken out" in undone.out
    assert "explains bias" in crib("ask", QUESTION).out
    assert crib("ingest", "--undo").error == "there is no ingest to take back"
    assert "1 new, 1 changed" in crib("ingest", notes).out


def heed_interrupts():
    """What is started in the background by a shell inherits that Ctrl-C is not for it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_watching_brings_changes_in_until_it_is_stopped(notes):
    command = [sys.executable, "app.py", "ingest", str(notes), "--watch"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,
    ) as child:
        assert child.stdout
        shown = iter(child.stdout.readline, "")
        assert any("watching" in line for line in shown)
        (notes / ".hidden.md").write_text("not a note")
        (notes / "new.md").write_text("# New\n\nwords\n")
        assert "notes: 2 (1 new, 0 changed, 0 deleted, 1 unchanged)\n" in shown
        child.send_signal(signal.SIGINT)
        assert child.wait(30) == 130


def test_a_question_that_the_notes_do_not_touch_is_refused_with_the_nearest_note(crib):
    crib("ingest", "notes")
    refused = crib("ask", "What is the capital of France?")
    assert refused.code == 0
    assert "The closest note is sagemaker.md, on " in refused.out
    assert "Sources" not in refused.out
    assert "Not in the notes." in refused.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ingest", "{tmp}/nowhere"), "no folder {tmp}/nowhere; name one that is there"),
        (
            ("ingest", "{tmp}/a.doc"),
            "{tmp}/a.doc is no note that can be read; these are",
        ),
        (("ingest", "ftp://example.org/a"), "ftp://example.org/a cannot be read; only http:// and"),
        (("ingest", "http://127.0.0.1/a"), "127.0.0.1 is at 127.0.0.1, which is not on the public"),
        (
            ("ingest", "{tmp}/empty"),
            "no notes in {tmp}/empty: put some into it (Markdown, text",
        ),
        (("ask", QUESTION), "there is nothing to ask yet; run: crib ingest FOLDER"),
        (("status",), "CRIB_PASSAGES='many': Input should be a valid integer"),
        (("models", "pull", "qwen2.5-coder-1.5"), "did you mean qwen2.5-coder-1.5b?"),
        (("serve", "--host", "0.0.0.0"), "use --host 127.0.0.1"),  # noqa: S104 (it is refused)
    ],
)
def test_a_command_that_cannot_be_carried_out_says_what_to_do(
    crib, tmp_path, monkeypatch, arguments, message
):
    if arguments == ("status",):
        monkeypatch.setenv("CRIB_PASSAGES", "many")
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.doc").write_text("# A")
    ended = crib(*(argument.format(tmp=tmp_path) for argument in arguments))
    assert message.format(tmp=tmp_path) in ended.error


def test_a_question_has_its_limits_and_its_options(crib, notes):
    """One note is ingested by its path, filters stand on the command line or in the question."""
    crib("ingest", notes / "clarify.md")
    assert "explains bias" in crib("ask", QUESTION, "--style", "list", "--strict").out
    assert crib("ask", QUESTION, "--style", "poem").code == 2
    long = crib("ask", "why " * 25_000)
    assert "99,999 characters, the most is 2,000; shorten it" in long.error
    (notes / "other.md").write_text("# Other\n\nA tool that explains bias in SageMaker, too.\n")
    crib("ingest", notes)
    for asked in ((QUESTION, "--in", "other.md"), (f"{QUESTION} in:other.md",)):
        answered = crib("ask", *asked).out
        assert "other.md" in answered
        assert "sagemaker.md" not in answered
    assert "did you mean in:other.md?" in crib("ask", QUESTION, "--in", "othr.md").error
    assert "after:soon is no date; write" in crib("ask", QUESTION, "--after", "soon").error
    assert "there are markdown" in crib("ask", QUESTION, "--kind", "pdf").error
    assert "no note has a tag at all" in crib("ask", QUESTION, "--tag", "x").error
    assert "no note is before:2001-01-01" in crib("ask", QUESTION, "--before", "2001").error


@pytest.mark.parametrize("place", range(3))
def test_debug_shows_where_an_error_came_from_wherever_it_is_written(
    crib, monkeypatch, notes, place
):
    crib("ingest", notes)
    line = ["ask", ""]
    line.insert(place, "--debug")
    monkeypatch.setattr(sys, "argv", ["crib", *line])
    with pytest.raises(QuestionError):
        app.main()


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (CribError("first\nsecond"), 1, "first second"),
        (
            ValueError("first\nsecond"),
            2,
            "unexpected ValueError: first second; run it again with --debug for the details",
        ),
    ],
)
def test_every_error_is_one_line(crib, monkeypatch, error, code, says):
    """Chroma's and the providers' own words may run over several."""

    def fail():
        raise error

    monkeypatch.setattr(app, "load_settings", fail)
    ended = crib("status")
    assert (ended.code, ended.error) == (code, says)


@pytest.mark.parametrize("command", [("ingest", "notes"), ("ask", QUESTION), ("serve",), ("eval",)])
def test_without_the_embedding_model_a_command_says_how_to_get_it(
    crib, monkeypatch, tmp_path, command
):
    monkeypatch.setenv("CRIB_CACHE", str(tmp_path / "empty"))
    error = crib(*command).error
    assert error == f"{EMBEDDING} is not on this machine; run: crib models pull {EMBEDDING}"


def test_a_model_with_other_bytes_is_refused_by_its_digest(crib, monkeypatch, tmp_path):
    model = find_model(EMBEDDING)
    folder = model_dir(tmp_path, model)
    folder.mkdir(parents=True)
    for file in model.files:
        (folder / file.name).write_bytes(b"forged")
    monkeypatch.setenv("CRIB_CACHE", str(tmp_path))
    error = crib("ask", QUESTION).error
    assert f"expected SHA-256 {model.files[0].sha256}" in error
    assert error.endswith(f"run: crib models pull {EMBEDDING}")


def test_without_the_language_model_the_notes_own_sentences_answer_and_it_is_said(
    crib, monkeypatch, notes, tmp_path
):
    """Only the embedding model is in the cache; the answer is worth more than an error."""
    cache = tmp_path / "cache"
    monkeypatch.setenv("CRIB_CACHE", str(small_cache(cache)))
    monkeypatch.setenv("CRIB_LLM", "local")
    crib("ingest", notes)
    ended = crib("ask", QUESTION)
    assert ended.code == 0
    assert "SageMaker Clarify explains bias in a dataset." in ended.out
    assert "run: crib models pull qwen2.5-coder-1.5b" in ended.out


def small_cache(target):
    """The user's cache with the embedding model and what is converted from it, and no other."""
    source = app.load_settings().cache
    model = find_model(EMBEDDING)
    (target / "models").mkdir(parents=True)
    model_dir(target, model).symlink_to(model_dir(source, model))
    (target / "converted").symlink_to(source / "converted")
    return target


def test_a_model_that_cannot_be_had_is_named_and_the_sentences_answer(crib, monkeypatch, notes):
    crib("ingest", notes)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setitem(sys.modules, "langchain_anthropic", None)
    for llm, message in (
        ("anthropic:claude", "run: .venv/bin/pip install 'cribsheet[anthropic]'"),
        ("openai:gpt-x", "CRIB_LLM=openai:gpt-x cannot be used: "),
        ("nosuch:x", "CRIB_LLM=nosuch:x"),
        ("nonsense", "CRIB_LLM='nonsense' is not a model; use none, local,"),
        ("local:/nowhere/x.gguf", "no file /nowhere/x.gguf"),
        ("local:qwen", "no model is called 'qwen'"),
    ):
        monkeypatch.setenv("CRIB_LLM", llm)
        ended = crib("ask", QUESTION)
        assert ended.code == 0
        assert message in ended.out
        assert "explains bias" in ended.out
    # An eval of a model that cannot be had ends: figures of a stand-in are not the model's.
    monkeypatch.setenv("CRIB_LLM", "nonsense")
    ended = crib("eval", "--llm", "--cases", cases_for(notes), "--notes", notes)
    assert ended.error.startswith("CRIB_LLM='nonsense' is not a model")


def test_a_port_in_use_is_told_before_the_page_is_built(crib, notes):
    crib("ingest", notes)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        error = crib("serve", "--port", port).error
    assert error == f"port {port} is in use; choose another with --port, or stop what uses it"


def test_a_damaged_catalog_is_told_and_the_next_ingest_makes_it_anew(crib, notes, settings):
    crib("ingest", "notes")
    crib("ingest", notes)
    (catalog,) = settings.home.glob("index-*/catalog.sqlite3")
    catalog.write_bytes(b"no database" * 1000)
    for command in (("status",), ("ask", QUESTION)):
        assert "is damaged (file is not a database); run: crib ingest" in crib(*command).error
    assert {"notes: 2 (2 new, 0 changed, 0 deleted, 0 unchanged)", "embedded: 19"} <= set(
        crib("ingest", notes).out.splitlines()
    )
    assert len(list(settings.home.glob("damaged-*"))) == 1
    assert "explains bias" in crib("ask", QUESTION).out


def test_models_are_listed_with_licence_size_and_whether_they_are_here(crib, monkeypatch, tmp_path):
    monkeypatch.setenv("CRIB_CACHE", str(small_cache(tmp_path / "cache")))
    listed, own, others = crib("models").out.split("\n\n")
    rows = {line.split()[0]: line for line in listed.splitlines()}
    assert list(rows) == [model.name for model in CATALOGUE]
    assert own == "CRIB_LLM=none\n  ok  none: the notes' own sentences"
    assert others.startswith("CRIB_LLM may also be: ")
    assert rows[EMBEDDING].split()[2:] == ["91", "MB", "Apache-2.0", "present"]
    assert rows["qwen2.5-coder-1.5b"].endswith("not here")
    assert "1,117 MB" in rows["qwen2.5-coder-1.5b"]
    # Conftest fails whoever reaches for the network: what is here is not fetched again.
    assert crib("models", "pull", EMBEDDING).out.startswith(f"{EMBEDDING}: ")


def cases_for(notes, quote="SageMaker Clarify explains bias in a dataset."):
    """A file with a case that the notes answer and one that they do not."""
    path = notes.parent / "cases.jsonl"
    answerable: dict[str, object] = {
        "id": "bias",
        "question": QUESTION,
        "references": ["Clarify"],
        "targets": [{"note": "clarify.md", "quote": quote}],
        "answerable": True,
    }
    other = answerable | {"id": "france", "question": "What is the capital of France?"}
    other |= {"references": [], "targets": [], "answerable": False}
    path.write_text("\n".join(map(json.dumps, (answerable, other))))
    return path


def test_a_run_is_printed_written_kept_as_a_baseline_and_gated(crib, notes, tmp_path):
    line = ("eval", "--cases", cases_for(notes), "--notes", notes)
    files = {name: tmp_path / name for name in ("base.json", "all.json", "junit.xml", "pull.md")}
    ended = crib(*line, "--baseline", files["base.json"], "--json", files["all.json"])
    assert ended.code == 0
    assert "recall@5" in ended.out
    metrics = json.loads(files["all.json"].read_text())["metrics"]
    assert metrics["recall@5"]["mean"] == metrics["refusal_right"]["mean"] == 1.0
    assert "chunks: 0" in crib("status").out.splitlines()  # the library is left alone
    written = ("--junit", files["junit.xml"], "--markdown", files["pull.md"])
    passed = crib(*line, "--gate", files["base.json"], *written)
    assert passed.code == 0
    assert "gate: passed: recall@5 went from 1.000 to 1.000" in passed.out
    assert files["junit.xml"].read_text().count("<testcase ") == 2 + 5
    assert files["pull.md"].read_text().startswith("### crib eval: gate passed")
    broken = crib(*line, "--gate", "seconds_total=0")
    assert broken.code == 1
    assert "gate: " in broken.err and "seconds_total" in broken.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--cases", "{tmp}/none.jsonl"), "{tmp}/none.jsonl: cannot be read"),
        (("--gate", "recall@5=high"), "--gate 'recall@5=high': write it as recall@5=0.95"),
        (("--gate", "{tmp}/none.json"), "or name a file that is there"),
        # The next eval would find every answer in it.
        (("--html", "{tmp}/notes/r.html"), "{tmp}/notes/r.html would be read as a note"),
        (("--markdown", "{tmp}/notes/r.md"), "{tmp}/notes/r.md would be read as a note"),
        (("--cases", "{tmp}/quote.jsonl"), "case 'bias'"),
        (("--cases", "{tmp}/key.jsonl"), "case 'bias'"),
    ],
)
def test_an_eval_that_cannot_be_judged_ends_with_2(crib, notes, tmp_path, arguments, message):
    """A quote that is not in its note, or in its quiz alone, is an error of the cases."""
    for name, quote in (("quote", "Clarify explains love."), ("key", "Canvas needs no code.")):
        cases_for(notes, quote).rename(tmp_path / f"{name}.jsonl")
    line = ("eval", "--cases", cases_for(notes), "--notes", notes)
    ended = crib(*line, *(argument.format(tmp=tmp_path) for argument in arguments))
    assert ended.code == 2
    assert message.format(tmp=tmp_path) in ended.err.splitlines()[-1]
    assert sorted(path.name for path in notes.iterdir()) == ["clarify.md"]


def test_a_damaged_calibration_is_told_once_and_stops_no_answer(crib, notes, monkeypatch, caplog):
    monkeypatch.setenv("CRIB_LLM", "none")
    crib("ingest", notes)
    (load_settings().home / "calibration.json").write_text("{")
    ended = crib("ask", QUESTION)
    assert ended.code == 0
    assert "Clarify explains bias" in ended.out
    assert caplog.text.count("calibration.json cannot be used") == 1


def test_doctor_finds_lost_vectors_and_repairs_them(crib, notes, settings):
    crib("ingest", notes)
    ended = crib("doctor")
    assert ended.code == 0
    assert all(line.startswith("ok ") for line in ended.out.splitlines())
    assert "1 notes, 2 chunks, whole" in ended.out
    (chroma,) = settings.home.glob("index-*/chroma")
    shutil.rmtree(chroma)
    ended = crib("doctor")
    assert ended.code == 1
    assert "Chroma lost vectors; run: crib doctor --repair" in ended.out
    assert crib("doctor", "--repair").code == 0
    assert "explains bias" in crib("ask", QUESTION).out


def test_doctor_names_what_is_missing_and_the_command_that_helps(crib, monkeypatch, tmp_path):
    monkeypatch.setenv("CRIB_CACHE", str(tmp_path / "empty"))
    monkeypatch.setenv("CRIB_LLM", "local")
    ended = crib("doctor")
    assert ended.code == 1
    bad = [line for line in ended.out.splitlines() if line.startswith("BAD ")]
    assert any("crib models pull qwen2.5-coder-1.5b" in line for line in bad)
    assert any(f"crib models pull {EMBEDDING}" in line for line in bad)
    assert "Traceback" not in ended.out + ended.err


def test_a_library_is_moved_by_moving_its_folder(crib, notes, settings, tmp_path, monkeypatch):
    crib("ingest", notes)
    shutil.copytree(settings.home, tmp_path / "moved")
    monkeypatch.setenv("CRIB_HOME", str(tmp_path / "moved"))
    assert "explains bias" in crib("ask", QUESTION).out


# Answer keys among the notes


def test_a_copied_answer_key_is_told_with_both_places_and_before_an_eval(crib, notes):
    key = "The Deneb valve opens at 5014 bar, never at less."
    (notes / "valves.md").write_text(f"# Valves\n\n## Quiz\n\n{key}\n")
    cases = cases_for(notes)
    line = ("quiz", "leaks", notes, "--cases", cases)
    assert crib(*line).out == "questions: 3, notes: 2: no leak\n"
    (notes / "exam.md").write_text(f"# Exam\n\n- {key}\n")
    ended = crib(*line)
    assert ended.code == 1
    first, copy, origin, last = ended.out.splitlines()
    assert first == f"{notes}/exam.md:3 holds 100% of an answer key"
    assert copy.strip() == f"copy: - {key}"
    assert origin.strip() == f"key:  {key} ({notes}/valves.md:5)"
    assert "1 leak; delete the copy, or put it under a heading" in last
    made = json.loads(cases.read_text().splitlines()[1])
    made |= {"origin": {"note": "valves.md", "lines": [5, 5], "form": "statement"}}
    cases.write_text(json.dumps(made))
    told = crib("eval", "--cases", cases, "--notes", notes).err.splitlines()
    assert told[:2] == [
        f"leak: {notes}/exam.md:3 holds the answer key of 'france'",
        f"leak: what to do: crib quiz leaks {notes}",
    ]
