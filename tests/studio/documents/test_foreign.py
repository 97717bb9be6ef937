"""HyperText and Paragraphs: spans have their exact place in the plain text, or a reason why they have none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.records import Article
from curation.studio.foreign import foreign
from curation.studio.html import Page
from curation.studio.intake import take
from curation.text import content_hash, normalise
from curation.units import Refused

PAGE = (
    "<h1>Tolls &amp; taxes 🚗</h1>\r\n<p>Mayor 👩‍🚒 <b>Ines&nbsp;Holt</b> spoke.<br>Nobody  did.</p>"
    "<!-- left out --><ul><li>one<li>two &copy 3</ul><pre>\n kept\n</pre>tail"
)
PLAIN = "Tolls & taxes 🚗\nMayor 👩‍🚒 Ines\xa0Holt spoke.\nNobody  did.onetwo © 3 kept\ntail"
PARAGRAPHS = [
    {"author": "Moderator", "text": "Good evening 🚗 all."},
    {"author": "Holt", "text": "Thank you,\nindeed."},
    {"author": "Rehn", "text": ""},
    {"author": "Rehn", "text": "No 👩‍🚒 came."},
]


def path_value(start, first, end, last, words=None, whole=None):
    value = {"start": start, "startOffset": first, "end": end, "endOffset": last}
    value |= {} if words is None else {"text": words}
    return value | ({} if whole is None else {"globalOffsets": {"start": whole[0], "end": whole[1]}})


def words_at(shown, value):
    start, end = shown.span(value)
    return shown.text[start:end]


def test_a_page_is_its_text_nodes_and_breaks():
    assert foreign("HyperText", PAGE).text == PLAIN


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (path_value("/h1[1]/text()[1]", 14, "/h1[1]/text()[1]", 16, "🚗", (14, 15)), "🚗"),
        # UTF-16 units in the text node, code points in the whole page.
        (path_value("/p[1]/b[1]/text()[1]", 0, "/p[1]/b[1]/text()[1]", 9, "Ines\xa0Holt", (26, 35)), "Ines\xa0Holt"),
        (path_value("/p[1]/text()[1]", 6, "/p[1]/b[1]/text()[1]", 4, "👩‍🚒 Ines"), "👩‍🚒 Ines"),
        # Across a break, with white space as the screen has it.
        (path_value("/p[1]/text()[2]", 1, "/p[1]/text()[3]", 11, "spoke.\\nNobody did"), "spoke.\nNobody  did"),
        # Across blocks, between which a selection has line breaks that no text node holds.
        (path_value("/ul[1]/li[1]/text()[1]", 0, "/ul[1]/li[2]/text()[1]", 3, "one\\ntwo"), "onetwo"),
        # To an element instead of a text.
        (path_value("/p[1]/b[1]", 0, "/p[1]/b[1]", 1, "Ines\xa0Holt"), "Ines\xa0Holt"),
        (path_value("/text()[2]", 0, "/text()[2]", 4, "tail"), "tail"),
        ({"globalOffsets": {"start": 26, "end": 30}, "text": "Ines"}, "Ines"),
        # Two measures that say the same need no stored text.
        (path_value("/p[1]/b[1]/text()[1]", 0, "/p[1]/b[1]/text()[1]", 4, None, (26, 30)), "Ines"),
    ],
)
def test_a_span_of_a_page_has_its_exact_place(value, words):
    assert words_at(foreign("HyperText", PAGE), value) == words


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (path_value("/p[1]/b[1]/text()[1]", 0, "/p[1]/b[1]/text()[1]", 4, "Ines", (27, 31)), "XPaths give 26–30"),
        (path_value("/p[1]/b[1]/text()[1]", 0, "/p[1]/b[1]/text()[1]", 4, "Holt"), "is not at 26–30"),
        (path_value("/p[1]/b[1]/text()[1]", 0, "/p[1]/b[1]/text()[1]", 4), "nothing proves"),
        (path_value("/p[9]/text()[1]", 0, "/p[9]/text()[1]", 4, "Ines"), "nothing at '/p"),
        (path_value("/h1[1]/text()[1]", 14, "/h1[1]/text()[1]", 15, "🚗"), "inside a character"),
        (path_value("/p[1]/b[1]/text()[1]", 0, "/p[1]/b[1]/text()[1]", 99, "Ines"), "outside a text"),
        (path_value("/p[1]/b[1]/text()[1]", 4, "/p[1]/b[1]/text()[1]", 4, ""), "is no span"),
        (path_value("//p", 0, "//p", 1, "x"), "no XPath"),
        (path_value("/p[1]", 0, "/p[1]", 99, "x"), "has no child 99"),
        ({"start": 0, "end": 4, "text": "Toll"}, "neither XPaths nor offsets"),
        ({"globalOffsets": {"start": 26, "end": 30}}, "nothing proves"),
        ({"globalOffsets": {"start": 26, "end": 300}, "text": "x"}, "is no span"),
    ],
)
def test_a_span_without_a_certain_place_is_refused(value, reason):
    with pytest.raises(Refused, match=reason.replace("[", r"\[")):
        foreign("HyperText", PAGE).span(value)


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("<b><p>one</b></p>", "not closed before"),
        ("<table>one<tr><td>two</table>", "outside its cells"),
        ("<a href=x>one <a href=y>two</a></a>", "inside another"),
        ("<p>one<table></table>", "<table> in a <p>"),
        ("<svg><text>one</text></svg>", "<svg>"),
        ("one</p>", "closes nothing"),
        ("one\0two", "NUL"),
        ("one &#1; two", "no character"),
        ("<style>p {", "does not end"),
        ("<script/>one", "<script/>"),
        ("<p>one</p><!-- two", "do not end"),
        ("<a b=" * 50_000, "do not end"),
        ("<![one", "do not end"),
        ("<p>one</p><b", "do not end"),
        ("<![<![>one", "no browser knows"),
        ("<div>" * 600 + "one", "nested more deeply"),
    ],
)
def test_a_page_that_browsers_mend_is_refused(page, reason):
    with pytest.raises(Refused, match=reason):
        foreign("HyperText", page)


def test_what_is_no_text_of_the_page_is_left_out():
    page = foreign(
        "HyperText", "<html><head><title>T</title></head>\n<body><style>p{}</style><p>one</p><script>x</script>"
    )
    assert page.text == "one"
    assert words_at(page, path_value("/p[1]/text()[1]", 0, "/p[1]/text()[1]", 3, "one", (4, 7))) == "one"
    with pytest.raises(Refused, match="a script or a style"):
        page.span(path_value("/style[1]/text()[1]", 0, "/style[1]/text()[1]", 2, "p{"))


def test_white_space_before_a_page_may_be_counted_or_not():
    page = foreign("HyperText", "\n\n <p>one two</p>")
    assert page.text == "one two"
    for start in (4, 7):
        value = path_value("/p[1]/text()[1]", 4, "/p[1]/text()[1]", 7, "two", (start, start + 3))
        assert words_at(page, value) == "two"
        assert words_at(page, {"globalOffsets": {"start": start, "end": start + 3}, "text": "two"}) == "two"


@given(st.recursive(st.text("ab &<é🚗\n", max_size=6), lambda inner: st.lists(inner, max_size=4), max_leaves=12))
def test_every_text_node_of_a_nested_page_is_found_by_its_path(tree):
    def markup(node):
        if isinstance(node, str):
            return node.replace("&", "&amp;").replace("<", "&lt;")
        return "".join(f"<div>{markup(child)}</div>" for child in node)

    page = Page(f"<div>{markup(tree)}</div>")

    def check(node, path):
        counts = {}
        for child in node.children:
            counts[child.name] = counts.get(child.name, 0) + 1
            here = f"{path}/{'text()' if child.name == '#text' else child.name}[{counts[child.name]}]"
            if child.name == "#text":
                size = len(child.text.encode("utf-16-le")) // 2
                if child.text.strip():
                    value = path_value(here, 0, here, size, child.text)
                    assert words_at(foreign("HyperText", f"<div>{markup(tree)}</div>"), value) == child.text
            check(child, here)

    check(page.root, "")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    for source in (text, f"<p>{text}</p>", f"<{text}>"):
        try:
            page = foreign("HyperText", source)
        except Refused:
            continue
        assert isinstance(page.text, str)


def test_paragraphs_are_joined_by_newlines():
    shown = foreign("Paragraphs", PARAGRAPHS)
    assert shown.text == "Good evening 🚗 all.\nThank you,\nindeed.\n\nNo 👩‍🚒 came."
    assert foreign("Paragraphs", [{"line": "one"}, {"line": "two"}], text_key="line").text == "one\ntwo"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (path_value("0", 16, "0", 19, "all"), "all"),
        (path_value("1", 6, "1", 17, "you,\\nindeed"), "you,\nindeed"),
        (path_value("0", 16, "1", 5, "all.\\n\\nThank"), "all.\nThank"),
        (path_value("3", 9, "3", 13, "came"), "came"),
    ],
)
def test_a_span_of_paragraphs_has_its_exact_place(value, words):
    assert words_at(foreign("Paragraphs", PARAGRAPHS), value) == words


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (path_value("0", 16, "0", 19, "tea"), "is not at"),
        (path_value("0", 16, "0", 19), "nothing proves"),
        (path_value("4", 0, "4", 1, "x"), "no paragraph 4"),
        (path_value("0", 14, "0", 19, "x"), "inside a character"),
        (path_value(0, 1, 0, 2, "x"), "no paragraphs and offsets"),
        (path_value("-1", 1, "0", 2, "x"), "no paragraphs and offsets"),
    ],
)
def test_a_span_of_paragraphs_without_a_certain_place_is_refused(value, reason):
    with pytest.raises(Refused, match=reason):
        foreign("Paragraphs", PARAGRAPHS).span(value)


@pytest.mark.parametrize(
    ("tag", "source"),
    [("HyperText", None), ("HyperText", []), ("Paragraphs", "https://x"), ("Paragraphs", [1]), ("Video", "x")],
)
def test_what_is_no_such_object_is_refused(tag, source):
    with pytest.raises(Refused):
        foreign(tag, source)


def test_paragraphs_need_their_texts():
    with pytest.raises(Refused, match="'text'"):
        foreign("Paragraphs", [{"text": 5}])


# In a workspace


@pytest.fixture
def keep(store, press, schemas):
    """Take in an item with these rows, and give the stored annotation."""

    def call(data, rows):
        raw = {"id": 4, "completed_by": 1, "result": rows}
        around = {"server": "file", "project_id": 3, "pulled_at": "2026-03-02T10:00:00+00:00", "url_of": lambda _: None}
        with store.transaction():
            take(store, press, schemas, {"id": 1, "data": data, "annotations": [raw]}, **around)
        [stored] = store.annotations.all()
        return stored

    return call


def span(region, value, tag="hypertextlabels", label="Actor"):
    value = {**value, tag: [label]}
    return {"id": region, "from_name": "span", "to_name": "text", "type": tag, "origin": "manual", "value": value}


HOLT = path_value("/p[1]/b[1]/text()[1]", 0, "/p[1]/b[1]/text()[1]", 9, "Ines\xa0Holt", (26, 35))
CUT = path_value("/p[1]/b[1]/text()[1]", 0, "/p[1]/b[1]/text()[1]", 4, "Holt", (26, 30))


def kind_of(region, value):
    attribute = {**value, "choices": ["person"]}
    return {
        "id": region, "from_name": "actor_type", "to_name": "text", "type": "choices", "origin": "manual",
        "value": {key: one for key, one in attribute.items() if key != "text"},
    }  # fmt: skip


def test_exact_spans_are_ordinary_mentions(store, keep):
    store.articles.add(Article("a-1", normalise(PLAIN), content_hash(normalise(PLAIN))))
    stored = keep({"article_id": "a-1", "html": PAGE}, [span("r1", HOLT), kind_of("r1", HOLT), span("r2", CUT)])
    [mention] = stored.record.mentions
    assert (mention.id, mention.label, mention.text) == ("r1", "Actor", "Ines\xa0Holt")
    assert mention.attributes == {"type": "person"}
    assert [(found.code, found.region) for found in stored.problems] == [
        ("F_TAG_UNSUPPORTED", "r2"),
        ("F_TAG_CONVERTED", None),
    ]
    assert "is not at 26–30" in stored.problems[0].message
    assert stored.record.article_sha256 == content_hash(normalise(PLAIN))
    assert "/p[1]" in stored.raw["result"][0]["value"]["start"]


def test_a_page_that_cleaning_changed_still_has_its_places(store, keep):
    page = "<p>\x07Cafe\u0301 Ines</p>\u2028<p>Holt came</p>"
    clean = normalise(foreign("HyperText", page).text)
    store.articles.add(Article("a-1", clean, content_hash(clean)))
    value = path_value("/p[2]/text()[1]", 0, "/p[2]/text()[1]", 4, "Holt")
    stored = keep({"article_id": "a-1", "text": page}, [span("r1", value)])
    assert [mention.text for mention in stored.record.mentions] == ["Holt"]


@pytest.mark.parametrize("data", [{"html": PAGE}, {"text": PAGE}])
def test_an_article_that_is_not_known_is_taken_in_as_plain_text(data, store, keep):
    stored = keep(data, [span("r1", HOLT)])
    assert store.articles.get(stored.article_id).text == PLAIN
    assert [mention.text for mention in stored.record.mentions] == ["Ines\xa0Holt"]


def test_a_page_with_another_text_than_the_article_is_not_converted(store, keep):
    store.articles.add(Article("a-1", "Another text.", content_hash("Another text.")))
    stored = keep({"article_id": "a-1", "text": "Another text.", "html": PAGE}, [span("r1", HOLT)])
    assert [found.code for found in stored.problems] == ["F_TAG_UNSUPPORTED"]
    assert stored.record.mentions == ()


def test_a_page_in_the_place_of_the_article_is_another_text(store, keep):
    store.articles.add(Article("a-1", "Another text.", content_hash("Another text.")))
    stored = keep({"article_id": "a-1", "html": PAGE}, [span("r1", HOLT)])
    assert [mention.text for mention in stored.record.mentions] == ["Ines\xa0Holt"]
    # So that validation says that the text has changed.
    assert stored.record.article_sha256 == content_hash(PLAIN)


def test_a_page_that_is_refused_says_why(keep):
    data = {"text": "Ines Holt", "html": "<b><p>Ines Holt</b></p>"}
    stored = keep(data, [span("r1", path_value("/b[1]/p[1]/text()[1]", 0, "/b[1]/p[1]/text()[1]", 4, "Ines"))])
    assert [found.code for found in stored.problems] == ["F_TAG_UNSUPPORTED"]


def test_paragraphs_become_mentions_too(store, keep):
    stored = keep({"dialogue": PARAGRAPHS}, [span("r1", path_value("3", 9, "3", 13, "came"), "paragraphlabels")])
    assert [(mention.label, mention.text) for mention in stored.record.mentions] == [("Actor", "came")]
    assert [found.code for found in stored.problems] == ["F_TAG_CONVERTED"]


def test_paragraphs_are_found_under_whatever_key_they_have_their_texts(store, keep):
    turns = [{"who": one["author"], "line": one["text"]} for one in PARAGRAPHS]
    stored = keep({"turns": turns}, [span("r1", path_value("3", 9, "3", 13, "came"), "paragraphlabels")])
    assert [mention.text for mention in stored.record.mentions] == ["came"]
    assert store.articles.get(stored.article_id).text == foreign("Paragraphs", PARAGRAPHS).text
