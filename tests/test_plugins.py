"""Packages bring readers and sources: used if they are what the seam asks for, else named."""

import re
import sys
import textwrap
import time
import tomllib
import zipfile

import pytest
from conftest import ROOT

from commands.ingestion import ingest
from ingest.chunking import StructureChunker
from ingest.pipeline import Ingest
from ingest.plugins import plugged_sources
from ingest.readers import READERS, all_readers
from ingest.types import Progress, Report
from rag.errors import NotesError

QUIZ = (
    "::Bias:: What finds bias? {=Clarify ~Debugger}\r\n\r\n// a remark\r\nDrift is {=a change}\r\n"
)

GUIDE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def examples(language):
    """What stands in CONTRIBUTING.md as an example in that language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.M | re.S)


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Puts a package where Python looks for packages, as pip does, without pip."""
    made = []

    def put(package, modules, entry_points):
        site = tmp_path / "site" / package
        info = site / f"{package.replace('-', '_')}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        lines = [
            line
            for group, points in entry_points.items()
            for line in (f"[{group}]", *(f"{name} = {value}" for name, value in points.items()))
        ]
        (info / "entry_points.txt").write_text("\n".join(lines))
        for name, code in modules.items():
            file = site / f"{name.replace('.', '/')}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(code))
            made.append(name)
        monkeypatch.syspath_prepend(site)

    yield put
    for name in made:
        sys.modules.pop(name, None)
        sys.modules.pop(name.partition(".")[0], None)


@pytest.fixture
def moodle(install):
    """The package that CONTRIBUTING.md describes, word by word."""
    reader, source = examples("python")
    (project,) = map(tomllib.loads, examples("toml"))
    modules = {
        "cribsheet_moodle.__init__": "",
        "cribsheet_moodle.gift": reader,
        "cribsheet_moodle.archive": source,
    }
    install(project["project"]["name"], modules, project["project"]["entry-points"])


def folder_of(tmp_path, files):
    """A folder of its own: what `install` puts beside it is no note."""
    folder = tmp_path / "notes"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
    return str(folder)


def report_of(events) -> Report:
    *steps, report = events
    assert all(isinstance(step, Progress) for step in steps)
    assert isinstance(report, Report)
    return report


def places_of(store, words):
    chunks = store.index.catalog.all_chunks()
    return [c.place_at(c.text.index(words), c.name) for c in chunks if words in c.text]


def test_the_reader_of_the_guide_is_used_once_its_package_is_installed(
    settings, store, tmp_path, moodle
):
    """End to end, and what it reads is cited by its line."""
    folder = folder_of(tmp_path, {"week1.gift": QUIZ, "empty.gift": "nothing asked"})
    report = report_of(ingest(settings, folder))
    assert (report.notes, report.warnings) == (1, {})
    assert list(report.skipped.values()) == ["it holds no question: no { begins an answer"]
    assert places_of(store, "Drift is") == ["week1.gift:4"]
    assert report_of(ingest(settings, folder)).unchanged == 1


def test_without_its_package_the_format_is_unknown(settings, store, tmp_path):
    folder = folder_of(tmp_path, {"week1.gift": QUIZ})
    with pytest.raises(NotesError):
        report_of(ingest(settings, folder))


def test_the_source_of_the_guide_is_offered_and_its_notes_are_ingested(store, tmp_path, moodle):
    path = tmp_path / "notes.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("aws/bias.md", "# Bias\n\nClarify finds bias.\n")
        archive.writestr("logo.png", "x")
    readers = all_readers()
    (plugin,) = plugged_sources().found
    source = plugin.made(str(path), readers.suffixes)
    chunker = StructureChunker(store.embedder.count_tokens)
    ingest = Ingest(store.index, store.embedder, chunker, readers.readers)
    report = report_of(ingest.run(source))
    assert (report.folder, report.notes, report.skipped) == (path.as_posix(), 1, {})
    assert places_of(store, "Clarify finds") == ["bias.md:3"]
    assert report_of(ingest.run(source)).unchanged == 1
    assert plugin.made(str(tmp_path), readers.suffixes) is None


def test_a_damaged_archive_is_refused_with_one_line(tmp_path, moodle):
    path = tmp_path / "notes.zip"
    path.write_bytes(b"PK")
    (plugin,) = plugged_sources().found
    with pytest.raises(NotesError, match="no zip archive"):
        plugin.made(str(path), {".md"}).listing()


GOOD = """
    from ingest.types import ReadNote
    from rag.types import Note

    class Reader:
        suffixes = {SUFFIXES}
        fingerprint = "x-1"

        def read(self, file, data):
            if data == b"oops":
                raise KeyError("a\\nb")
            if data == b"none":
                return None
            text = data.decode()
            return ReadNote(Note(file.path, "x", text, "0" * 64, "x", 0.0))
"""


def reader(suffixes='[".xyz"]'):
    return GOOD.replace("{SUFFIXES}", suffixes)


def of_reader(package, code, name="Reader"):
    module = package.replace("-", "_")
    return package, {module: code}, {"cribsheet.readers": {"xyz": f"{module}:{name}"}}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import no_such_module", "no_such_module"),
        ("raise SystemExit('bye')", "bye"),
        ("class Other: pass", "no attribute 'Reader'"),
        ("class Reader: suffixes = ['.xyz']; fingerprint = 'x'", "it has no `read`"),
        ("class Reader:\n    def __init__(self, x): pass", "missing 1 required"),
        ("Reader = 7", "it has no `suffixes`"),
        (reader("'.xyz'"), "`suffixes` are not endings"),
        (reader("['xyz']"), "`suffixes` are not endings"),
        (reader("['.XYZ']"), "`suffixes` are not endings"),
        (reader("7"), "not iterable"),
    ],
)
def test_a_reader_that_is_none_is_named_and_the_ingest_goes_on(
    settings, store, tmp_path, install, code, reason
):
    install(*of_reader("crib-broken", code))
    folder = folder_of(tmp_path, {"a.md": "# A\n\nwords\n"})
    report = report_of(ingest(settings, folder))
    assert report.notes == 1
    ((package, lines),) = report.warnings.items()
    assert package == "crib-broken"
    assert len(lines) == 1
    assert reason in lines[0]
    assert "\n" not in lines[0]


def test_an_instance_does_as_well_as_a_class(install):
    install(*of_reader("crib-instance", f"{textwrap.dedent(reader())}\nit = Reader()", "it"))
    assert ".xyz" in all_readers().suffixes


def test_what_cribsheet_reads_itself_stays_so(install):
    """Installing a package does not change how the notes that are there are read."""
    install(*of_reader("crib-greedy", reader('[".xyz", ".md"]')))
    known = all_readers()
    assert known.readers == READERS
    assert known.warnings == {
        "crib-greedy": ("xyz is not used: .md is read by Cribsheet itself already",)
    }


def test_of_two_packages_the_first_in_the_alphabet_is_used(install):
    install(*of_reader("crib-b", reader()))
    install(*of_reader("crib-a", reader()))
    known = all_readers()
    assert len(known.readers) == len(READERS) + 1
    assert known.warnings == {"crib-b": ("xyz is not used: .xyz is read by crib-a already",)}


def test_what_a_reader_raises_is_the_reason_why_a_file_is_skipped(
    settings, store, tmp_path, install
):
    install(*of_reader("crib-raising", reader()))
    folder = folder_of(tmp_path, {f"{name}.xyz": name for name in ("oops", "none", "good")})
    report = report_of(ingest(settings, folder))
    assert report.notes == 1
    assert sorted(report.skipped.values()) == [
        "its reader failed (x-1: KeyError: 'a\\nb')",
        "its reader failed (x-1: it gave no ReadNote)",
    ]


def test_a_source_that_fails_says_why(install):
    code = "def open_it(target, suffixes): raise KeyError('x')\nnone = 7"
    points = {"cribsheet.sources": {"it": "crib_source:open_it", "none": "crib_source:none"}}
    install("crib-source", {"crib_source": code}, points)
    offered = plugged_sources()
    (plugin,) = offered.found
    with pytest.raises(NotesError, match="KeyError: 'x'"):
        plugin.made("target", ())
    assert "no function" in offered.warnings["crib-source"][0]


def test_to_look_for_packages_takes_no_time_worth_a_word():
    """Tens of milliseconds with the packages that are here; a second would be felt."""
    started = time.process_time()  # what others do on this machine is not its fault
    all_readers()
    assert time.process_time() - started < 1


def test_every_ending_that_is_read_stands_in_the_docs():
    named = set(re.findall(r"`(\.\w+)`", (ROOT / "docs" / "formats.md").read_text("utf-8")))
    assert {suffix for one in READERS for suffix in one.suffixes} <= named
