"""Tokens of a span are those that the model's own tokenizer counts, without being asked anew."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.tokens import TokenMeter
from rag.types import Span

WORDS = (
    *"alpha naïve C++ a_b https://x.y/z?q=1 *bold* `code` 12.5 |---| Größe unbelievable".split(),
    *("\u6771\u4eac", "\uc138\ud3ec\ub294", "\u0e40\u0e0b\u0e25\u0e25\u0e4c", "e\u0301", "--"),
)
pieces = st.tuples(
    st.sampled_from(WORDS), st.sampled_from([" ", "\n", "\n\n", "\t", "  \r\n", "\xa0"])
)


@given(st.lists(pieces, max_size=30), st.data())
@settings(max_examples=100, deadline=None)
def test_spans_between_words_have_the_tokens_that_the_model_counts(embedder, found, data):
    text = "".join(map("".join, found))
    tokens = TokenMeter(embedder.count_tokens).measure(text)
    ends = [0, *tokens.ends(Span(0, len(text)))]
    start = data.draw(st.sampled_from(ends))
    end = data.draw(st.sampled_from([one for one in ends if one >= start]))
    assert tokens.of(Span(start, end)) == embedder.count_tokens([text[start:end]])[0]


def test_words_are_counted_in_parts_where_they_may_be_cut(embedder):
    tokens = TokenMeter(embedder.count_tokens).measure("unbelievable stories", [3])
    assert tokens.of(Span(0, 3)) >= 1
    assert tokens.of(Span(3, 12)) >= 1
    whole = embedder.count_tokens(["unbelievable stories"])[0]
    assert tokens.of(Span(0, 20)) >= whole


def test_a_long_text_without_blanks_can_be_cut_anywhere_nearly(embedder):
    text = "\u7d30\u80de\u6709\u6838" * 200
    tokens = TokenMeter(embedder.count_tokens).measure(text)
    assert tokens.of(Span(0, 800)) == 800
    assert tokens.of(Span(0, 160)) == 160


def test_data_is_not_tokenized():
    def refuse(texts):
        assert all(len(text) < 100 for text in texts)
        return [len(text.split()) for text in texts]

    tokens = TokenMeter(refuse).measure(f"see {'iVBORw0KGgo' * 2000} there", [4, 22004])
    assert tokens.of(Span(0, 3)) == 1
    assert tokens.of(Span(4, 22004)) > 1000


def test_more_words_than_are_remembered_are_counted_right(monkeypatch):
    monkeypatch.setattr("ingest.tokens._MOST_KNOWN", 10)
    meter = TokenMeter(lambda texts: [len(text.strip()) for text in texts])
    for number in range(40):
        text = f"a bb ccc {'d' * (number % 9 + 4)}"
        assert meter.measure(text).of(Span(0, len(text))) == 6 + number % 9 + 4
