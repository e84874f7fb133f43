"""A small good file of every format that is read, by suffix: what hostile ones are made from."""

import json
import sqlite3
import tempfile
from pathlib import Path

from made_files import pdf, small_docx, small_pptx, zipped

_MARKDOWN = b"""---
title: Metals
tags: [a, b]
---
# Metals

Copper conducts heat. See [iron](iron.md), **tin** and `zinc`.

- iron
  - rusts
- zinc

| metal | melts |
|---|---|
| tin | 232 |

```python
print(1)
```
"""
_HTML = b"""<!doctype html><html><head><title>Metals</title></head><body><h1>Metals</h1>
<p>Copper <b>conducts</b> heat.</p><ul><li>iron</li><li>zinc</li></ul>
<table><tr><th>metal</th></tr><tr><td>tin</td></tr></table><pre>print(1)</pre></body></html>"""
_XHTML = (
    b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>Metals</title>'
    b"</head><body><h1>Metals</h1><p>Copper conducts heat.</p></body></html>"
)
_ORG = b"#+TITLE: Metals\n* Metals\n** Copper :tag:\nIt conducts heat.\n- iron\n| tin | 232 |\n"
_RST = b"Metals\n======\n\nCopper conducts.\n\n* iron\n* zinc\n\n.. note:: tin\n\n::\n\n   code\n"
_CUES = b"00:00:01%b000 --> 00:00:04%b000\nCopper conducts heat.\n\n"


def _notebook() -> bytes:
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Metals\n", "Copper conducts."]},
        {
            "cell_type": "code",
            "metadata": {},
            "source": "print(1)",
            "execution_count": 1,
            "outputs": [{"output_type": "stream", "name": "stdout", "text": ["1\n"]}],
        },
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def _epub() -> bytes:
    container = (
        '<?xml version="1.0"?><container version="1.0" '
        'xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile '
        'full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles>'
        "</container>"
    )
    book = (
        '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0" '
        'unique-identifier="id"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<dc:title>Metals</dc:title><dc:identifier id='id'>1</dc:identifier></metadata><manifest>"
        '<item id="c" href="one.xhtml" media-type="application/xhtml+xml"/></manifest>'
        '<spine><itemref idref="c"/></spine></package>'
    )
    return zipped(
        {
            "mimetype": b"application/epub+zip",
            "META-INF/container.xml": container,
            "OEBPS/book.opf": book,
            "OEBPS/one.xhtml": _XHTML,
        }
    )


def _apkg() -> bytes:
    model = {
        "1": {
            "name": "Basic",
            "type": 0,
            "flds": [{"name": "Front", "ord": 0}, {"name": "Back", "ord": 1}],
            "tmpls": [{"name": "Card", "ord": 0, "qfmt": "{{Front}}", "afmt": "{{Back}}"}],
        }
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "collection.anki2")
        database = sqlite3.connect(path)
        database.executescript(
            "create table col (id, crt, mod, scm, ver, dty, usn, ls, conf, models, decks, dconf,"
            " tags); create table notes (id integer primary key, guid, mid, mod, usn, tags, flds,"
            " sfld, csum, flags, data); create table cards (id integer primary key, nid, did, ord,"
            " mod, usn, type, queue, due, ivl, factor, reps, lapses, left, odue, odid, flags,"
            " data);"
        )
        decks = {"1": {"name": "Metals", "id": 1}}
        values = (1, 0, 0, 0, 11, 0, 0, 0, "{}", json.dumps(model), json.dumps(decks), "{}", "{}")
        database.execute(f"insert into col values ({','.join('?' * 13)})", values)  # noqa: S608
        fields = "What conducts heat?\x1fCopper"
        note = (1, "g", 1, 0, 0, " metal ", fields, "What conducts heat?", 0, 0, "")
        database.execute(f"insert into notes values ({','.join('?' * 11)})", note)  # noqa: S608
        card = (1, 1, 1, *[0] * 14, "")
        database.execute(f"insert into cards values ({','.join('?' * 18)})", card)  # noqa: S608
        database.commit()
        database.close()
        return zipped({"collection.anki2": path.read_bytes(), "media": b"{}"})


def seeds() -> dict[str, bytes]:
    """Good files by suffix, of every format that is read."""
    page = [("Metals", 20), "Copper conducts heat.", "• iron", "• zinc"]
    return {
        ".md": _MARKDOWN,
        ".markdown": _MARKDOWN,
        ".txt": b"METALS\n\nCopper conducts heat.\n\n1. iron\n2. zinc\n",
        ".text": b"Copper conducts heat.\n",
        ".org": _ORG,
        ".rst": _RST,
        ".rest": _RST,
        ".html": _HTML,
        ".htm": _HTML,
        ".xhtml": _XHTML,
        ".csv": b'metal,melts\ntin,232\n"lead, soft",327\n',
        ".tsv": b"metal\tmelts\ntin\t232\n",
        ".ipynb": _notebook(),
        ".srt": b"1\n" + _CUES % (b",", b",") + b"2\n" + _CUES % (b",", b","),
        ".vtt": b"WEBVTT\n\n" + _CUES % (b".", b"."),
        ".epub": _epub(),
        ".apkg": _apkg(),
        ".colpkg": _apkg(),
        ".pdf": pdf([page, page], title="Metals", outline=[("Metals", 1, 0), ("Metals", 2, 1)]),
        ".docx": small_docx(),
        ".pptx": small_pptx(),
    }
