"""Addresses: one form each; what is no web address is left alone."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from curation.articles.urls import canonical


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://Example.ORG", "http://example.org/"),
        ("https://example.org:443/a", "https://example.org/a"),
        ("http://example.org:8080/a", "http://example.org:8080/a"),
        ("http://example.org:/a", "http://example.org/a"),
        ("https://example.org/a#comments", "https://example.org/a"),
        ("https://example.org/a/./b/../c", "https://example.org/a/c"),
        ("https://example.org/../../a", "https://example.org/a"),
        ("https://example.org/a/%2E%2E/b", "https://example.org/b"),
        ("https://example.org/a/..", "https://example.org/"),
        ("https://example.org/a/b/.", "https://example.org/a/b/"),
        ("https://example.org/%7euser/%c3%a9", "https://example.org/~user/%C3%A9"),
        ("https://example.org/é?q=ü", "https://example.org/%C3%A9?q=%C3%BC"),
        ("https://example.org/100%/a b", "https://example.org/100%25/a%20b"),
        ("https://bücher.example/a", "https://xn--bcher-kva.example/a"),
        ("https://BÜCHER.example/a", "https://xn--bcher-kva.example/a"),
        ("https://example.org/a?utm_source=x&id=7&fbclid=y&b=2&a=1", "https://example.org/a?id=7&b=2&a=1"),
        ("https://example.org/a?utm_source=x", "https://example.org/a"),
        ("https://example.org/a?UTM_Medium=x&GCLID=1&c", "https://example.org/a?c"),
        ("https://example.org/a?next=%2Fb%26c", "https://example.org/a?next=%2Fb%26c"),
        ("https://example.org/a?", "https://example.org/a"),
        ("http://[2001:DB8::1]:80/a", "http://[2001:db8::1]/a"),
        ("  https://example.org/a\n", "https://example.org/a"),
        ("https://me:pass@Example.org/a", "https://me:pass@example.org/a"),
    ],
)
def test_one_form(url, expected):
    assert canonical(url) == expected
    assert canonical(expected) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "www.example.org/a",
        "/politics/2020/a.html",
        "ftp://example.org/A",
        "mailto:Desk@Example.org",
        "javascript:alert(1)",
        "http://",
        "https:///a",
        "https://?q",
        "http://example.org:99999/",
        "http://example.org:x/",
        "http://[::1/",
        "http://exa mple.org/",
        "http://☃️..example/",
        "urn:uuid:7",
    ],
)
def test_what_is_no_web_address_is_kept_as_it_is(url):
    assert canonical(url) == url


text = st.text(max_size=30)
web = st.builds(
    "{}://{}{}{}{}".format,
    st.sampled_from(["http", "https", "HTTPS"]),
    st.sampled_from(["example.org", "Example.ORG:443", "bücher.example", "a@b.example:80", "[::1]:8000"]) | text,
    st.just("") | st.text("/.%2eEfF aé~", max_size=20).map("/".__add__) | text.map("/".__add__),
    st.just("") | text.map("?".__add__) | st.text("utm_ab=&%2?", max_size=20).map("?".__add__),
    st.just("") | text.map("#".__add__),
)


@given(text | web)
def test_twice_is_once_and_any_text_has_a_form(url):
    once = canonical(url)
    assert canonical(once) == once
    if once != url:
        assert once.isascii()
        assert urlsplit(once).hostname


@given(st.lists(st.tuples(st.text("abcXYZ09é &=%", min_size=1), text)))
def test_other_parameters_keep_their_order_and_their_values(pairs):
    from urllib.parse import urlencode

    query = urlencode(pairs, errors="surrogatepass")
    assume("utm" not in query)
    found = canonical(f"https://example.org/?{query}&utm_source=feed")
    assert parse_qsl(urlsplit(found).query, keep_blank_values=True) == parse_qsl(query, keep_blank_values=True)
