"""Web pages: the article and what the page says of it; nothing is ever cut off without a word."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.articles import REJECTS, read
from curation.articles.formats import pages
from curation.articles.options import Options
from curation.articles.sources import Source
from curation.errors import CurationError
from curation.records import Article, Reject

SAMPLE = Path(__file__).parents[2] / "tasks" / "news-stance" / "sample" / "articles"
PARAGRAPHS = (
    "The council of Brenton voted on Tuesday to close the old swimming hall, which stands by the river since 1931.",
    "“It costs more to heat than the whole library,” said councillor Ida Nørgaard, who proposed the motion in spring.",
    "Swimmers who had gathered outside the hall said they would ask a court to stop the demolition before it begins.",
)


def page(body: str, *, head: str = "", lang: str = ' lang="en-GB"') -> str:
    return (
        f"<!DOCTYPE html><html{lang}><head><title>Hall to close | Brenton Echo</title>{head}</head><body>"
        f"<nav><a href='/a'>Home</a> <a href='/b'>Sport</a></nav>{body}"
        "<footer>All rights reserved</footer></body></html>"
    )


def article(*paragraphs: str) -> str:
    return "<article><h1>Hall to close</h1>" + "".join(f"<p>{text}</p>" for text in paragraphs) + "</article>"


HEAD = """
<meta charset="utf-8">
<meta name="author" content="Tom Adler; Ida Moss">
<meta property="og:site_name" content="Brenton Echo">
<meta property="og:title" content="Hall to close">
<meta property="article:published_time" content="2026-03-02T05:40:00+00:00">
<link rel="canonical" href="https://example.org/echo/hall">
"""


def test_the_article_and_what_the_page_says_of_it(write):
    (found,) = read([write("a.html", page(article(*PARAGRAPHS), head=HEAD))])
    assert all(paragraph in found.text for paragraph in PARAGRAPHS)
    assert "rights reserved" not in found.text
    assert "Sport" not in found.text
    assert found.title == "Hall to close"
    assert found.outlet == "Brenton Echo"
    assert set(found.authors) == {"Tom Adler", "Ida Moss"}
    assert found.published_at == "2026-03-02T05:40:00+00:00"
    assert found.url == "https://example.org/echo/hall"
    assert (found.lang, found.source, found.id) == ("en-GB", "a.html", "a" + found.sha256[:16])


def test_reading_a_page_twice_gives_the_same_article(write):
    path = write("a.htm", page(article(*PARAGRAPHS), head=HEAD))
    assert list(read([path])) == list(read([path]))


def test_the_page_is_kept_and_the_extractor_named(write):
    raw = page(article("caf\u0065\u0301", *PARAGRAPHS)).encode()
    (found,) = read([write("a.html", raw)])
    assert (found.raw.data, found.raw.media, found.raw.encoding) == (raw, "html", "utf-8")
    assert found.steps == ("extract", "nfc")
    assert found.meta["extractor"].startswith("trafilatura ")
    assert "café" in found.text


def test_paragraphs_headings_lists_and_quotes_stand_apart(write):
    body = (
        f"<article><h1>Hall to close</h1><p>{PARAGRAPHS[0]}</p><h2>What it costs</h2><p>Broken\n  over\n lines, "
        f"{'x' * 80}.</p><blockquote><p>{PARAGRAPHS[1]}</p></blockquote><ul><li>First point of the list</li>"
        f"<li>Second <b>point</b> of it</li></ul><p>One line<br>and the next.<br><br>{PARAGRAPHS[2]}</p></article>"
    )
    (found,) = read([write("a.html", page(body))])
    assert found.text.removeprefix("Hall to close\n\n").split("\n\n") == [
        PARAGRAPHS[0],
        "What it costs",
        f"Broken over lines, {'x' * 80}.",
        PARAGRAPHS[1],
        "- First point of the list\n- Second point of it",
        "One line\nand the next.",
        PARAGRAPHS[2],
    ]


BOXES = {
    "share bar": "<div class='share-bar'><a href='#'>Share on Facebook</a> <a href='#'>Tweet this xylophone</a></div>",
    "cookie banner": "<div id='cookie-banner'><p>We use cookies, and a xylophone, to improve your experience.</p>"
    "<button>Accept all</button></div>",
    "related list": "<h3>Related xylophones</h3><ul><li><a href='/1'>Xylophone makers fear for their jobs</a></li>"
    "<li><a href='/2'>A xylophone is found under the old bridge</a></li></ul>",
    "teaser": "<p><a href='/3'>Read more: the xylophone that nobody wanted to have</a></p>",
    "newsletter": "<div class='newsletter-signup'><p>Sign up for the xylophone newsletter.</p><input></div>",
    "comments": "<section id='comments'><h3>Comments</h3><p>What a nice xylophone they had in that hall!</p></section>",
    "navigation": "<nav><ul><li><a href='/'>Xylophone</a></li><li><a href='/b'>Sport</a></li></ul></nav>",
    "footer": "<footer><p>© 2026 Xylophone Media. All rights reserved.</p></footer>",
}
GERMAN = "{} beschloss der Stadtrat am Dienstag nach langer Debatte, das alte Hallenbad am Fluss zu schließen."
ARABIC = "{} قرر مجلس المدينة يوم الثلاثاء بعد نقاش طويل إغلاق المسبح القديم الواقع على ضفة النهر."
CHINESE = "{}，市议会经过长时间的激烈辩论，于星期二决定关闭位于河边的旧游泳馆，许多市民对此表示强烈反对和不满。"
LANGUAGES = {
    "en": PARAGRAPHS,
    "de": tuple(map(GERMAN.format, ("Wie erwartet", "Trotz vieler Proteste", "Mit knapper Mehrheit"))),
    "ar": tuple(map(ARABIC.format, ("كما كان متوقعا", "رغم الاحتجاجات", "بأغلبية ضئيلة"))),
    "zh": tuple(map(CHINESE.format, ("如同预料", "尽管抗议", "以微弱多数"))),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("layout", ["article", "main", "div class='story-body'"])
def test_boilerplate_is_gone_and_every_paragraph_there(write, layout, language):
    texts = LANGUAGES[language]
    prose = "".join(f"<p>{text}</p>" for text in texts)
    story = f"<{layout}><h1>Hall to close</h1>{BOXES['share bar']}{prose}{BOXES['teaser']}{BOXES['related list']}"
    body = f"{BOXES['navigation']}{BOXES['cookie banner']}{story}{BOXES['newsletter']}</{layout.partition(' ')[0]}>"
    html = page(body + BOXES["comments"] + BOXES["footer"], lang=f' lang="{language}"')
    (found,) = read([write("a.html", html)])
    assert [text for text in texts if text not in found.text.split("\n\n")] == []
    assert "xylophone" not in found.text.casefold()
    assert found.lang == language


def test_little_text_beside_a_long_page_is_noted(write):
    short = article("The council of Brenton voted on Tuesday to close the hall. Subscribers read more.")
    (found,) = read([write("a.html", page(short + f"<aside><p>{'Other words. ' * 900}</p></aside>"))])
    assert "characters that the page of" in found.notes["N_LITTLE_TEXT"]
    (whole,) = read([write("b.html", page(article(*PARAGRAPHS)))])
    assert "N_LITTLE_TEXT" not in whole.notes


@pytest.mark.parametrize(
    "text", ["Der Bürgermeister erklärte, das Gebäude könne für Jahrzehnte nicht mehr öffnen. " * 4]
)
def test_an_undeclared_charset_is_detected_with_a_note(write, text):
    (found,) = read([write("a.html", page(article(text, text)).encode("windows-1252"))])
    assert text.strip() in found.text
    assert "windows-1252" in found.notes["N_ENCODING"]
    assert found.raw.encoding == "cp1252"


def test_what_the_server_says_ranks_above_the_page():
    raw = page(article(*PARAGRAPHS, "Жители города ждут решения суда."), head='<meta charset="iso-8859-1">')
    found = pages.page_article(raw.encode("koi8-r", "replace"), "a", Options(), charset="KOI8-R")
    assert "Жители города ждут решения суда." in found.text
    assert not found.notes.get("N_ENCODING")


def test_a_page_too_deep_is_refused_with_the_line_where_it_becomes_that(write):
    deep = "<div>\n" * 300 + PARAGRAPHS[0] + "</div>" * 300
    (found,) = read([write("a.html", f"<html>\n<body>\n{deep}</body></html>")])
    # The html and body elements are the first two of 250 levels, each on a line of its own.
    assert "nested more than 250 levels deep in line 250 (the page has 3," in found.reason


def test_a_page_of_too_many_elements_is_refused_with_the_line(write, monkeypatch):
    monkeypatch.setattr(pages, "_ELEMENTS", 10)
    (found,) = read([write("a.html", "<html>\n<body>\n" + "<p>x</p>\n" * 20 + "</body></html>")])
    assert found.code == "R_TOO_LARGE"
    assert found.reason.startswith("the page has more than 10 elements, the last of these in line 11 (")


@pytest.mark.parametrize(
    "hidden",
    [
        "<p hidden>{}</p>", "<p aria-hidden='true'>{}</p>", "<div hidden><p>{}</p></div>", "<p hidden=''>{}</p>",
        "<p>Seen. <span hidden>{}</span></p>", "<p>Seen. <span aria-hidden='true'>{}</span></p>",
        "<template><p>{}</p></template>", "<p class='note sr-only'>{}</p>", "<p class='visually-hidden'>{}</p>",
        "<p style='display:none'>{}</p>", "<p hidden='until-found'>{}</p>",
    ],
)  # fmt: skip
def test_what_a_page_hides_is_not_read(write, hidden):
    secret = "Nobody who looks at this page sees the word xylophone in it, neither here nor anywhere else."
    body = article(*PARAGRAPHS).replace(
        "</article>", hidden.format(secret) + f"<p>{PARAGRAPHS[0]} Again.</p></article>"
    )
    (found,) = read([write("a.html", page(body))])
    assert "xylophone" not in found.text
    assert found.text.endswith("Again.")
    assert ("Seen." in found.text) == ("Seen." in hidden)


def test_a_page_that_is_all_hidden_until_a_script_shows_it_is_read(write):
    (found,) = read([write("a.html", page(f"<main hidden aria-hidden='true'>{article(*PARAGRAPHS)}</main>"))])
    assert all(paragraph in found.text for paragraph in PARAGRAPHS)


@pytest.mark.parametrize("between", ["\n\n", "\r\n\r\n", "\n", "\n \n\n"])
def test_a_text_that_only_the_declaration_has_keeps_its_paragraphs(write, between):
    declared = {
        "@type": "NewsArticle", "headline": "Hall to close", "datePublished": "2026-03-02",
        "articleBody": between.join(PARAGRAPHS),
    }  # fmt: skip
    script = f'<script type="application/ld+json">{json.dumps(declared)}</script>'
    (found,) = read([write("a.html", page("<div id='app'></div>", head=script))])
    assert found.text == ("\n" if between == "\n" else "\n\n").join(PARAGRAPHS)


TEASERS = [
    "<div><h2><a href='/{0}'>Headline {0} about the hall and its swimmers</a></h2><p>Teaser {0} of words.</p></div>",
    "<article><a href='/{0}'><h3>Headline {0} about the hall and its swimmers</h3><p>Teaser {0}.</p></a></article>",
    "<li><a href='/{0}'>Headline {0} about the hall and its swimmers</a></li>",
    "<p><a href='/{0}'>Headline {0} about the hall and its swimmers</a></p>",
    "<div><a href='/{0}'>Headline {0} about the hall and its swimmers</a></div>",
    "<div><a href='/{0}'>Headline {0} about the hall and its swimmers</a><p>Teaser {0} of a few words.</p></div>",
]


@pytest.mark.parametrize("teaser", TEASERS)
def test_a_front_page_is_noted_or_refused(write, teaser):
    teasers = "".join(map(teaser.format, range(30)))
    (found,) = read([write("a.html", page(f"<main>{teasers}</main>"))])
    assert isinstance(found, Reject) or "N_LITTLE_TEXT" in found.notes
    (found,) = read([write("b.html", page(article(*PARAGRAPHS * 4, "They swim. " * 30) + teasers))])
    assert "N_LITTLE_TEXT" not in found.notes


@pytest.mark.parametrize("place", ["middle", "end"])
@pytest.mark.parametrize("tag", ["div", "span", "b", "ul><li"])
@pytest.mark.parametrize("depth", [10, 100, 240, 247, 250, 255, 256, 300, 5000])
def test_nothing_is_lost_in_a_deep_page(write, depth, tag, place):
    closing = "".join(f"</{name}>" for name in reversed(tag.split("><")))
    canary = f"<p>{PARAGRAPHS[1]} The word is xylophone.</p>"
    deep = f"<{tag}>" * depth + (canary if place == "middle" else PARAGRAPHS[1]) + closing * depth
    body = f"<article><p>{PARAGRAPHS[0]}</p>{deep}<p>{PARAGRAPHS[2]}</p>{canary if place == 'end' else ''}</article>"
    (found,) = read([write("a.html", page(body))])
    if isinstance(found, Article):
        assert "xylophone" in found.text
        assert "demolition" in found.text
        assert depth < 250
    else:
        assert found.code == "R_HTML_TOO_DEEP"
        assert re.search(r" in line \d+", found.reason)
        assert found.raw.endswith(b"</html>")
        assert depth > (100 if tag == "ul><li" else 240)


@pytest.mark.parametrize(
    ("charset", "declaration"),
    [
        ("utf-8", ""),
        ("utf-8", "<meta charset=unicode-1-1-utf-8>"),
        ("utf-8-sig", '<meta charset="iso-8859-1">'),
        ("utf-16", ""),
        ("windows-1252", '<meta charset="iso-8859-1">'),
        ("windows-1252", '<meta http-equiv="Content-Type" content="text/html; charset=windows-1252">'),
        ("gb18030", "<meta charset=gb2312>"),
        ("shift_jis", "<meta charset='Shift_JIS'>"),
    ],
)
def test_declared_charsets(write, charset, declaration):
    word = {"gb18030": "游泳馆", "shift_jis": "水泳館"}.get(charset, "café")
    body = article(*(text.replace("“", '"').replace("”", '"').replace("ø", "o") for text in PARAGRAPHS), f"The {word}.")
    (found,) = read([write("a.html", page(body, head=declaration).encode(charset))])
    assert f"The {word}." in found.text


@pytest.mark.parametrize("name", ["no-such-charset", "rot13", "hex", "utf-99"])
@pytest.mark.parametrize(
    ("charset", "encoding", "noted"),
    [("utf-8", None, False), ("utf-8", "utf-8", False), ("windows-1252", None, True), ("cp1251", "cp1251", False)],
)
def test_a_declared_charset_that_is_none_is_passed_over(write, name, charset, encoding, noted):
    words = "Жители города ждут решения." if charset == "cp1251" else "The café at the château is déjà vu for élèves."
    body = article(*(text.replace("ø", "o") for text in PARAGRAPHS), words)
    raw = page(body, head=f'<meta charset="{name}">').encode(charset, "xmlcharrefreplace")
    (found,) = read([write("a.html", raw)], Options(encoding=encoding))
    assert words in found.text
    assert ("N_ENCODING" in found.notes) == noted


@pytest.mark.parametrize(
    ("raw", "code", "place"),
    [
        (page(article("café, naïve", "broken \udce9")).encode("utf-8", "surrogateescape"), "R_ENCODING", "byte 0xe9"),
        (page("<i></i>" * 30_001).encode(), "R_TOO_LARGE", "elements"),
        (page("x").encode("utf-16-le"), "R_FORBIDDEN_CHARACTER", "NUL at offset 1 of the page"),
        (page("caf\x81", head="<meta charset=windows-1252>").encode("latin-1"), "R_ENCODING", "byte 0x81"),
        (page(article("nul \0 here")).encode(), "R_FORBIDDEN_CHARACTER", "NUL at offset"),
        (b"<html><body><p> </p></body></html>", "R_HTML_NO_TEXT", "no article was found in the page (the page has 34"),
        (b"<html></html>", "R_HTML_NO_TEXT", ""),
        (b"<!-- only a comment -->", "R_HTML_NO_TEXT", ""),
        (b"  \n", "R_EMPTY", "empty"),
    ],
)
def test_refused_with_a_reason_and_its_bytes(write, raw, code, place):
    (reject,) = read([write("a.html", raw)])
    assert (reject.code, reject.source, reject.raw) == (code, "a.html", raw)
    assert place in reject.reason
    assert code in REJECTS


def test_a_page_too_large_is_not_parsed(write, monkeypatch):
    monkeypatch.setattr(pages, "_LIMIT", 1000)
    (reject,) = read([write("a.html", page(article(*PARAGRAPHS * 10)))])
    assert reject.code == "R_TOO_LARGE"


def test_an_extractor_that_fails_costs_one_page(write, folder, monkeypatch):
    import trafilatura

    def fail(*_, **__):
        raise AttributeError("on a node")

    monkeypatch.setattr(trafilatura, "bare_extraction", fail)
    write("a.html", page(article(*PARAGRAPHS)))
    write("b.txt", "text")
    reject, kept = read([folder])
    assert reject.code == "R_HTML_NO_TEXT"
    assert "AttributeError: on a node" in reject.reason
    assert kept.text == "text"


def test_without_the_extra_the_command_to_install_it_is_named(write, monkeypatch):
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    with pytest.raises(CurationError) as raised:
        list(read([write("a.html", page(article(*PARAGRAPHS)))]))
    assert raised.value.code == "E_EXTRA_MISSING"
    assert raised.value.fix == "pip install 'curation[html]'"


def test_without_the_extra_the_pages_of_a_folder_are_refused_and_the_others_read(write, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    write("a.txt", "one")
    path = write("b/b.html", page(article(*PARAGRAPHS)))
    write("c.txt", "two")
    one, refused, two = read([folder])
    assert (one.text, two.text) == ("one", "two")
    assert (refused.source, refused.code, refused.raw) == ("b/b.html", "R_EXTRA_MISSING", path.read_bytes())
    assert refused.reason == "reading web pages needs trafilatura (fix: pip install 'curation[html]')"
    assert "R_EXTRA_MISSING" in REJECTS


def test_the_sample_is_read_without_the_extra(tmp_path):
    script = (
        "import sys; sys.modules['trafilatura'] = None\n"
        "from pathlib import Path; from curation.articles import ingest; from curation.store import Store\n"
        "with Store(Path(sys.argv[2])) as store: result = ingest(store, [sys.argv[1]])\n"
        "print(result.new, [(refusal.source, refusal.code) for refusal in result.rejects])"
    )
    command = [sys.executable, "-c", script, str(SAMPLE), str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "12 [('dock-shuttle.html', 'R_EXTRA_MISSING')]"


markup = st.lists(
    st.sampled_from(["<p>", "</p>", "<div", ">", "<table><tr>", "&#0;", "&#xD800;", "<!--", "text ", "\xff"])
)


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=60) | markup.map(lambda parts: "".join(parts).encode("latin-1")))
def test_any_bytes_are_an_article_or_a_refusal(tmp_path_factory, raw):
    path = tmp_path_factory.getbasetemp() / "any.html"
    path.write_bytes(raw)
    (found,) = pages.read_page(Source(path, "any.html", "page"), Options())
    assert isinstance(found, Article) or found.code in REJECTS
