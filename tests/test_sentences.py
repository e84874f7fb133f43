"""Units that a person would quote, in exact characters."""

import textwrap
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.sentences import lead, readable, reading, sentence_spans
from rag.types import Span


def cut(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One fact. Another one! A third?", ["One fact.", "Another one!", "A third?"]),
        ("A paragraph\nover two lines. And more", ["A paragraph\nover two lines.", "And more"]),
        ("- first item\n- [x] second. With two\n", ["first item", "second.", "With two"]),
        ("--- nested item\n1. numbered\n> - quoted", ["nested item", "numbered", "quoted"]),
        ("## 2. Feature store\ntext", ["## 2. Feature store", "text"]),
        ("| a | b. |\n|---|---|\n| c. d | e |", ["| a | b. |", "| c. d | e |"]),
        ("```py\nx = 1. + 2\n\ny = x\n```\nafter", ["x = 1. + 2", "y = x", "after"]),
        ("It costs 3.50 in v1.2 of a.b", ["It costs 3.50 in v1.2 of a.b"]),
        ("Some, e.g. this. See Fig. 2 by Dr. No.", ["Some, e.g. this.", "See Fig. 2 by Dr. No."]),
        ('He said "stop." Then went.', ['He said "stop."', "Then went."]),
        ("\N{CJK UNIFIED IDEOGRAPH-4E00}。 二。", ["一。", "二。"]),
        (
            "Metals:\n\u2022 Copper\n  \u25e6 heat\n\u2013 Zinc",
            ["Metals:", "Copper", "heat", "Zinc"],
        ),
        ("** Copper :tag:\nIt conducts\nheat.", ["** Copper :tag:", "It conducts\nheat."]),
        ("**Copper** conducts\nheat", ["**Copper** conducts\nheat"]),
        ("   \n\n---\n***\n", []),
    ],
)
def test_notes_are_cut_where_a_person_would(text, expected):
    assert cut(text) == expected


BARE = [
    "WiFi password blueHeron92\nRouter admin 192.168.0.1\nLandlord: Mrs Kaya 0171 555",
    "Boiler code 4411\nParking spot 17\nBike lock 9021",
    "wifi password blueHeron92\nrouter admin 192.168.0.1\nlandlord mrs kaya",
    "Anna 0171 5551234\nBert 0171 5555678\nCarl 0171 5559999",
    "WLAN Passwort Reiher92\nZähler Keller links\nVermieterin: Frau Kaya 0171 555",
    "Müll Montag früh\nAltpapier alle zwei Wochen\nGlas am Bahnhof",
    "Code du portail 4411\nMédecin Dr. Petit 01 42 55\nPlace de parking 17",
    "Mot de passe héron92\nPropriétaire : Mme Kaya\nChaudière vérifiée en mars",
    "Clave del wifi garza92\nCasera: Sra. Kaya 0171\nBasura los lunes",
    "Portal 4411\nMédico Dr. Ruiz 91 555\nPlaza de garaje 17",
    "Name: Kaya\nphone: 0171 555\ncity: Berlin",
    "The boiler was serviced on 3 March by Mr Kaya\nNext service March 2027\nCall before noon",
    "It is one line\\\nAnother line",
    "It is one line  \nanother line",
    "> Boiler code 4411\n> Parking spot 17",
    "2024-03-01 12:00:01 INFO server started on port 8080\n"
    "2024-03-01 12:00:02 INFO client came from 10.0.0.2",
    "name,remark\nKaya,Rings twice. Has a dog\nRuiz,Quiet. Pays late",
    "Anna;30. floor;Berlin. East\nBert;2. floor;Paris",
    "Kupfer\tleitet gut. Rot\nZink\tleitet. Grau",
    "Kaya,Mrs,0171 555,Rings twice. Has a dog",
    "nombre;nota\nRuiz;Llega tarde. Paga bien",
    "Banque de France : créée en 1800, franc germinal en 1803\nlycées : loi de 1802, par Bonaparte",
    "El modelo de la doble hélice es de Watson y Crick, de 1953\ndiez pares de bases por vuelta\n"
    "Dos puentes de hidrógeno\ngenoma humano: veinte mil genes",
    "Copper turns green\nZinc does not rust\nand tin is soft",
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
    "La loi de 1905 sépare les Églises et l'État, et la République ne reconnaît ni ne salarie aucun"
    " culte.",
    "El cobre conduce bien el calor y la electricidad, y por eso se usa en cables, ollas y tejados"
    " de iglesias, donde se vuelve verde",
    "La célula es la unidad más pequeña de la vida, y las que tienen núcleo se llaman Eucariotas.",
]


@pytest.mark.parametrize("width", [40, 60, 72, 80])
@pytest.mark.parametrize("prose", PROSE)
def test_wrapped_prose_stays_together(prose, width):
    wrapped = textwrap.fill(prose, width)
    assert cut(wrapped) == [wrapped]
    if wrapped[0].isupper():
        both = f"Monday\n{wrapped}\n\nBoiler code 4411"
        assert cut(both) == ["Monday", wrapped, "Boiler code 4411"]
    assert cut(f"- {wrapped}\n- next") == [wrapped, "next"]
    indented = textwrap.indent(wrapped, "  ").lstrip()
    assert cut(f"1. {indented}\n2. next") == [indented, "next"]
    quoted = textwrap.indent(wrapped, "> ").removeprefix("> ")
    assert cut(f"> {quoted}") == [quoted]


def test_an_address_does_not_make_a_paragraph_wide():
    text = (
        "Der Plan steht im Netz und kann von jeder\nWohnung aus gelesen werden, unter\n"
        "https://example.org/a/very/long/address/that/is/wider/than/all/others\nund im Keller."
    )
    assert cut(text) == [text]


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
    "Voir p. 12, vol. 3, n. 5 et M. Dupont, p. ex. Paris",
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("| a. b | c |\n|---|---|\n| d. E | |\n|  |  |\n", ["| a. b | c |", "| d. E | |"]),
        ("Metal | Melts. At\n--- | ---\nTin | 232. C", ["Metal | Melts. At", "Tin | 232. C"]),
        ("a | b. C | d\ne | f. G | h", ["a | b. C | d", "e | f. G | h"]),
        ("> | a | b |\n> |:-:|---|\n> | c. D | e |", ["| a | b |", "| c. D | e |"]),
        ("text here\n| a | b |\nMore. Text", ["text here", "| a | b |", "More.", "Text"]),
        (
            "Use `a | b | c` here. Or\nP(A|B|C) there.",
            ["Use `a | b | c` here.", "Or", "P(A|B|C) there."],
        ),
    ],
)
def test_rows_of_tables_are_units(text, expected):
    assert cut(text) == expected


pieces = st.sampled_from(
    [
        "- ",
        "# ",
        "| ",
        "```\n",
        "~~~",
        "\n",
        "\n\n",
        ". ",
        "! ",
        "e.g. ",
        "word",
        "日本",
        " ",
        "[1]",
        "a | b",
        "|---|",
        "> ",
        "Word\n",
        "1. ",
        "x,y,z\n",
        "\t",
        "key: ",
    ]
)


@given(st.one_of(st.text(), st.lists(pieces).map("".join)))
def test_spans_are_in_order_and_trimmed(text):
    """They never overlap, and none is blank."""
    spans = sentence_spans(text)
    end = 0
    for span in spans:
        assert end <= span.start < span.end <= len(text)
        quote = text[span.start : span.end]
        assert quote == quote.strip()
        assert any(character.isalnum() for character in quote)
        end = span.end


@given(st.lists(st.sampled_from(["- item", "# head", "words here. More", "| a | b |", ""])))
def test_no_word_of_a_text_without_fences_is_lost(lines):
    text = "\n".join(lines)
    kept = "".join(cut(text))
    assert [c for c in kept if c.isalnum()] == [c for c in text if c.isalnum()]


@given(st.lists(pieces.filter(lambda piece: piece[:1] not in "`~")).map("".join))
def test_no_letter_is_lost_whatever_the_lines_are(text):
    assert [c for c in "".join(cut(text)) if c.isalpha()] == [c for c in text if c.isalpha()]
    assert [c for c in readable(text) if not c.isspace()] or not cut(text)


def test_an_item_has_the_line_that_its_list_is_under():
    text = "Kinds:\n\n- one\n  - deep\n- two\n\nElse.\n"

    def above(word: str) -> str | None:
        found = lead(text, text.index(word))
        return found and text[found.start : found.end]

    assert [above(word) for word in ("deep", "two", "one", "Else", "Kinds")] == [
        "- one",
        "Kinds:",
        "Kinds:",
        None,
        None,
    ]


def led(text: str, word: str) -> str | None:
    found = lead(text, text.index(word))
    return found and text[found.start : found.end]


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("Kinds:\n- one that is\n  wrapped\n- two", "two", "Kinds:"),
        ("Kinds:\n- one. And\n  wrapped\n- two", "wrapped", "Kinds:"),
        ("Kinds:\n\n- one\n\n\t- deep\n\n\t- other\n- two", "other", "- one"),
        ("Kinds:\n- one\n\n  More on it.\n\n    ```\n    x\n    ```\n\n- two", "two", "Kinds:"),
        ("Arten:\n9. neun\n10. zehn", "zehn", "Arten:"),
        ("Formes :\n1. une\n- sous\n2. deux", "sous", "1. une"),
        ("Formes :\n1. une\n- sous\n2. deux", "deux", "Formes :"),
        ("Tipos:\n- uno\n--- hondo\n- dos", "hondo", "- uno"),
        ("Tipos:\n- uno\n--- hondo\n- dos", "dos", "Tipos:"),
        ("Bare line\nKinds:\n- one", "one", "Kinds:"),
        ("Some text. Of the kinds that are known to be\nnamed here, two:\n- one", "one", None),
        ("# Kinds\n- one", "one", None),
        ("Kinds:\n\n---\n\n- one", "one", None),
        ("- one\n- two", "two", None),
    ],
)
def test_an_item_knows_its_lead(text, word, expected):
    assert led(text, word) == (text[: text.index("\n- one")] if "Some" in text else expected)


TABLE = (
    "| Metal | **Melts** at | Use |\n|:---|---:|---|\n"
    "| Tin | `232` °C | |\n| | **1538** | a\\|b |\n"
)


def said(text: str, context: str = "") -> list[str]:
    return [reading(text, span, context) for span in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "context", "expected"),
    [
        (
            TABLE,
            "",
            [TABLE.splitlines()[0], "Metal: Tin; Melts at: 232 °C", "Melts at: 1538; Use: a|b"],
        ),
        (
            "| Tin | 232 |\n| Iron | 1538 |",
            "| Metal | Melts |",
            ["Metal: Tin; Melts: 232", "Metal: Iron; Melts: 1538"],
        ),
        ("| Tin | 232 |", "| Metal | Melts |\n|---|---|", ["Metal: Tin; Melts: 232"]),
        ("| Tin | 232 |", "| Metal", ["Metal: Tin; 232"]),
        ("| Tin | 232 |\n| Iron | 1538 |", "", ["| Tin | 232 |", "| Iron | 1538 |"]),
        (
            "Metall | Schmilzt\n--- | ---\nZinn | 232",
            "",
            ["Metall | Schmilzt", "Metall: Zinn; Schmilzt: 232"],
        ),
        (
            "> | Métal | Fond |\n> |---|---|\n> | Étain | 232 |",
            "",
            ["| Métal | Fond |", "Métal: Étain; Fond: 232"],
        ),
        (
            "|Metal|Funde a:|\n|-|-|\n|Estaño|232|\n\n|x|y|",
            "",
            ["|Metal|Funde a:|", "Metal: Estaño; Funde a: 232", "|x|y|"],
        ),
        ("| metal | melts |\n| tin | 232 |", "", ["| metal | melts |", "metal: tin; melts: 232"]),
        (
            'metal,melts\ntin,232\n"lead, soft",327',
            "",
            ["metal,melts", "metal: tin; melts: 232", "metal: lead, soft; melts: 327"],
        ),
        (
            "tin,soft\niron,hard",
            "metal,kind",
            ["metal: tin; kind: soft", "metal: iron; kind: hard"],
        ),
        ("Kupfer\tleitet\nZink\tleitet", "", ["Kupfer leitet", "Zink leitet"]),
    ],
)
def test_a_row_is_read_with_its_columns(text, context, expected):
    assert said(text, context) == expected


@pytest.mark.parametrize(
    ("text", "context", "expected"),
    [
        (
            "Metals:\n- Copper\n  - for wires\n- Tin",
            "",
            ["Metals:", "Metals: Copper", "Copper: for wires", "Metals: Tin"],
        ),
        ("## Metals\n- Copper", "", ["## Metals", "Copper"]),
        (
            "Some text. **Metalle:**\n1. Kupfer\n2. Zinn",
            "",
            ["Some text.", "**Metalle:**", "Metalle: Kupfer", "Metalle: Zinn"],
        ),
        ("Les métaux :\n\n- cuivre\n  rouge", "", ["Les métaux :", "Les métaux: cuivre rouge"]),
        ("El cobre conduce.\n\n- calor", "", ["El cobre conduce.", "calor"]),
        (
            "- Cobre conduce.\n\t- calor. Y más",
            "",
            ["Cobre conduce.", "Cobre conduce: calor.", "Cobre conduce: Y más"],
        ),
        ("- Copper\n- Tin", "Metals:", ["Metals: Copper", "Metals: Tin"]),
        ("# Other\n- Copper", "Metals:", ["# Other", "Copper"]),
        ("> It is\n> wrapped  here", "", ["It is wrapped here"]),
        ("```\nx  =  1\n```", "", ["x = 1"]),
    ],
)
def test_an_item_is_read_with_its_lead(text, context, expected):
    assert said(text, context) == expected


def test_what_is_no_unit_is_read_as_it_is():
    assert reading(TABLE, Span(0, len(TABLE))) == " ".join(TABLE.split())
    assert reading("", Span(0, 0)) == ""


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
            "| Metal | Melts |",
            "- Metal: Tin; Melts: 232\r\n- Metal: Iron; Melts: 1538",
        ),
        ("|---|---|\n| Tin | 232 |", "| Metal | Melts |", "- Metal: Tin; Melts: 232"),
        ("> | A | B |\n> |---|---|\n> | 1 | 2 |", "", "> - A: 1; B: 2"),
        ("```\n| A | B |\n|---|---|\n| 1 | 2 |\n```", "", None),
        ("| A | B |\n|---|---|\n", "", None),
        ("Metals:\n- a\n  wrapped\n\n# Else\nText  \nmore\n", "x", None),
    ],
)
def test_a_passage_is_readable(text, context, expected):
    assert readable(text, context) == (text if expected is None else expected)


def test_long_tables_and_lists_take_no_long():
    rows = "".join(f"| name {n} | {n} | some words |\n" for n in range(3000))
    table = f"| a | b | c |\n|---|---|---|\n{rows}"
    items = "Kinds:\n" + "".join(f"- item {n}\n" for n in range(3000))
    hostile = [
        "." * 20_000 + "x",
        "`" * 20_000,
        "| - " + " " * 20_000 + "x",
        "(" * 20_000,
        "> " * 9000,
    ]
    before = time.process_time()
    assert readable(table).count("\n- ") == 2999
    assert said(table)[3000] == "a: name 2999; b: 2999; c: some words"
    assert said(items)[3000] == "Kinds: item 2999"
    for text in hostile:
        assert [readable(one) for one in (text, f"| a | b |\n|---|---|\n| {text} | x |")]
        assert said(f"{text} {text}\n{text}") is not None
    assert time.process_time() - before < 5
