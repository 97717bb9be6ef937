"""Languages: identified offline where there is enough to go by, and written as one tag however a source names them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.articles.languages import identify, tag, with_language
from curation.records import Article

SENTENCES = {
    "en": "The council voted on Tuesday to close the old swimming hall by the river after a long debate.",
    "de": "Der Stadtrat beschloss am Dienstag nach langer Debatte, das alte Hallenbad am Fluss zu schließen.",
    "fr": "Le conseil municipal a décidé mardi, après un long débat, de fermer la vieille piscine près du fleuve.",
    "es": "El ayuntamiento decidió el martes, tras un largo debate, cerrar la vieja piscina junto al río.",
    "pl": "Rada miasta zdecydowała we wtorek po długiej debacie o zamknięciu starego basenu nad rzeką.",
    "tr": "Belediye meclisi uzun bir tartışmanın ardından nehir kıyısındaki eski yüzme havuzunu kapatmaya karar verdi.",
    "ru": "Городской совет после долгих споров решил во вторник закрыть старый бассейн у реки.",
    "uk": "Міська рада після довгих суперечок вирішила у вівторок закрити старий басейн біля річки.",
    "el": "Το δημοτικό συμβούλιο αποφάσισε την Τρίτη να κλείσει το παλιό κολυμβητήριο δίπλα στο ποτάμι.",
    "ar": "قرر مجلس المدينة يوم الثلاثاء بعد نقاش طويل إغلاق المسبح القديم الواقع على ضفة النهر.",
    "he": "מועצת העיר החליטה ביום שלישי לאחר ויכוח ארוך לסגור את בריכת השחייה הישנה שליד הנהר.",
    "hi": "नगर परिषद ने लंबी बहस के बाद मंगलवार को नदी के किनारे बने पुराने तरणताल को बंद करने का फैसला किया।",
    "zh": "市议会经过长时间辩论，星期二决定关闭河边的旧游泳馆，许多市民对此表示反对。",
    "ja": "市議会は長い議論の末、川沿いの古い水泳場を閉鎖することを火曜日に決めた。",
    "ko": "시의회는 오랜 논쟁 끝에 화요일 강가에 있는 낡은 수영장을 폐쇄하기로 결정했다.",
    "am": "የከተማው ምክር ቤት ከረጅም ክርክር በኋላ በወንዙ አጠገብ ያለውን አሮጌ መዋኛ ማክሰኞ ለመዝጋት ወሰነ።",
    "sw": "Baraza la mji liliamua Jumanne baada ya mjadala mrefu kufunga bwawa la zamani la kuogelea kando ya mto.",
}
TIGRINYA = "ኣብ ጥቓ ሩባ ዝርከብ ኣረጊት መሐምበሲ ንምዕጻው ቤት ምኽሪ ከተማ ድሕሪ ነዊሕ ክትዕ ሰሉስ ወሲኑ ኣሎ።"


@pytest.mark.parametrize("language", SENTENCES)
def test_languages_that_are_known(language):
    assert identify(SENTENCES[language]) == language
    assert identify(SENTENCES[language] * 400) == language


@pytest.mark.parametrize("text", ["", "Oslo", "12.03.2020 – 14:30 / 7 : 3", "?" * 500, "ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ " * 20, TIGRINYA])
def test_none_where_there_is_too_little_or_the_language_is_not_known(text):
    assert identify(text) is None


@settings(max_examples=50)
@given(st.text())
def test_any_text_has_a_tag_or_none(text):
    found = identify(text)
    assert found is None or tag(found) == found


def test_an_article_keeps_the_language_that_its_source_gives():
    given_one = Article("a", SENTENCES["de"], "0", lang="fr")
    assert with_language(given_one) is given_one


def test_an_article_without_one_gets_its_texts_language_and_a_step():
    found = with_language(Article("a", SENTENCES["de"], "0", steps=("nfc",)))
    assert (found.lang, found.steps) == ("de", ("nfc", "language"))
    unknown = Article("a", TIGRINYA, "0")
    assert with_language(unknown) is unknown


@pytest.mark.parametrize(
    ("given_as", "expected"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("eng", "en"),
        ("English", "en"),
        ("en_US", "en-US"),
        ("en-us", "en-US"),
        ("amh", "am"),
        ("ger", "de"),
        ("Deutsch", "de"),
        ("iw", "he"),
        ("zh_hans_cn", "zh-Hans-CN"),
        ("pcm", "pcm"),
        ("und", None),
        ("xx", "xx"),
        ("Klingon, mostly", "Klingon, mostly"),
        ("en_GB.UTF-8", "en_GB.UTF-8"),
        ("", ""),
    ],
)
def test_one_tag_however_a_language_is_named(given_as, expected):
    assert tag(given_as) == expected
