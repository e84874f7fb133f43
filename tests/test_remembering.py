"""A text that was embedded lately is not embedded again, and its vector is the same."""

import pytest
from fakes import WordEmbedder

from rag.embedding import RememberingEmbedder


def test_each_text_is_embedded_once():
    inner = WordEmbedder()
    remembering = RememberingEmbedder(inner)
    first = remembering.embed_documents(["bias", "drift", "bias"])
    again = remembering.embed_documents(["drift", "labels", "bias"])
    assert inner.embedded == ["bias", "drift", "labels"]
    assert again == [first[1], again[1], first[0]]
    expected = WordEmbedder().embed_documents(["bias", "drift", "bias"])
    assert first == [pytest.approx(vector, abs=1e-6) for vector in expected]
    assert remembering.embed_documents([]) == []


def test_what_was_used_longest_ago_is_forgotten():
    inner = WordEmbedder()
    remembering = RememberingEmbedder(inner, most=2)
    for text in ("bias", "drift", "bias", "labels", "bias", "drift"):
        remembering.embed_documents([text])
    assert inner.embedded == ["bias", "drift", "labels", "drift"]


def test_more_at_once_than_is_kept_is_still_given():
    inner = WordEmbedder()
    remembering = RememberingEmbedder(inner, most=1)
    assert len(remembering.embed_documents(["bias", "drift", "labels"])) == 3
    assert remembering.embed_query("bias") == inner.embed_query("bias")
    assert (remembering.fingerprint, remembering.dimensions) == ("words-64", 64)


def test_a_question_is_embedded_once_though_it_is_asked_for_twice():
    class Counting(WordEmbedder):
        asked = 0

        def embed_query(self, text):
            self.asked += 1
            return super().embed_query(text)

    inner = Counting()
    remembering = RememberingEmbedder(inner)
    assert remembering.embed_query("bias") == remembering.embed_query("bias")
    assert inner.asked == 1
    for number in range(300):
        remembering.embed_query(f"bias {number}")
    remembering.embed_query("bias")
    assert inner.asked == 302
