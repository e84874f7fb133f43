"""Units that a person would quote, in exact characters."""

import textwrap
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.sentences import lead, readable_text, reading, sentence_spans
from rag.types import Span


def cut(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A paragraph\nover two lines. And more", ["A paragraph\nover two lines.", "And more"]),
        ("- first item\n- [x] second. With two\n", ["first item", "second.", "With two"]),
        ("--- nested item\n1. numbered\n> - quoted", ["nested item", "numbered", "quoted"]),
        ("## 2. Feature store\ntext", ["## 2. Feature store", "text"]),
        ("| a. b | c |\n|---|---|\n| d. E | |\n|  |  |\n", ["| a. b | c |", "| d. E | |"]),
        ("Metal | Melts. At\n--- | ---\nTin | 232. C", ["Metal | Melts. At", "Tin | 232. C"]),
        ("> | a | b |\n> |:-:|---|\n> | c. D | e |", ["| a | b |", "| c. D | e |"]),
        ("text here\n| a | b |\nMore. Text", ["text here", "| a | b |", "More.", "Text"]),
        ("Use `a | b` here. Or\nP(A|B) there.", ["Use `a | b` here.", "Or", "P(A|B) there."]),
        ("Rent is 1,200 a month. So,\nyes it is.", ["Rent is 1,200 a month.", "So,\nyes it is."]),
        ("```py\nx = 1. + 2\n\ny = x\n```\nafter", ["x = 1. + 2", "y = x", "after"]),
        ("It costs 3.50 in v1.2 of a.b", ["It costs 3.50 in v1.2 of a.b"]),
        ("Some, e.g. this. See Fig. 2 by Dr. No.", ["Some, e.g. this.", "See Fig. 2 by Dr. No."]),
        ('He said "stop." Then went.', ['He said "stop."', "Then went."]),
        ("\N{CJK UNIFIED IDEOGRAPH-4E00}。 二。", ["一。", "二。"]),
        ("Kinds:\n\u2022 Tin\n  \u25e6 heat\n\u2013 Zinc", ["Kinds:", "Tin", "heat", "Zinc"]),
        ("** Copper :tag:\nIt conducts\nheat.", ["** Copper :tag:", "It conducts\nheat."]),
        ("```x``` is code\n\n> ```\n> a. B\n> ```", ["```x``` is code", "a. B"]),
        ("**Copper** conducts\nheat", ["**Copper** conducts\nheat"]),
        ("   \n\n---\n***\n", []),
    ],
)
def test_notes_are_cut_where_a_person_would(text, expected):
    assert cut(text) == expected


BARE = [
    "WiFi password blueHeron92\nRouter admin 192.168.0.1\nLandlord: Mrs Kaya 0171 555",
    "wifi password blueHeron92\nrouter admin 192.168.0.1\nlandlord mrs kaya",
    "WLAN Passwort Reiher92\nZähler Keller links\nVermieterin: Frau Kaya 0171 555",
    "Mot de passe héron92\nPropriétaire : Mme Kaya\nChaudière vérifiée en mars",
    "Name: Kaya\nphone: 0171 555\ncity: Berlin",
    "The boiler was serviced on 3 March by Mr Kaya\nNext service March 2027\nCall before noon",
    "It is one line\\\nAnother line",
    "It is one line  \nanother line",
    "2024-03-01 12:00:01 INFO server started on port 8080\n"
    "2024-03-01 12:00:02 INFO client came from 10.0.0.2",
    "name,remark\nKaya,Rings twice. Has a dog\nRuiz,Quiet. Pays late",
    "Anna;30. floor;Berlin. East\nBert;2. floor;Paris",
    "Kupfer\tleitet gut. Rot\nZink\tleitet. Grau",
    "Banque de France : créée en 1800, franc germinal en 1803\nlycées : loi de 1802, par Bonaparte",
    "El modelo de la doble hélice es de Watson y Crick, de 1953\ndiez pares de bases por vuelta\n"
    "Dos puentes de hidrógeno\ngenoma humano: veinte mil genes",
    "a) The landlord lives in the flat above ours\nb) The landlord lives in Berlin.",
    "Nobody wraps a text at so many characters as this line has, which goes on and on, and then on"
    " and on again until it is wider than a page, and wider than any editor would ever make a line"
    " of its own accord\nNext note.",
]


@pytest.mark.parametrize("text", BARE)
def test_lines_that_stand_one_below_the_other_are_apart(text):
    assert cut(text) == [line.strip("> ") for line in text.split("\n")]


PROSE = [
    "The landlord called on Monday and said that the new Boiler will be fitted in March, by the"
    " people of Kaya Heating, who have done it before and know the cellar",
    "copper conducts heat and electricity well, which is why it is used for pots, wires and the"
    " roofs of churches, where it turns green.",
    "Der Vermieter hat am Montag angerufen und gesagt, dass die neue Heizung im März kommt und die"
    " Wohnung dann zwei Tage lang kein warmes Wasser haben wird",
    "Die Zelle ist die kleinste Einheit des Lebens, und Zellen mit Zellkern heißen Eukaryoten, alle"
    " anderen Prokaryoten.",
    "Le cuivre conduit bien la chaleur et l'électricité, ce qui explique son usage dans les câbles,"
    " les casseroles et les toits des églises",
    "La célula es la unidad más pequeña de la vida, y las que tienen núcleo se llaman Eucariotas.",
    "Der Plan steht im Netz und kann von jeder Wohnung aus gelesen werden, auch unter der Adresse"
    " https://example.org/a/very/long/address/that/is/wider/than/all/the/others/are und im Keller.",
]


@pytest.mark.parametrize("width", [40, 60, 72, 80])
@pytest.mark.parametrize("prose", PROSE)
def test_wrapped_prose_stays_together(prose, width):
    wrapped = textwrap.fill(prose, width, break_long_words=False, break_on_hyphens=False)
    assert cut(wrapped) == [wrapped]
    if wrapped[0].isupper():
        ended = f"{wrapped.rstrip('.')}."
        assert cut(f"Monday\n{ended}\n\nCode 4411") == ["Monday", ended, "Code 4411"]
    assert cut(f"- {wrapped}\n- next") == [wrapped, "next"]
    indented = textwrap.indent(wrapped, "  ").lstrip()
    assert cut(f"1. {indented}\n2. next") == [indented, "next"]
    quoted = textwrap.indent(wrapped, "> ").removeprefix("> ")
    assert cut(f"> {quoted}") == [quoted]


WHOLE = [
    "It is some text, e.g. salt and i.e. this, approx. 30 g vs. 40 g",
    "See Fig. 2 and no. 5 by Dr. Kaya et al. 2020, pp. 12 in vol. 3",
    "Buy milk, eggs etc. and call J. R. Smith at 5 p.m. today",
    "It is in section 2.3 of notes.md, on https://example.org/a.b and in v1.2",
    "Das Fest ist am 1. Januar und im 2. Stock, vgl. Kapitel 3",
    "Man nehme z. B. Zucker, ca. 30 g bzw. 40 g, u. a. Rohrzucker, S. 12",
    "Siehe Nr. 5, Abb. 3 und d. h. Dr. Kaya, Hauptstr. 5, Tel. 0171",
    "Der 3. Mai, die 9. Sinfonie, jede 2. Woche und z.B. Ostern usw. gehen",
    "On utilise p. ex. le fer, cf. chap. 3 et art. 5, etc. et l'or",
    "M. Petit et Mme. Kaya, fig. 2, env. 30 g, av. J.-C. déjà",
    "Coef. : contrôle 3 (auj. Concorde), doc. autorisés",
    "Usa p. ej. hierro, aprox. 30 g, pág. 12, art. 5 y núm. 3",
    "El Sr. Ruiz y la Sra. Kaya, cf. cap. 3, etc. y más",
    "Ud. y la Dra. Ruiz viven en EE. UU. desde hace mucho, p. ej. Madrid",
]


@pytest.mark.parametrize("text", WHOLE)
def test_abbreviations_and_ordinals_end_no_sentence(text):
    assert cut(text) == [text]
    assert cut(f"- {text}. Another one") == [f"{text}.", "Another one"]


@pytest.mark.parametrize(
    "text",
    [
        "It ended in 1990. | Then it began. | He is 30. | I am 25. | You know",
        "Buy eggs etc. | The answer is no. | Use numpy. | pandas is fast. | Pop art. | Why? | so",
        "It is H2SO4. | so there. | OS is 6 ECTS. | no notes allowed.",
        "It has 40 g. | Then 5 ms. | Or 3 m. | Fine",
        "it conducts. | it is red. | it is old",
        "Er endete 1990. | Dann begann es. | Es sind 12. | Alle kamen, usw. | Es ist Kap. 3. | Gut",
        "Elle finit en 1990. | Puis il y en a 12. | Voir art. 5. | Fin des vols. | Il dort",
        "Terminó en 1990. | Luego son 12. | Véase art. 5. | Es arte. | Fin",
    ],
)
def test_other_stops_end_one(text):
    assert cut(text.replace(" | ", " ")) == text.split(" | ")


_PIECES = (
    "- /# /| /```\n/~~~/\n/\n\n/. /! /e.g. /word/日/ /[1]/a | b/|---|/> /Word\n/1. /x,y\n/key: "
)
pieces = st.sampled_from(_PIECES.split("/"))


@given(st.one_of(st.text(), st.lists(pieces).map("".join)))
def test_spans_are_in_order_and_trimmed(text):
    """They never overlap, and none is blank."""
    end = 0
    for span in sentence_spans(text):
        assert end <= span.start < span.end <= len(text)
        quote = text[span.start : span.end]
        assert quote == quote.strip()
        assert any(character.isalnum() for character in quote)
        end = span.end


@given(st.lists(pieces.filter(lambda piece: piece[:1] not in "`~")).map("".join))
def test_no_letter_is_lost_but_in_lines_that_open_code(text):
    assert [c for c in "".join(cut(text)) if c.isalpha()] == [c for c in text if c.isalpha()]
    assert [c for c in readable_text(text) if not c.isspace()] or not cut(text)


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("Kinds:\n\n- one\n  - deep\n- two\n\nElse.\n", "deep", "- one"),
        ("Kinds:\n\n- one\n  - deep\n- two\n\nElse.\n", "two", "Kinds:"),
        ("Kinds:\n- one. And\n  wrapped\n- two", "wrapped", "Kinds:"),
        ("Kinds:\n\n- one\n\n\t- deep\n\n\t- other\n- two", "other", "- one"),
        ("Kinds:\n- one\n\n  More on it.\n\n    ```\n    x\n\n    ```\n\n- two", "two", "Kinds:"),
        ("- one\n\n  Of these:\n\n  - deep\n  - other", "other", "Of these:"),
        ("Arten:\n9. neun\n10. zehn", "zehn", "Arten:"),
        ("Formes :\n1. une\n   - sous\n2. deux", "sous", "1. une"),
        ("Tipos:\n- uno\n--- hondo\n- dos", "hondo", "- uno"),
        ("Bare line\n> **Kinds:**\n> * one", "one", "**Kinds:**"),
        (
            "Some text. These two that are named\nhere:\n- one",
            "one",
            "These two that are named\nhere:",
        ),
        ("RQ = CO2 / O2\n  - fat 0.7", "fat", "RQ = CO2 / O2"),
        ("# Kinds\n- one", "one", None),
        ("Kinds:\n\n---\n\n- one", "one", None),
        ("Tin: 20 cm square, lined\n- 1 tbsp ginger", "ginger", None),
        ("Kinds:\n\nAnother paragraph.\n\n- one", "one", None),
        ("Kinds:\n\n   Another one.\n\n- one", "- one", None),
        ("Kinds:\n- one\n\nA paragraph.\n\n* two", "two", None),
        ("1. one\n\n   In it.\n\n- two", "two", None),
    ],
)
def test_an_item_knows_its_lead(text, word, expected):
    found = lead(text, text.index(word))
    assert (found and text[found.start : found.end]) == expected


TABLE = (
    "| Metal | **Melts** at | Use |\n|:---|---:|---|\n"
    "| Tin | `232` °C | |\n| | **1538** | a\\|b |\n"
)


def said(text: str, context: str = "") -> list[str]:
    return [reading(text, span, context) for span in sentence_spans(text)]


HEADED = "| Metal | Melts |"
HEADED_READ = ["Metal: Tin; Melts: 232", "Metal: Iron; Melts: 1538"]


@pytest.mark.parametrize(
    ("text", "context", "expected"),
    [
        (TABLE, "", [TABLE[:30], "Metal: Tin; Melts at: 232 °C", "Melts at: 1538; Use: a|b"]),
        ("| Tin | 232 |\n| Iron | 1538 |", HEADED, HEADED_READ),
        ("| Tin | 232 |", f"{HEADED}\n|---|---|", HEADED_READ[:1]),
        ("| Tin | 232 |", "| Metal", ["Metal: Tin; 232"]),
        ("| Tin | 232 |\n| Iron | 1538 |", "", ["| Tin | 232 |", "| Iron | 1538 |"]),
        ("Metal | Melts\n--- | ---\nTin | 232", "", ["Metal | Melts", *HEADED_READ[:1]]),
        ("> | A | B |\n> |---|---|\n> | 1 | 2 |", "", ["| A | B |", "A: 1; B: 2"]),
        ("|A|B:|\n|-|-|\n|1|2|\n\n|x|y|", "", ["|A|B:|", "A: 1; B: 2", "|x|y|"]),
        ('a,b\ntin,2\n"x, y",3', "", ["a,b", "a: tin; b: 2", "a: x, y; b: 3"]),
        ("a;b\nÉtain;1,5\nFer;", "", ["a;b", "a: Étain; b: 1,5", "Fer;"]),
        ("tin,soft\niron,hard", "a,b", ["a: tin; b: soft", "a: iron; b: hard"]),
        ("Kupfer\tleitet\nZink\tleitet", "", ["Kupfer leitet", "Zink leitet"]),
    ],
)
def test_a_row_is_read_with_its_columns(text, context, expected):
    assert said(text, context) == expected


@pytest.mark.parametrize(
    ("text", "context", "expected"),
    [
        ("Of:\n- Tin\n  - wires\n- Zinc", "", ["Of:", "Of: Tin", "Tin: wires", "Of: Zinc"]),
        ("Text. **Metalle:**\n1. Zinn", "", ["Text.", "**Metalle:**", "Metalle: Zinn"]),
        ("Les métaux :\n\n- cuivre\n  rouge", "", ["Les métaux :", "Les métaux: cuivre rouge"]),
        ("El cobre conduce.\n\n- calor", "", ["El cobre conduce.", "calor"]),
        ("- Cobre.\n\t- calor. Y más", "", ["Cobre.", "Cobre: calor.", "Cobre: Y más"]),
        ("- Copper\n- Tin", "Metals:", ["Metals: Copper", "Metals: Tin"]),
        ("- Copper", "Tin: 20 cm square, lined", ["Copper"]),
        ("# Other\n- Copper", "Metals:", ["# Other", "Copper"]),
        ("> It is\n> wrapped  here", "", ["It is wrapped here"]),
    ],
)
def test_an_item_is_read_with_its_lead(text, context, expected):
    assert said(text, context) == expected


def test_what_is_no_unit_is_read_as_it_is():
    assert reading(TABLE, Span(0, len(TABLE))) == " ".join(TABLE.split())
    assert reading("", Span(0, 0)) == ""
    assert readable_text("|>", "a") == "|>"


@pytest.mark.parametrize(
    ("text", "context", "expected"),
    [
        (
            f"Metals\n\n{TABLE}\nEnd | of it\n",
            "",
            "Metals\n\n- Metal: Tin; Melts at: 232 °C\n- Melts at: 1538; Use: a|b\n\nEnd | of it\n",
        ),
        (
            "| Tin | 232 |\r\n| | |\r\n| Iron | 1538 |",
            HEADED,
            "- Metal: Tin; Melts: 232\r\n- Metal: Iron; Melts: 1538",
        ),
        ("|---|---|\n| Tin | 232 |", HEADED, "- Metal: Tin; Melts: 232"),
        ("| A | B |\n|---|---|\n", "", "| A | B |\n"),
        ("```\n| A | B |\n|---|---|\n| 1 | 2 |\n```", "", None),
        ("Metals:\n- a\n  wrapped\n\n# Else\nText  \nmore\n", "x", None),
    ],
)
def test_a_passage_is_readable(text, context, expected):
    assert readable_text(text, context) == (text if expected is None else expected)


def test_long_tables_and_lists_take_no_long():
    rows = "".join(f"| name {n} | {n} | some words |\n" for n in range(3000))
    table = f"| a | b | c |\n|---|---|---|\n{rows}"
    items = "A word. " * 2000 + "Kinds:\n" + "".join(f"- item {n}\n" for n in range(3000))
    long = ["." * 20_000 + "x", "`" * 20_000, "| - " + " " * 20_000 + "x", "(" * 20_000]
    before = time.process_time()
    assert readable_text(table).count("\n- ") == 2999
    assert said(table)[3000] == "a: name 2999; b: 2999; c: some words"
    assert said(items)[-1] == "Kinds: item 2999"
    for text in [*long, "> " * 9000, "a, b;" * 5000, "Ab\n" + "x b\n" * 5000]:
        assert [readable_text(one) for one in (text, f"| a | b |\n|---|---|\n| {text} | x |")]
        assert said(f"{text} {text}\n{text}") is not None
    assert time.process_time() - before < 5
