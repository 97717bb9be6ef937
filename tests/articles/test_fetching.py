"""Fetching: only on request, only from public addresses, whoever tries to lead elsewhere; and no more than a page."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from curation.articles import Options, read
from curation.articles import fetching as module
from curation.articles.fetching import Fetched, Fetcher, is_public
from curation.articles.rejects import REJECTS, Refused
from curation.errors import CurationError
from curation.records import Article, Reject

TEXT = "The council of Brenton voted on Tuesday to close the old swimming hall, which stands by the river since 1931. "
PAGE = (
    "<html lang='en'><head><title>Hall to close</title><meta property='article:published_time' content='2026-03-02'>"
    f"<meta property='og:site_name' content='Brenton Echo'></head><body><article><h1>Hall to close</h1>"
    f"<p>{TEXT * 2}</p><p>{TEXT * 3}</p></article></body></html>"
).encode()
LOOPBACK = ipaddress.ip_address("127.0.0.1")


class Handler(BaseHTTPRequestHandler):
    """Answers from the server's table: path -> status, headers, body."""

    def do_GET(self):
        self.server.asked.append(self.path)
        status, headers, body = self.server.answers.get(self.path, (404, {}, b"no"))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            for part in body if isinstance(body, list) else [body]:
                if isinstance(part, float):
                    time.sleep(part)
                else:
                    self.wfile.write(part)
                    self.wfile.flush()
        except OSError:
            pass

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    """A server on loopback whose answers are `answers`, and what it was asked for."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.answers = {"/a": (200, {"Content-Type": "text/html; charset=utf-8"}, PAGE)}
        running.asked = []
        thread = threading.Thread(target=running.serve_forever, args=(0.02,))
        thread.start()
        running.url = f"http://127.0.0.1:{running.server_port}"
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def fetcher(server):
    """A fetcher that may connect to the server's address and nowhere else."""
    return Fetcher(allowed=LOOPBACK.__eq__, ports=frozenset({server.server_port}), seconds=5)


@pytest.fixture
def no_network(monkeypatch):
    """No socket connects, and no name is looked up; what tried to is in the list."""
    tried = []

    def refuse(*arguments, **_):
        tried.append(arguments)
        raise AssertionError(f"the network was touched: {arguments}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    return tried


def refusal(fetch, url) -> Refused:
    with pytest.raises(Refused) as raised:
        fetch(url)
    assert raised.value.code in REJECTS
    return raised.value


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "255.255.255.255", "224.0.0.1", "240.0.0.1", "192.0.2.1", "198.18.0.1", "::", "::1", "fe80::1", "fc00::1",
        "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::", "2001:0:808:808::1", "2001:db8::1",
        "192.0.0.9", "192.0.0.170", "192.88.99.1", "168.63.129.16", "::ffff:168.63.129.16", "64:ff9b::a83f:8110",
        "3fff::1", "3fff:fff:ffff::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "93.184.216.34",
        "192.0.1.1",
        "168.63.129.17",
        "3ffe::1",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
    ],
)
def test_addresses_that_are_public(address):
    assert is_public(ipaddress.ip_address(address))


def test_a_page(server, fetcher):
    assert fetcher(server.url + "/a#top") == Fetched(PAGE, server.url + "/a", "text/html", "utf-8")


def test_redirects_are_followed_and_the_last_address_is_kept(server, fetcher):
    for number in range(5):
        server.answers[f"/r{number}"] = (302, {"Location": f"/r{number + 1}" if number < 4 else "a"}, b"")
    assert fetcher(server.url + "/r0").url == server.url + "/a"
    server.answers["/r9"] = (301, {"Location": "/r0"}, b"")
    assert "redirects" in refusal(fetcher, server.url + "/r9").reason


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "127.1", "[::ffff:127.0.0.1]", "0.0.0.0"],
)
def test_a_private_address_is_refused_however_it_is_written(server, host):
    fetch = Fetcher(ports=frozenset({server.server_port}))
    refused = refusal(fetch, f"http://{host}:{server.server_port}/a")
    assert refused.code in ("R_FETCH_FORBIDDEN", "R_FETCH_FAILED")
    if host in ("127.0.0.1", "localhost"):
        assert refused.code == "R_FETCH_FORBIDDEN"
    assert not server.asked


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.org:22/", "port 22"),
        ("https://me:word@example.org/", "name or password"),
        ("ftp://example.org/a", "only http"),
        ("file:///etc/passwd", "only http"),
        ("gopher://example.org", "only http"),
        ("http://", "only http"),
        ("", "only http"),
    ],
)
def test_addresses_that_are_none_of_a_page(no_network, url, why):
    refused = refusal(Fetcher(), url)
    assert refused.code == "R_FETCH_FORBIDDEN"
    assert why in refused.reason
    assert not no_network


@pytest.mark.parametrize("target", ["http://127.0.0.2:{port}/a", "http://[::1]:{port}/a", "//127.0.0.2:{port}/a"])
def test_a_redirect_to_a_refused_address_is_refused(server, fetcher, target):
    server.answers["/out"] = (302, {"Location": target.format(port=server.server_port)}, b"")
    assert refusal(fetcher, server.url + "/out").code == "R_FETCH_FORBIDDEN"
    assert server.asked == ["/out"]


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/", "http://127.0.0.1:22/"])
def test_a_redirect_to_another_scheme_or_port_is_refused(server, fetcher, target):
    server.answers["/out"] = (302, {"Location": target}, b"")
    assert refusal(fetcher, server.url + "/out").code == "R_FETCH_FORBIDDEN"


def answering(monkeypatch, *answers):
    """Names are looked up in `answers`, one after the other; numeric addresses as ever."""
    real = socket.getaddrinfo
    asked = []

    def lookup(host, port, *arguments, **options):
        try:
            ipaddress.ip_address(host)
        except ValueError:
            answer = answers[min(len(asked), len(answers) - 1)]
            asked.append(host)
            return [entry for address in answer for entry in real(address, port, *arguments, **options)]
        return real(host, port, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return asked


def test_a_name_is_looked_up_once_and_its_checked_address_connected_to(server, fetcher, monkeypatch):
    asked = answering(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
    assert fetcher(f"http://news.example:{server.server_port}/a").data == PAGE
    assert asked == ["news.example"]
    assert refusal(fetcher, f"http://news.example:{server.server_port}/a").code == "R_FETCH_FORBIDDEN"


def test_one_refused_address_of_a_name_is_enough(server, fetcher, monkeypatch):
    answering(monkeypatch, ["127.0.0.1", "127.0.0.2"])
    assert refusal(fetcher, f"http://news.example:{server.server_port}/a").code == "R_FETCH_FORBIDDEN"
    assert not server.asked


def test_a_name_that_changes_between_a_page_and_its_redirect(server, fetcher, monkeypatch):
    answering(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
    server.answers["/out"] = (302, {"Location": "/a"}, b"")
    assert refusal(fetcher, f"http://news.example:{server.server_port}/out").code == "R_FETCH_FORBIDDEN"
    assert server.asked == ["/out"]


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"])
def test_no_proxy_of_the_environment_is_asked(server, fetcher, monkeypatch, name):
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert fetcher(server.url + "/a").data == PAGE


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((404, {}, b""), "404"),
        ((500, {"Content-Type": "text/html"}, PAGE), "500"),
        ((302, {}, b""), "302"),
        ((200, {"Content-Type": "image/png"}, b"\x89PNG"), "image/png"),
        ((200, {"Content-Type": "application/pdf"}, b"%PDF"), "application/pdf"),
        ((200, {}, PAGE), "no stated kind"),
        ((200, {"Content-Type": "text/html", "Content-Encoding": "br"}, b"x"), "packed as br"),
        ((200, {"Content-Type": "text/html", "Content-Encoding": "gzip"}, b"no gzip"), "unpacked"),
        ((200, {"Content-Type": "text/html", "Content-Encoding": "gzip"}, gzip.compress(PAGE)[:-20]), "cut off"),
        ((200, {"Content-Type": "text/html", "Content-Length": "999999"}, PAGE), ""),
        ((200, {"Content-Type": "text/html"}, b"x" * 10_000_001), "10000000 bytes"),
        ((200, {"Content-Type": "text/html", "Content-Encoding": "gzip"}, gzip.compress(bytes(10**8))), "10000000"),
    ],
)
def test_what_is_no_page_is_refused(server, fetcher, answer, why):
    server.answers["/b"] = answer
    refused = refusal(fetcher, server.url + "/b")
    assert refused.code == "R_FETCH_FAILED"
    assert why in refused.reason
    assert server.url in refused.reason


def test_a_packed_page(server, fetcher):
    server.answers["/z"] = (200, {"Content-Type": "text/html", "Content-Encoding": "gzip"}, gzip.compress(PAGE))
    assert fetcher(server.url + "/z").data == PAGE


@pytest.mark.parametrize("cut", [10, len(PAGE) // 2])
def test_a_page_that_is_packed_in_two_pieces(server, fetcher, cut):
    packed = gzip.compress(PAGE[:cut]) + gzip.compress(PAGE[cut:])
    pieces = [packed[at : at + 7] for at in range(0, len(packed), 7)]
    server.answers["/z"] = (200, {"Content-Type": "text/html", "Content-Encoding": "gzip"}, pieces)
    assert fetcher(server.url + "/z").data == PAGE
    server.answers["/z"] = (200, {"Content-Type": "text/html", "Content-Encoding": "gzip"}, packed[:-5])
    assert "cut off" in refusal(fetcher, server.url + "/z").reason


def test_the_second_address_of_a_name_is_tried_where_the_first_does_not_answer(server, monkeypatch):
    fetch = Fetcher(allowed=lambda address: address.is_loopback, ports=frozenset({server.server_port}), seconds=5)
    answering(monkeypatch, ["127.0.0.9", "127.0.0.1"])
    assert fetch(f"http://news.example:{server.server_port}/a").data == PAGE
    answering(monkeypatch, ["127.0.0.9", "127.0.0.8"])
    assert refusal(fetch, f"http://news.example:{server.server_port}/a").code == "R_FETCH_FAILED"


def test_a_server_that_trickles_is_given_up(server):
    fetch = Fetcher(allowed=LOOPBACK.__eq__, ports=frozenset({server.server_port}), seconds=0.6)
    # No single wait is long; all of them together, a page would come in the end.
    server.answers["/slow"] = (200, {"Content-Type": "text/html"}, [PAGE, *[b" ", 0.15] * 8])
    assert refusal(fetch, server.url + "/slow").code == "R_FETCH_FAILED"


def test_a_name_server_that_hangs_is_given_up(monkeypatch):
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(20) and [])
    assert "in time" in refusal(Fetcher(seconds=0.3), "http://news.example/").reason
    released.set()


def test_nobody_listens():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert refusal(Fetcher(allowed=LOOPBACK.__eq__, ports=frozenset({port})), f"http://127.0.0.1:{port}/").reason


def test_a_certificate_that_nobody_vouches_for_is_refused(server):
    fetch = Fetcher(allowed=LOOPBACK.__eq__, ports=frozenset({server.server_port}), seconds=5)
    assert refusal(fetch, server.url.replace("http:", "https:") + "/a").code == "R_FETCH_FAILED"
    assert not server.asked


def test_an_address_as_a_source(server, fetcher):
    (found,) = read([server.url + "/a"], Options(fetch=fetcher))
    assert (found.title, found.url, found.source) == ("Hall to close", server.url + "/a", server.url + "/a")
    assert (found.outlet, found.published_at, found.raw.data) == ("Brenton Echo", "2026-03-02", PAGE)
    (refused,) = read([server.url + "/gone"], Options(fetch=fetcher))
    assert (refused.code, refused.source) == ("R_FETCH_FAILED", server.url + "/gone")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://10.0.0.1/a", "10.0.0.1 is not on the public internet"),
        ("http://[::1]/a", "::1 is not on the public internet"),
        ("https://Example.org:8443", "port 8443 is none of the web's"),
    ],
)
def test_a_refused_source_names_its_address_once(url, reason):
    (refused,) = read([url], Options(fetch=Fetcher()))
    assert (refused.source, refused.code, refused.reason) == (url, "R_FETCH_FORBIDDEN", reason)


def test_a_text_as_a_source(server, fetcher):
    server.answers["/t"] = (200, {"Content-Type": "text/plain; charset=iso-8859-1"}, "Café am Fluß".encode("latin-1"))
    (found,) = read([server.url + "/t"], Options(fetch=fetcher))
    assert (found.text, found.url) == ("Café am Fluß", server.url + "/t")


@pytest.mark.parametrize("charset", ["bogus", "undefined", "base64", "punycode"])
def test_a_text_in_a_charset_that_is_none(server, fetcher, charset):
    server.answers["/t"] = (200, {"Content-Type": f"text/plain; charset={charset}"}, "Café am Fluß".encode())
    (found,) = read([server.url + "/t"], Options(fetch=fetcher))
    assert found.text == "Café am Fluß"


def test_a_text_needs_no_extra(server, fetcher, write, monkeypatch):
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    server.answers["/t"] = (200, {"Content-Type": "text/plain"}, b"A text.")
    rows = [{"text": "", "url": server.url + "/t"}]
    assert [found.text for found in read([server.url + "/t", write("a.jsonl", rows)], Options(fetch=fetcher))] == [
        "A text."
    ] * 2
    with pytest.raises(CurationError) as raised:
        list(read([server.url + "/a"], Options(fetch=fetcher)))
    assert raised.value.code == "E_EXTRA_MISSING"


def test_rows_without_a_text_are_fetched_and_keep_what_they_say(server, fetcher, write):
    rows = [
        {"id": "one", "text": "A text of its own.", "url": server.url + "/never", "date": "2020-01-02"},
        {"id": "two", "text": None, "url": server.url + "/a", "date": "2020-01-02", "topic": "water"},
        {"id": "three", "text": "", "url": server.url + "/a", "date": ""},
        {"id": "four", "text": None, "url": server.url + "/gone", "date": ""},
        {"id": "five", "text": None, "url": "/a", "date": ""},
    ]
    one, two, three, four, five = read([write("rows.jsonl", rows)], Options(fetch=fetcher))
    assert server.asked == ["/a", "/a", "/gone"]
    assert one.text == "A text of its own."
    assert TEXT.strip() in two.text
    assert (two.id, two.published_at, two.outlet, two.meta["topic"]) == ("two", "2020-01-02", "Brenton Echo", "water")
    assert (two.source, two.raw.data, two.steps[0]) == ("rows.jsonl:2", PAGE, "extract")
    assert (three.id, three.published_at, "N_DATE_MISSING" in three.notes) == ("three", "2026-03-02", False)
    assert (four.code, five.code) == ("R_FETCH_FAILED", "R_NO_TEXT")


def test_what_is_noted_of_a_page_stands_beside_the_columns_of_a_row(server, fetcher, write):
    row = {"text": "", "url": server.url + "/a", "extractor": "mine"}
    (found,) = read([write("rows.jsonl", [row])], Options(fetch=fetcher))
    assert found.meta["extractor"] == "mine"
    assert found.meta["extractor_"].startswith("trafilatura")


def test_a_table_of_addresses_alone(server, fetcher, write):
    (found,) = read([write("a.csv", f"id,url\nseven,{server.url}/a\n")], Options(fetch=fetcher))
    assert (found.id, TEXT.strip() in found.text) == ("seven", True)


def test_without_being_asked_nothing_connects(no_network, write, run, workspace):
    rows = [{"text": None, "url": "https://example.org/a"}, {"text": "", "url": "http://127.0.0.1/"}, {"text": "One."}]
    first, second, third = read([write("rows.jsonl", rows)])
    assert isinstance(first, Reject)
    assert isinstance(second, Reject)
    assert isinstance(third, Article)
    assert (first.code, second.code) == ("R_NO_TEXT", "R_EMPTY")
    assert "--fetch" in first.reason
    assert "--fetch" in second.reason
    page = write(
        "a.html", PAGE + b"<img src='http://example.org/x.png'><link rel=stylesheet href='//example.org/a.css'>"
    )
    assert isinstance(next(read([page])), Article)
    with pytest.raises(CurationError) as raised:
        list(read(["https://example.org/a"]))
    assert raised.value.code == "E_NOT_FETCHED"
    ran = run("ingest", "https://example.org/a", "--workspace", workspace.path, "--json")
    assert ran.exit == 2
    assert "E_NOT_FETCHED" in ran.err + ran.out
    assert "--fetch" in ran.err + ran.out
    assert not no_network


def test_the_command_refuses_what_is_private_and_fetches_what_is_not(server, run, workspace, monkeypatch):
    ran = run("ingest", server.url + "/a", "--fetch", "--workspace", workspace.path)
    assert ran.exit == 1
    assert "R_FETCH_FORBIDDEN" in ran.out
    assert not server.asked
    ours = Fetcher(allowed=LOOPBACK.__eq__, ports=frozenset({server.server_port}))
    monkeypatch.setattr(module, "Fetcher", lambda: ours)
    ran = run("ingest", server.url + "/a", "--fetch", "--workspace", workspace.path)
    assert ran.exit == 0
    assert server.asked == ["/a"]
