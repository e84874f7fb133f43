"""Zip files and XML from anybody: what would blow up is refused before it does."""

import struct
import zipfile

import pytest
from made_files import zipped

from ingest.readers import archives, ooxml
from ingest.readers.archives import open_archive
from ingest.readers.ooxml import parse_xml
from rag.errors import NotesError


def test_members_are_listed_and_read():
    archive = open_archive(zipped({"a.txt": b"one", "b/c.txt": b"two"}))
    assert archive.names == ("a.txt", "b/c.txt")
    assert archive.read("b/c.txt") == b"two"
    assert "a.txt" in archive
    assert "x" not in archive


def test_xml_that_repeats_itself_is_no_bomb():
    table = b"<row><cell>metal</cell><cell>%d</cell></row>"
    data = b"".join(table % n for n in range(60_000))
    assert open_archive(zipped({"a.xml": data})).read("a.xml") == data


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"a": bytes(5_000_000)}, "it looks like a bomb: 'a' unpacks"),
        ({"../a": b""}, "'../a' wants to lie outside it"),
        ({"/etc/a": b""}, "'/etc/a' wants to lie outside it"),
        ({"a\\..\\..\\b": b""}, "wants to lie outside it"),
    ],
)
def test_bombs_and_members_that_lead_out_are_refused(members, reason):
    with pytest.raises(NotesError) as caught:
        open_archive(zipped(members)).read(next(iter(members)))
    assert reason in str(caught.value)


def test_many_bytes_and_many_members_are_refused(monkeypatch):
    monkeypatch.setattr(archives, "MAX_UNPACKED", 5)
    archive = open_archive(zipped({"a": b"123", "b": b"456"}))
    assert archive.read("a") == b"123"
    with pytest.raises(NotesError, match="unpacks to 6 bytes, the most is 5"):
        archive.read("b")
    monkeypatch.setattr(archives, "MAX_MEMBERS", 1)
    with pytest.raises(NotesError, match="it holds 2 files, the most is 1"):
        open_archive(zipped({"a": b"", "b": b""}))


def test_a_member_that_lies_about_its_size_gives_no_more_than_it_says():
    """`ZipFile.read` would unpack all of it, and only then see that it is wrong."""
    data = bytearray(zipped({"a": bytes(300_000_000)}))
    size = struct.pack("<L", 300_000_000)
    at = data.index(size, data.index(b"PK\x01\x02"))
    data[at : at + 4] = struct.pack("<L", 1000)
    archive = open_archive(bytes(data))
    with pytest.raises(NotesError, match="it is damaged: 'a' cannot be unpacked"):
        archive.read("a")


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x05\x06" + bytes(18) + b"x", b"%PDF-1.7"])
def test_what_is_no_zip_file_or_empty_is_refused_or_empty(data):
    try:
        assert open_archive(data).names == ()
    except NotesError as error:
        assert str(error) == "it is damaged, or not what its name says"


def test_damaged_and_locked_members_are_refused():
    data = zipped({"a": b"0123456789" * 100}, zipfile.ZIP_STORED).replace(b"0123", b"9999", 1)
    with pytest.raises(NotesError, match="it is damaged: 'a' cannot be unpacked"):
        open_archive(data).read("a")
    locked = bytearray(zipped({"a": b"x"}))
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(NotesError, match="locked with a password"):
        open_archive(bytes(locked)).read("a")
    with pytest.raises(NotesError, match="there is no 'b' in it"):
        open_archive(zipped({"a": b"x"})).read("b")


def test_only_ways_to_pack_that_keep_to_a_size_are_read():
    data = b"metal" * 50
    assert open_archive(zipped({"a": data}, zipfile.ZIP_STORED)).read("a") == data
    for level in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        with pytest.raises(NotesError, match="'a' is packed as in no document"):
            open_archive(zipped({"a": data}, level)).read("a")


def test_xml_is_read_in_any_encoding():
    for encoding in ("utf-8", "utf-16", "latin-1"):
        text = f'<?xml version="1.0" encoding="{encoding}"?><a b="1">é</a>'
        assert parse_xml(text.encode(encoding)).text == "é"


@pytest.mark.parametrize(
    "data",
    [
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a/>',
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16"),
    ],
)
def test_xml_with_declarations_is_refused_before_anything_expands(data):
    with pytest.raises(NotesError, match="its XML declares entities"):
        parse_xml(data)


def test_deep_and_endless_xml_is_refused(monkeypatch):
    with pytest.raises(NotesError, match="too deep or too long"):
        parse_xml(b"<a>" * 100_000)
    monkeypatch.setattr(ooxml, "MAX_ELEMENTS", 10)
    with pytest.raises(NotesError, match="too deep or too long"):
        parse_xml(b"<a>" + b"<b/>" * 10 + b"</a>")


@pytest.mark.parametrize("data", [b"", b"<a", b"<a>&x;</a>", b"\xff\xfe<", b"<a></b>", b"\0" * 9])
def test_what_is_no_xml_is_refused(data):
    with pytest.raises(NotesError, match="its XML is damaged"):
        parse_xml(data)


def test_an_archive_that_is_cut_short_anywhere_is_refused_or_read():
    whole = zipped({"a": b"metal " * 50, "b": b"tin " * 50})
    for end in range(len(whole)):
        try:
            archive = open_archive(whole[:end])
            for name in archive.names:
                archive.read(name)
        except NotesError:
            pass
