"""A page of the web as a source of notes: its readable part, as it was when it was fetched."""

import hashlib
import sys
import time
from dataclasses import replace
from datetime import date

import pytest
from fakes import MemoryIndex, WordEmbedder, make_chunk, make_note
from loopback import serving

from commands.terminal import place
from ingest.chunking import StructureChunker
from ingest.pipeline import Ingest
from ingest.readers.markdown import MarkdownReader
from ingest.reading import dated
from ingest.sources import open_source
from ingest.sources.fetching import Network
from ingest.sources.web import WebPage, readable_html
from ingest.types import ReadNote, SourceFile
from rag.errors import NotesError
from rag.types import Anchor
from web.sources import SourceCard

SUFFIXES = {".md", ".txt", ".html", ".pdf"}
NETWORK = Network(resolve=lambda *_: ["127.0.0.1"], allows=lambda ip: ip == "127.0.0.1")

PAGE = """<!DOCTYPE html><html><head><title>Bias - ML notes</title><style>p {}</style></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/shop">Shop</a></li></ul></nav>
<main><article><h1>Bias and variance</h1>
<p>The bias of an estimator is the difference between its expected and its true value.</p>
<h2>How to measure it</h2>
<p>Draw many training sets, fit a model on each, and look at <code>np.mean</code> of them all.</p>
<ul><li>Collect data, as much as you can</li><li>Fit<ul><li>a small model</li></ul></li></ul>
<ol><li>first of all</li><li>second of all</li></ol>
<table><thead><tr><th>Model</th><th>Bias</th></tr></thead>
<tbody><tr><td>Linear</td><td>0.4</td></tr></tbody></table>
<pre><code class="language-python">import numpy as np

def bias(x):
    return np.mean(x) &lt; 1
</code></pre>
<blockquote><p>All models are wrong, but some are useful.</p></blockquote>
</article></main><aside>Buy our course now!</aside><footer>Cookies</footer>
<script>alert(1)</script></body></html>"""


class Server:
    """What a test's server answers, to be changed while it runs."""

    def __init__(self):
        self.status, self.type, self.body, self.url = 200, "text/html; charset=utf-8", b"", ""

    def __call__(self, handler):
        handler.send_response(self.status)
        handler.send_header("Content-Type", self.type)
        handler.end_headers()
        handler.wfile.write(self.body)


@pytest.fixture
def server():
    """A server under the name example.org."""
    one = Server()
    one.body = PAGE.encode()
    with serving(one) as url:
        one.url = url.replace("127.0.0.1", "example.org")
        yield one


def open_page(server, path="/page", suffixes=SUFFIXES):
    return WebPage(server.url + path, suffixes, NETWORK)


def only(source):
    (file,) = source.listing().files
    return file, source.read(file).decode("utf-8-sig")


def test_an_address_is_opened_as_a_page_and_names_itself_in_one_spelling():
    source = open_source("HTTPS://Example.org:443/a?b#c", SUFFIXES)
    assert isinstance(source, WebPage)
    assert source.root == "https://example.org/a?b"
    with pytest.raises(NotesError, match="names a user"):
        open_source("https://me:secret@example.org/", SUFFIXES)


def test_a_page_is_listed_with_the_digest_of_its_article_and_the_time_of_the_fetch(server):
    source, before = open_page(server), time.time_ns()
    file, _ = only(source)
    assert (file.path, file.suffix, file.size) == (source.root, ".html", len(source.read(file)))
    assert file.digest == hashlib.sha256(source.read(file)).hexdigest()
    assert before <= file.modified_ns <= time.time_ns()
    server.body = PAGE.replace("Buy our course now!", "Only today: half the price!").encode()
    assert only(open_page(server))[0].digest == file.digest
    server.body = PAGE.replace("Linear", "Quadratic").encode()
    assert only(open_page(server))[0].digest != file.digest


def test_the_article_keeps_title_headings_lists_tables_and_code_and_nothing_else():
    html = " ".join(readable_html(PAGE).replace("\n", "\x00").split())
    html = html.replace("\x00 ", "").replace("> <", "><").replace("\x00<", "<")
    for piece in (
        "<title>Bias - ML notes</title>",
        "<h1>Bias and variance</h1><p>The bias of",
        "<h2>How to measure it</h2>",
        "look at <code>np.mean</code> of them all.</p>",
        "<ul><li>Collect data, as much as you can</li><li>Fit<ul><li>a small model</li></ul></li>",
        "<ol><li>first of all</li><li>second of all</li></ol>",
        "<tr><th>Model</th><th>Bias</th></tr><tr><td>Linear</td><td>0.4</td></tr></table>",
        "<blockquote><p>All models are wrong",
    ):
        assert piece in html
    code = (
        "<pre><code>import numpy as np\n\ndef bias(x):\n    return np.mean(x) &lt; 1\n</code></pre>"
    )
    assert code in readable_html(PAGE)
    for gone in ("Shop", "Buy", "Cookies", "alert", "style"):
        assert gone not in html


@pytest.mark.parametrize("page", ["<p>Hi", "", "no tags at all", "<html><body></body></html>"])
def test_a_page_without_an_article_stays_as_it_is(page):
    assert readable_html(page) == page


def test_a_page_that_nests_without_end_is_survived():
    assert readable_html("<div>" * 50_000 + "words")


@pytest.mark.parametrize(
    ("type_", "encoded"),
    [
        ("text/html; charset=utf-8", "é€".encode()),
        ("text/html; charset=iso-8859-1", b"\xe9\x80"),  # as browsers have it: Windows-1252
        ("text/html; charset=nonsense", "é€".encode()),
        ("text/html; charset=hex", "é€".encode()),
        ("text/html", b"<meta charset='windows-1252'>\xe9\x80"),
        ("text/html; charset=windows-1252", b"\xef\xbb\xbf" + "é€".encode()),
        ("application/xhtml+xml", b"<?xml version='1.0' encoding='utf-8'?>" + "é€".encode()),
        ("text/html; charset=utf-16", "é€".encode("utf-16")),
    ],
)
def test_the_charset_is_what_mark_server_or_page_say(server, type_, encoded):
    server.type, server.body = type_, encoded
    assert "é€" in only(open_page(server))[1]


@pytest.mark.parametrize(
    ("type_", "path", "form"),
    [
        ("text/plain", "/a", ".txt"),
        ("text/plain; charset=utf-8", "/raw/README.md?x=1", ".md"),
        ("text/plain", "/a.exe", ".txt"),
        ("application/pdf", "/a", ".pdf"),
        ("text/html", "/a.pdf", ".html"),
    ],
)
def test_the_server_says_what_a_page_is(server, type_, path, form):
    server.type, server.body = type_, b"<p>words"
    file, text = only(open_page(server, path))
    assert (file.suffix, text) == (form, "<p>words")


def reason(source):
    listing = source.listing()
    assert listing.files == ()
    return listing.unreadable[source.root]


def test_what_is_no_text_is_refused(server):
    server.type = "image/png"
    assert reason(open_page(server)) == "it is image/png, which is not read"
    server.type = "application/pdf"
    assert (
        reason(open_page(server, suffixes={".html"})) == "it is application/pdf, which is not read"
    )


def test_a_page_that_cannot_be_had_just_now_is_not_taken_for_gone(server):
    server.status = 503
    assert reason(open_page(server)) == "its server answers 503 Service Unavailable"
    source = WebPage("http://example.org/", SUFFIXES, Network(resolve=lambda *_: ["10.0.0.1"]))
    assert "not on the public internet" in reason(source)


def test_without_the_extra_a_page_says_how_to_get_it(server, monkeypatch):
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    with pytest.raises(NotesError, match=r"run: .venv/bin/pip install 'cribsheet\[web\]'$"):
        open_page(server).listing()


@pytest.fixture
def ingest(server):
    """Brings a Markdown page into an index that forgets nothing between runs."""
    index, embedder = MemoryIndex(), WordEmbedder()

    def run(**options):
        chunker = StructureChunker(embedder.count_tokens)
        source = open_page(server, "/page.md")
        return list(Ingest(index, embedder, chunker, [MarkdownReader()]).run(source, **options))[-1]

    server.type, server.body = "text/plain", b"# A\n\nwords\n"
    return run


def test_a_page_fetched_again_with_the_same_content_is_unchanged(ingest, server):
    assert (ingest().new, ingest().unchanged) == (1, 1)
    server.body = b"# A\n\nother words\n"
    assert ingest().changed == 1


def test_a_page_is_kept_while_its_server_fails_and_forgotten_only_where_it_is_meant(ingest, server):
    ingest()
    server.status = 500
    with pytest.raises(
        NotesError, match=r"answers 500 Internal Server Error\); nothing was changed"
    ):
        ingest(allow_deletions=True)
    server.status = 404
    with pytest.raises(NotesError, match=r"are gone.*run: crib ingest http://.*--allow-deletions"):
        ingest()
    assert ingest(allow_deletions=True).notes == 0
    with pytest.raises(NotesError, match=r"no page at http://.*; check the address"):
        ingest()


def test_a_citation_says_when_a_page_was_retrieved():
    fetched = SourceFile("https://example.org/a", 1, 1_800_000_000_000_000_000, "digest", ".html")
    day = f"retrieved {date.fromtimestamp(1_800_000_000).isoformat()}"

    def labels(*anchors):
        note = replace(make_note(fetched.path, "words"), anchors=anchors)
        return [(one.offset, one.label) for one in dated(ReadNote(note), fetched).note.anchors]

    assert labels() == [(0, day)]
    assert labels(Anchor(0, "page 1"), Anchor(5, "page 2")) == [
        (0, f"page 1, {day}"),
        (5, f"page 2, {day}"),
    ]
    assert labels(Anchor(5, "page 2")) == [(0, day), (5, f"page 2, {day}")]


def test_a_file_has_no_such_date():
    read = ReadNote(make_note("/notes/a.md", "words"))
    assert dated(read, SourceFile("/notes/a.md", 1, 1)) is read


def test_an_address_is_shown_as_it_is(monkeypatch, tmp_path):
    """A path would lose one of its slashes."""
    url = "https://example.org/a"
    monkeypatch.chdir(tmp_path)
    chunk = replace(make_chunk("words", path=url), anchors=(Anchor(0, "retrieved 2026-11-24"),))
    assert place(url) == url
    shown = SourceCard(1, chunk, (), ()).location(tmp_path.as_posix())
    assert shown == "https://example.org/a (retrieved 2026-11-24)"
