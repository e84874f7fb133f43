"""Subtitles: what is said is the text, and it is cited by the time at which it is said."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reader_checks import cut, file_of

from ingest.readers import subtitles
from ingest.readers.subtitles import SubtitleReader
from rag.errors import NotesError

SRT = """1
00:00:01,000 --> 00:00:03,500
Today we look at <i>bias</i>
in data.

2
00:01:23,900 --> 00:01:25,000
{\\an8}Clarify finds it.
"""

VTT = """WEBVTT - A lecture
Kind: captions

STYLE
::cue { color: papayawhip }

NOTE
made by hand --- not to be found

intro
00:01.000 --> 00:03.000 align:start position:0%
<v Anna>What is R&amp;D?</v>

00:03.000 --> 00:04.000
<v Anna>I mean, <c.loud>really</c>?</v>

01:02:03.000 --> 01:02:05.000
<v.loud Ben>Re<00:01:02.500>search.
"""


def read(text, name="lecture.vtt"):
    return cut(SubtitleReader(), name, text if isinstance(text, bytes) else text.encode())


def cues(*lines, step=1.0, length=1.0):
    """WebVTT of one cue a line, one after the other."""
    times = [f"00:{n * step // 60:02.0f}:{n * step % 60:06.3f}" for n in range(len(lines))]
    ends = [
        f"00:{(n * step + length) // 60:02.0f}:{(n * step + length) % 60:06.3f}"
        for n in range(len(lines))
    ]
    blocks = [f"{a} --> {b}\n{c}\n" for a, b, c in zip(times, ends, lines, strict=True)]
    return "\n".join(["WEBVTT\n", *blocks])


def test_subrip_is_what_is_said_and_cited_by_its_time():
    found = read(SRT, "lecture.srt")
    assert found.read.note.text == "Today we look at bias in data.\n\nClarify finds it."
    assert found.place("Today") == "lecture.srt (00:00:01)"
    assert found.place("Clarify") == "lecture.srt (00:01:23)"


def test_webvtt_is_what_is_said_by_whom_without_header_styles_and_notes():
    found = read(VTT)
    assert found.read.note.text == "Anna: What is R&D? I mean, really?\n\nBen: Research."
    assert found.place("What is") == "lecture.vtt (00:00:01)"
    assert found.place("really") == "lecture.vtt (00:00:03)"
    assert found.place("Research") == "lecture.vtt (01:02:03)"


def test_a_change_of_speaker_begins_a_line():
    text = cues("<v A>One.", "<v B>Two.", "Still B.", "- A dash.\n- Another.")
    assert read(text).read.note.text == "A: One.\nB: Two. Still B.\n- A dash.\n- Another."


def test_a_pause_ends_a_paragraph():
    text = cues("One.", "Two.", step=4.0, length=1.0)
    assert [words for _, words in read(text).kinds()] == ["One.", "Two."]


def test_a_long_talk_is_cut_at_the_ends_of_sentences():
    said = ["This is the first half of it", "and this is the second half of it."] * 60
    paragraphs = [words for _, words in read(cues(*said)).kinds()]
    assert len(paragraphs) > 3
    assert all(words.endswith("of it.") for words in paragraphs)
    assert all(subtitles.ENOUGH_CHARS <= len(words) < 600 for words in paragraphs[:-1])


def test_a_talk_without_full_stops_is_cut_all_the_same():
    paragraphs = [words for _, words in read(cues(*["no end in sight"] * 1)).kinds()]
    assert paragraphs == ["no end in sight"]
    said = [f"no end in sight {n}" for n in range(300)]
    lengths = [len(words) for _, words in read(cues(*said)).kinds()]
    assert len(lengths) > 3
    assert max(lengths) < 1200


def test_captions_that_roll_up_say_each_line_once():
    """As machines caption videos: each cue shows the line before once more."""
    text = cues("hello there", "hello there\nhow<00:00:01.500><c> are you</c>", "how are you\nfine")
    assert read(text).read.note.text == "hello there how are you fine"


def test_what_is_said_again_later_is_said_twice():
    assert read(cues("No.", "No.", step=1.5)).read.note.text == "No. No."


def test_a_blank_line_within_a_cue_of_subrip_loses_no_words():
    text = "1\n00:00:01,000 --> 00:00:02,000\none\n\ntwo 2\n\n2\n00:00:02,000 --> 00:00:03,000\n3\n"
    assert read(text, "a.srt").read.note.text == "one two 2 3"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_and_the_mark_of_utf_8_do_not_matter(end):
    data = b"\xef\xbb\xbf" + VTT.replace("\n", end).encode()
    assert read(data).read.note.text == read(VTT).read.note.text


@pytest.mark.parametrize("text", ["WEBVTT\n\nNOTE x\n", "just words", "00:01 -> 00:02\nx"])
def test_what_has_no_times_is_refused(text):
    with pytest.raises(NotesError, match="no subtitles"):
        read(text)


def test_times_without_words_are_refused():
    with pytest.raises(NotesError, match="no text"):
        read(cues("<c></c>", " "))


def test_too_many_cues_are_refused(monkeypatch):
    monkeypatch.setattr(subtitles, "MAX_CUES", 2)
    with pytest.raises(NotesError, match="more than 2 cues"):
        read(cues("a", "b", "c"))


_LINES = st.sampled_from(
    [
        *(
            "WEBVTT",
            "NOTE",
            "1",
            "",
            " ",
            "<v Anna>",
            "<v",
            "{\\",
            "&#xD800;",
            "- x",
            "words.",
            "\0",
        ),
        "00:01.000 --> 00:02.000",
        "99:99:99,9 --> 0:00:00",
        "9999:00:00.000 --> 00:01.000 x:y",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=100) | st.lists(_LINES, max_size=15).map(lambda x: "\n".join(x).encode()))
def test_any_bytes_are_a_note_or_a_reason(data):
    try:
        found = read(data)
    except NotesError as error:
        assert "\n" not in str(error)
    else:
        assert found.chunks


@pytest.mark.parametrize("unit", ["<", "<v", "<v ", "<v a", " ", "{\\", "&", "'", ".'", "a.\n"])
def test_a_long_cue_of_marks_does_not_take_long(unit):
    """Each is read in under a second; with a quadratic pattern it would take minutes."""
    text = cues((unit * 200_000)[:200_000] + "end")
    assert "end" in SubtitleReader().read(file_of("a.vtt"), text.encode()).note.text
