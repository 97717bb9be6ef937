"""What is not UTF-8: detected where that is likelier than damage, said on the article, and never a broken byte more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.articles import Options, read
from curation.articles.formats.encodings import Encoding, encoding_of
from curation.articles.sources import BUFFER
from curation.errors import CurationError
from curation.records import Article, Reject
from curation.text import normalise

TEXTS = {
    "de": "Die Stadt begrenzt die Mieten. Für viele kommt das zu spät, sagt die Opposition, „wir müssen größer",
    "fr": "Le gouvernement a présenté hier un projet de loi : les loyers seront plafonnés dès l’année prochaine à",
    "es": "El gobierno aprobó ayer una ley para limitar los alquileres el próximo año. La oposición señala que es",
    "pt": "O governo aprovou ontem uma lei que limita as rendas. A oposição diz que a medida não ajudará os",
    "sv": "Regeringen godkände i går ett förslag som ska begränsa hyrorna. Ändringen träder i kraft nästa år, säger",
    "pl": "Rząd przyjął wczoraj projekt, który ma ograniczyć wzrost czynszów. Opozycja twierdzi, że przychodzi za",
    "cs": "Vláda včera schválila návrh zákona, který má omezit růst nájemného. Změna začne platit příští rok, řekl",
    "hu": "A kormány tegnap elfogadta a törvényjavaslatot, amely korlátozza a bérleti díjakat. Őszintén szólva későn",
    "tr": "Hükümet dün büyük şehirlerde kira artışını sınırlayacak tasarıyı kabul etti. Değişiklik gelecek yıl",
    "lt": "Vyriausybė vakar patvirtino įstatymo projektą, kuris apribos nuomos augimą. Opozicija sako, kad šiek tiek",
    "ru": "Правительство вчера одобрило законопроект, который ограничит рост арендной платы в крупных городах страны.",
    "el": "Η κυβέρνηση ενέκρινε χθες νομοσχέδιο που θα περιορίσει την αύξηση των ενοικίων στις μεγαλύτερες πόλεις.",
    "he": "הממשלה אישרה אתמול הצעת חוק שתגביל את העלייה בשכר הדירה בערים הגדולות, ואמרה כי השינוי ייכנס לתוקף.",
    "ar": "وافقت الحكومة أمس على مشروع قانون يحد من زيادة الإيجارات في أكبر المدن وقالت إن التغيير سيبدأ العام المقبل.",
    "th": "รัฐบาลอนุมัติร่างกฎหมายที่จะจำกัดการเพิ่มขึ้นของค่าเช่าในเมืองใหญ่เมื่อวานนี้ และจะมีผลบังคับใช้ในปีหน้า",
    "zh": "政府昨天通过了一项限制大城市租金上涨的法案。部长说，这项变化将于明年生效。反对党认为这来得太晚了。",
    "ja": "政府は昨日、大都市の家賃の上昇を制限する法案を承認した。大臣は、変更は来年発効すると述べた。野党は遅すぎる",
    "ko": "정부는 어제 대도시의 임대료 인상을 제한하는 법안을 승인했다. 장관은 이 변화가 내년에 시행될 것이라고",
}  # fmt: skip
CODECS = {
    "windows-1252": "de fr es pt sv", "windows-1250": "pl cs hu", "iso8859-2": "pl cs", "windows-1254": "tr",
    "windows-1257": "lt", "windows-1251": "ru", "koi8-r": "ru", "windows-1253": "el", "windows-1255": "he",
    "windows-1256": "ar", "cp874": "th", "gb18030": "zh", "shift_jis": "ja", "euc_jp": "ja", "euc_kr": "ko",
}  # fmt: skip
CASES = [(codec, lang) for codec, langs in CODECS.items() for lang in langs.split()]


@pytest.mark.parametrize(("codec", "lang"), CASES)
def test_the_encodings_of_old_files_are_detected_and_said(write, codec, lang):
    raw = TEXTS[lang].encode(codec)
    (article,) = read([write("a.txt", raw)])
    assert article.text == normalise(TEXTS[lang])
    assert article.notes["N_ENCODING"].endswith(", detected")
    assert article.raw.data == raw
    assert article.raw.data.decode(article.raw.encoding) == TEXTS[lang]


@pytest.mark.parametrize(("codec", "lang"), CASES)
def test_in_tables_and_lines_too(write, codec, lang):
    text = TEXTS[lang]
    lines = "".join(f'{{"id": "{number}", "text": "{text} {number}"}}\n' for number in range(3))
    table = "".join(f'{number},"{text} {number}"\r\n' for number in range(3))
    for name, content in (("a.jsonl", lines), ("a.csv", "id,text\r\n" + table)):
        articles = list(read([write(name, content.encode(codec))]))
        assert [article.text for article in articles] == [normalise(f"{text} {number}") for number in range(3)]
        assert all("N_ENCODING" in article.notes for article in articles)


@pytest.mark.parametrize("codec", ["utf-16", "utf-32", "utf-16-le", "utf-16-be"])
def test_a_byte_order_mark_says_what_follows(write, codec):
    mark = "" if codec in ("utf-16", "utf-32") else "\ufeff"
    for name, content in (
        ("a.txt", "Zeile 1\nüber 😀"),
        ("a.tsv", "text\tn\nüber 😀\t1\n"),
        ("a.jsonl", '{"text": "über 😀"}\n'),
    ):
        (article,) = read([write(name, (mark + content).encode(codec))])
        assert article.text.endswith("über 😀")
        assert "by its byte order mark" in article.notes["N_ENCODING"]


def test_utf8_is_not_said(write):
    for raw in ("naïve café".encode(), b"plain", b"\xef\xbb\xbf" + "café".encode()):
        (article,) = read([write("a.txt", raw)])
        assert (dict(article.notes), article.raw) == ({}, article.raw)
        assert "N_ENCODING" not in article.notes


@pytest.mark.parametrize("lang", TEXTS)
@given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0x80, 0xFF))
def test_a_broken_byte_does_not_turn_utf8_into_something_else(lang, place, byte):
    raw = TEXTS[lang].encode()
    place = int(place * len(raw))
    broken = raw[:place] + bytes([byte]) + raw[place:]
    try:
        broken.decode()
    except UnicodeDecodeError:
        assert encoding_of(broken, Options()) is None


def test_a_row_with_a_broken_byte_is_refused_alone(write):
    rows = [f'{{"text": "{text}"}}\n'.encode() for text in TEXTS.values()]
    rows[3] = rows[3].replace("ã".encode(), b"\xe3")
    documents = list(read([write("a.jsonl", b"".join(rows))]))
    assert [(document.source, document.raw) for document in documents if isinstance(document, Reject)] == [
        ("a.jsonl:4", rows[3])
    ]
    assert not any("N_ENCODING" in document.notes for document in documents if isinstance(document, Article))


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_bytes_that_the_detected_encoding_does_not_have_cost_their_row(write, name):
    good = TEXTS["fr"].encode("windows-1252")
    # A byte without a meaning in windows-1252, behind the sample.
    rows = [b'{"text": "%s"}\n' % good if name == "a.jsonl" else b'"%s"\n' % good] * (BUFFER // 100)
    bad = rows[0].replace(b"projet", b"pro\x81jet")
    content = b"".join([b"" if name == "a.jsonl" else b"text\n", *rows, bad, rows[0]])
    documents = list(read([write(name, content)]))
    (reject,) = [document for document in documents if isinstance(document, Reject)]
    assert len(documents) == len(rows) + 2
    assert (reject.code, reject.raw) == ("R_ENCODING", bad)
    place = bad.index(b"\x81")
    assert f"byte 0x81 at byte {place} of the" in reject.reason
    assert "windows-1252" in reject.reason
    assert documents[-1].text == normalise(TEXTS["fr"])


@pytest.mark.parametrize(
    "raw",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)),
        b"good \xff bad",
        b"lone \xed\xa0\x80",
        bytes(range(128, 256)),
    ],
)
def test_what_looks_like_no_text_is_refused(write, raw):
    (reject,) = read([write("a.txt", raw)])
    assert (reject.code, reject.raw) == ("R_ENCODING", raw)


def test_a_few_signs_are_enough(write):
    (article,) = read([write("a.txt", "It’s a café — “nice”".encode("windows-1252"))])
    assert article.text == "It’s a café — “nice”"


def test_the_encoding_can_be_told(write):
    text = "Çıkış: 10 ¥"
    raw = text.encode("cp857", "replace")
    (article,) = read([write("a.txt", raw)], Options(encoding="cp857"))
    assert article.text == normalise(raw.decode("cp857"))
    assert (dict(article.notes), article.raw.encoding, article.raw.data) == ({}, "cp857", raw)
    content = "text\n日本\n".encode("iso-2022-jp")
    (article,) = read([write("a.csv", content)], Options(encoding="iso-2022-jp"))
    assert article.text == "日本"


@pytest.mark.parametrize("name", ["klingon", "rot13", "base64", "\0"])
def test_an_encoding_that_does_not_exist_is_said_at_once(write, name):
    with pytest.raises(CurationError, match="is not the name of an encoding") as raised:
        read([write("a.txt", "x")], Options(encoding=name))
    assert raised.value.code == "E_USAGE"


@given(st.binary(max_size=60), st.sampled_from(["utf-16-le", "cp1252", "gb18030", "euc_kr", "cp874", "utf-32-be"]))
def test_every_byte_of_a_refused_row_is_kept(tmp_path_factory, junk, codec):
    path = tmp_path_factory.getbasetemp() / "told.jsonl"
    path.write_bytes(junk)
    documents = list(read([path], Options(encoding=codec))) if junk else []
    kept = b"".join(document.raw for document in documents if isinstance(document, Reject))
    # An array's brackets and commas are no row's.
    plain = junk.split()[:1] and not junk.split()[0].startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"["))
    if codec in ("cp1252", "cp874") and plain:
        assert kept.split() == junk.split()


def test_a_piece_that_ends_inside_a_character_has_its_bytes_too():
    assert Encoding("cp1252").original("aé".encode()[:2]) == b"a"
