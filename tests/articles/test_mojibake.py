"""Mojibake: real texts are not suspected, garbled ones are; mending is aligned exactly."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.alignment import align, clean_to_raw
from curation.articles.formats.decoding import seal
from curation.articles.mojibake import mended, suspicion
from curation.articles.options import Options
from curation.articles.rejects import Unusable
from curation.text import normalise

# Each with what charsets and capital letters make look odd in it.
REAL = {
    "French": "« L’Île-à-Vache ? Déjà vu », dit-il… À 5 °C, l’été coûte 12 € – c’est “déjà” né”… NESCAFÉ™ & CAFÉ®",
    "French capitals": "L’ÂGE «DU CHÂTEAU» ÉTÉ® ÊTRE… «Â» “Ô ÂÂ",
    "Portuguese": "“AMANHÔ, disse a irmã. SÃO PAULO… «IRMû NÃO! Ação, coração. AMANHÃ… É “bom”, não é?",
    "German": "Die Ämter in „Ä“ und ÖÖ: Äpfel, Ärger, süß. „Größe“ – 20 °C. STRAẞE",
    "Swedish": "Ångström åkte till Åre. ”FÅ” ”Å” ÅÄÖ – 5 §",
    "Danish": "Øre, Ærø, Århus: »Ø« ”Ø” ½ år",
    "Icelandic": "Það er góður dagur, sagði Þórður. Ð ð",
    "Spanish": "¿Qué? ¡España! AÑO “Ñ” ESPAÑA… 3.º 1.ª «Ñ»",
    "Polish": "Zażółć gęślą jaźń, „Łódź” – źle.",
    "Turkish": "İstanbul’da ışık, Şişli’nin çağdaş ÇÖĞÜ… “GÜÇ”",
    "Vietnamese": "Người dân Hà Nội: “Ông Â” đã đến… ĐÃ!",
    "Romanian": "ÎN “ÎNCÂT” ÎÎ în Târgu Mureș: „Â”… Â” Î»",
    "Russian": "Совет одобрил: «Россия» – США… Р. С. № 5 „СССР“ РФ",
    "Ukrainian": "Рік. Сіль. Її об’єднання: «Світ» РіС",
    "Macedonian": "Ѕвезда, Ѓорѓи, Ќе Љубов. Сѐ",
    "Greek": "Η Αθήνα: «ΩΣ» – Ϊ ΐ",
    "Arabic": "وافق المجلس «على» الميزانية 5٪ – نعم…",
    "Chinese": "议会批准了预算“很长”——5℃……",
    "Amharic": "ምክር ቤቱ «በጀቱን» አጸደቀ።",
}
GARBLED = {
    "cafÃ© crÃ¨me": "café crème",
    "itâ€™s â€œfineâ€\x9d": "it’s “fine”",
    "L’Ã©tat": "L’état",
    "Ã‰tat": "État",
    "20Â°C, 5Â\xa0€": "20°C, 5\xa0€",
    "ÐŸÑ€Ð¸Ð²ÐµÑ‚": "Привет",
    "РџСЂРёРІРµС‚, РєР°Рє": "Привет, как",
    "smile ðŸ˜€": "smile 😀",
    "don\x92t": "don’t",
    "caf\u00c3\u00a9\nplain é\ncr\u00c3\u00a8me": "café\nplain é\ncrème",
}


@pytest.mark.parametrize("text", REAL.values(), ids=REAL)
def test_real_texts_are_not_suspected(text):
    assert seal(f"Plain words beside it. {text}" * 20, "the text", Options()).notes == {}
    assert suspicion(text) is None
    assert seal(text, "the text", Options(fix_mojibake=True)).text == normalise(text)


@pytest.mark.parametrize("beside", ["", "Plain words beside it. " * 20])
@pytest.mark.parametrize(("text", "right"), GARBLED.items())
def test_garbled_texts_are_noted_and_on_request_mended(text, right, beside):
    text, right = beside + text, beside + right
    noted = seal(text, "the text", Options())
    assert "N_MOJIBAKE" in noted.notes
    assert noted.text == normalise(text)
    fixed = seal(text, "the text", Options(fix_mojibake=True))
    assert fixed.text == right
    assert fixed.steps == ("mojibake",)
    assert "N_MOJIBAKE" not in fixed.notes
    assert fixed.raw is not None
    assert fixed.raw.data.decode() == text


def test_each_word_maps_to_its_garbled_form():
    text = "\ufeffUn cafÃ© crÃ¨me,\r\nc’est voilÃ\xa0 lâ€™Ã©tÃ©.\r\n"
    fixed = seal(text, "the text", Options(fix_mojibake=True))
    assert fixed.text == "Un café crème,\nc’est voilà l’été."
    assert fixed.steps == ("mojibake", "newlines", "bom", "trim")
    edits = fixed.raw.edits if fixed.raw else ()
    spans = {"Un": "Un", "café": "cafÃ©", "crème": "crÃ¨me", "c’est": "c’est", "l’été": "lâ€™Ã©tÃ©"}
    for word, garbled in spans.items():
        start, end = clean_to_raw(edits, fixed.text.index(word), fixed.text.index(word) + len(word))
        assert text[start:end] == garbled


prose = st.text(st.sampled_from("abcXYZ 019.,\n" + "éàüßñøłşČ’“”…–€" + "Привет" + "漢字😀\u00a0"), max_size=60)


@given(prose, st.sampled_from(["cp1252", "latin-1", "cp1251"]), st.text(st.sampled_from("aé \r\n’"), max_size=10))
def test_what_mending_leaves_alone_is_the_same_in_both(text, charset, beside):
    garbled = beside + text.encode().decode(charset, "replace").replace("\ufffd", "?").replace("\0", "") + beside
    aligned = align(garbled, [("mojibake", mended)])
    clean_done = raw_done = 0
    for start, end, raw_start, raw_end in (*aligned.edits, (len(aligned.text),) * 2 + (len(garbled),) * 2):
        assert aligned.text[clean_done:start] == garbled[raw_done:raw_start]
        clean_done, raw_done = end, raw_end
    assert normalise(aligned.text) == aligned.text


def test_a_missing_extra_is_said_and_nothing_is_asked_of_it_in_vain(monkeypatch):
    monkeypatch.setitem(sys.modules, "ftfy", None)
    with pytest.raises(Unusable) as raised:
        seal("cafÃ©", "the text", Options(fix_mojibake=True))
    assert raised.value.code == "R_EXTRA_MISSING"
    assert "curation[mojibake]" in raised.value.fix
    assert seal("café", "the text", Options(fix_mojibake=True)).text == "café"
