"""A Hub on loopback that speaks what the real client sends: it keeps real content, and can be told to fail.

Two servers, as in life: the Hub itself, which asks for a token, and a storage for large files, which must never
see one.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

PAGE = 3
LFS = re.compile(r".*\.(parquet|arrow|bin|zip|gz|png)$")
FIRST = b"*.parquet filter=lfs diff=lfs merge=lfs -text\n"


@dataclass(frozen=True)
class Entry:
    """A file of a commit: its bytes, or for a large one its SHA-256 and size."""

    content: bytes | None
    oid: str = ""
    size: int = 0

    @property
    def bytes(self) -> int:
        return self.size if self.content is None else len(self.content)

    @property
    def pointer(self) -> bytes:
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.oid}\nsize {self.size}\n".encode()

    @property
    def blob(self) -> str:
        content = self.pointer if self.content is None else self.content
        return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@dataclass(frozen=True)
class Commit:
    oid: str
    parent: str | None
    message: str
    tree: dict[str, Entry]


@dataclass
class Repo:
    name: str
    private: bool
    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def add(self, branch: str, message: str, tree: dict[str, Entry]) -> str:
        parent = self.branches.get(branch)
        oid = hashlib.sha1(f"{parent}{message}{len(self.commits)}{sorted(tree)}".encode()).hexdigest()
        self.commits[oid] = Commit(oid, parent, message, tree)
        self.branches[branch] = oid
        return oid

    def at(self, revision: str) -> Commit | None:
        oid = self.branches.get(revision) or self.tags.get(revision) or revision
        return self.commits.get(oid)

    def tree(self, revision: str = "main") -> dict[str, Entry]:
        commit = self.at(revision)
        assert commit is not None
        return commit.tree


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Fault = Callable[["Handler"], bool]


class FakeHub:
    """The Hub. `requests` and `stored_requests` are what came to it and to its storage."""

    def __init__(self, token: str = "hf_writes", *, user: str = "ida") -> None:
        self.tokens = {token: "write"}
        self.user = user
        self.repos: dict[str, Repo] = {}
        self.objects: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.requests: list[Request] = []
        self.stored_requests: list[Request] = []
        self.faults: list[tuple[str, re.Pattern[str], Fault]] = []
        self.part_size: int | None = None
        self.makes_public = False
        self.ignored: str | None = None
        self.verify_at: str | None = None
        self.lock = threading.RLock()
        self._servers = [_serve(self, _Hub), _serve(self, _Storage)]
        self.url, self.storage = (f"http://127.0.0.1:{server.server_address[1]}" for server in self._servers)

    def close(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def fail(self, method: str, path: str, fault: Fault, times: int = 1) -> None:
        """Let the next requests of this kind fail; the fault says whether it has answered."""
        self.faults += [(method, re.compile(path), fault)] * times

    def sent(self, *methods: str) -> list[str]:
        """The paths of the requests that came to the Hub by these methods."""
        return [request.path for request in self.requests if request.method in methods]

    def repo(self, name: str, *, private: bool = True, files: dict[str, bytes] | None = None) -> Repo:
        """A repository that somebody else has made."""
        repo = self.repos[name] = Repo(name, private)
        content = {".gitattributes": FIRST, **(files or {})}
        repo.add("main", "initial commit", {path: Entry(one) for path, one in content.items()})
        return repo

    def content(self, name: str, revision: str = "main") -> dict[str, bytes]:
        """What somebody gets who downloads a repository."""
        tree = self.repos[name].tree(revision)
        return {
            path: self.objects[entry.oid] if entry.content is None else entry.content for path, entry in tree.items()
        }


def status(code: int, error: str = "", **headers: str) -> Fault:
    """Answer with a status."""

    def answer(handler: Handler) -> bool:
        handler.take_body()
        handler.answer({"error": error or f"status {code}"}, code, {k.replace("_", "-"): v for k, v in headers.items()})
        return True

    return answer


def cut(handler: Handler) -> bool:
    """Read some of what is sent and reset the connection."""
    handler.rfile.read(min(1000, int(handler.headers.get("content-length", 0))))
    handler.reset()
    return True


def deaf(handler: Handler) -> bool:
    """Do what is asked, and reset the connection in place of the answer."""
    handler.muted = True
    return False


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    hub: FakeHub
    muted = False

    def log_message(self, *args: object) -> None:
        pass

    def take_body(self) -> bytes:
        if not hasattr(self, "_body"):
            if self.headers.get("transfer-encoding") == "chunked":
                self._body = b""
                while size := int(self.rfile.readline(), 16):
                    self._body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
            else:
                self._body = self.rfile.read(int(self.headers.get("content-length", 0)))
        return self._body

    def reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def answer(self, body: object, code: int = 200, headers: dict[str, str] | None = None) -> None:
        if self.muted:
            self.reset()
            return
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(code)
        sent = {"Content-Type": "application/json", "Content-Length": str(len(content)), **(headers or {})}
        for name, value in sent.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def handle_one(self, log: list[Request]) -> None:
        parts = urlsplit(self.path)
        self.__dict__.pop("_body", None)
        self.muted = False
        request = Request(self.command, parts.path, {k.lower(): v for k, v in self.headers.items()}, b"")
        log.append(request)
        self.query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        with self.hub.lock:
            found = next((one for one in self.hub.faults if one[0] == self.command and one[1].search(parts.path)), None)
            if found:
                self.hub.faults.remove(found)
        if found and found[2](self):
            return
        request.body = self.take_body()
        self.respond(unquote(parts.path), request)

    def respond(self, path: str, request: Request) -> None:
        raise NotImplementedError


class _Storage(Handler):
    """Where the bytes of large files are. Only signed addresses lead here."""

    def _any(self) -> None:
        self.handle_one(self.hub.stored_requests)

    do_GET = do_HEAD = do_PUT = do_POST = _any

    def respond(self, path: str, request: Request) -> None:
        oid, _, part = path.removeprefix("/objects/").partition("/")
        if self.query.get("signature") != "signed":
            self.answer({"error": "not signed"}, 403)
        elif request.method == "PUT" and part:
            self.hub.parts.setdefault(oid, {})[int(part)] = request.body
            self.answer(b"", 200, {"ETag": hashlib.md5(request.body).hexdigest()})
        elif request.method == "PUT":
            if hashlib.sha256(request.body).hexdigest() != oid:
                self.answer({"error": "checksum"}, 400)
                return
            self.hub.objects[oid] = request.body
            self.answer(b"")
        else:
            self._get(self.hub.objects[oid])

    def _get(self, content: bytes) -> None:
        span = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range", ""))
        if span is None:
            self.answer(content, 200, {"Accept-Ranges": "bytes"})
            return
        first, last = int(span[1]), min(int(span[2] or len(content)), len(content) - 1)
        self.answer(content[first : last + 1], 206, {"Content-Range": f"bytes {first}-{last}/{len(content)}"})


class _Hub(Handler):
    """The Hub's interface for datasets."""

    def _any(self) -> None:
        self.handle_one(self.hub.requests)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _any

    def respond(self, path: str, request: Request) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        role = self.hub.tokens.get(token)
        if token and role is None:
            message = "Invalid credentials in Authorization header"
            self.answer({"error": message}, 401, {"X-Error-Message": message})
            return
        self.role = role
        if path == "/api/whoami-v2":
            self.answer({"name": self.hub.user, "type": "user"} if role else {"error": "who?"}, 200 if role else 401)
        elif path == "/api/repos/create":
            self._create(json.loads(request.body))
        elif path == "/api/validate-yaml":
            bad = "configs: broken" in json.loads(request.body)["content"]
            told = {"warnings": [], "errors": [{"message": '"configs" is no list'}] if bad else []}
            self.answer(told, 400 if bad else 200)
        elif found := re.fullmatch(r"/api/datasets/([^/]+/[^/]+)(?:/([a-z-]+)(?:/(.*))?)?", path):
            self._of_repo(found[1], found[2] or "revision", found[3], request)
        elif found := re.fullmatch(r"/datasets/([^/]+/[^/]+)\.git/info/lfs/objects/(batch|verify|complete)", path):
            self._lfs(found[2], json.loads(request.body))
        elif found := re.fullmatch(r"/datasets/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            self._resolve(found[1], found[2], found[3])
        else:
            self.answer({"error": f"no such page: {path}"}, 404)

    def _create(self, asked: dict[str, str]) -> None:
        name = f"{asked.get('organization') or self.hub.user}/{asked['name']}"
        if self.role != "write" or name.startswith("forbidden/"):
            self.answer({"error": "You don't have the rights to create a dataset under this namespace"}, 403)
        elif name in self.hub.repos:
            self.answer({"error": "You already created this dataset repo", "url": self.hub.url}, 409)
        else:
            private = asked.get("visibility") == "private" and not self.hub.makes_public
            self.hub.repo(name, private=private)
            self.answer({"url": f"{self.hub.url}/datasets/{name}", "name": name})

    def _of_repo(self, name: str, what: str, rest: str | None, request: Request) -> None:
        repo = self.hub.repos.get(name)
        if repo is None or (repo.private and self.role is None):
            self.answer({"error": "Repository not found"}, 404, {"X-Error-Code": "RepoNotFound"})
            return
        writes = what in ("preupload", "commit", "branch", "tag")
        if writes and self.role != "write":
            self.answer({"error": "read only"}, 403, {"X-Error-Message": "You need write access"})
            return
        revision, _, under = (rest or "main").partition("/")
        if what == "refs":
            self.answer({"branches": _refs(repo.branches, "heads"), "converts": [], "tags": _refs(repo.tags, "tags")})
            return
        if what == "branch":
            self._branch(repo, revision, json.loads(request.body))
            return
        commit = repo.at(revision)
        if commit is None:
            self.answer({"error": f"Invalid rev id: {revision}"}, 404, {"X-Error-Code": "RevisionNotFound"})
        elif what == "revision":
            siblings = [{"rfilename": path} for path in commit.tree]
            told = {"_id": "1", "id": name, "private": repo.private, "sha": commit.oid, "siblings": siblings}
            self.answer({**told, "downloads": 0, "likes": 0, "tags": [], "gated": False, "disabled": False})
        elif what == "tree":
            self._tree(name, revision, commit, under)
        elif what == "paths-info":
            body = request.body.decode()
            paths = json.loads(body)["paths"] if body.startswith("{") else parse_qs(body).get("paths", [])
            self.answer([one for one in _listing(commit.tree) if one["path"] in paths])
        elif what == "preupload":
            files = json.loads(request.body)["files"]
            self.answer({"files": [self._mode(commit.tree, file["path"], file["size"]) for file in files]})
        elif what == "commit":
            self._commit(repo, revision, request.body)
        elif what == "tag":
            self._tag(repo, commit, json.loads(request.body)["tag"])
        else:
            self.answer({"error": f"no such page: {what}"}, 404)

    def _mode(self, tree: dict[str, Entry], path: str, size: int) -> dict[str, object]:
        mode = "lfs" if LFS.fullmatch(path) or size > 10_000_000 else "regular"
        ignored = bool(self.hub.ignored and path.startswith(self.hub.ignored))
        oid = {"oid": tree[path].oid or tree[path].blob} if path in tree else {}
        return {"path": path, "uploadMode": mode, "shouldIgnore": ignored, **oid}

    def _branch(self, repo: Repo, branch: str, asked: dict[str, str]) -> None:
        if branch in repo.branches:
            self.answer({"error": "reference exists"}, 409)
            return
        repo.branches[branch] = asked.get("startingPoint") or repo.branches["main"]
        self.answer({})

    def _tag(self, repo: Repo, commit: Commit, tag: str) -> None:
        if tag in repo.tags:
            self.answer({"error": "tag exists"}, 409)
            return
        repo.tags[tag] = commit.oid
        self.answer({})

    def _tree(self, name: str, revision: str, commit: Commit, under: str) -> None:
        entries = _listing(commit.tree)
        if under:
            entries = [one for one in entries if str(one["path"]).startswith(f"{under}/")]
            if not entries:
                self.answer({"error": "not found"}, 404, {"X-Error-Code": "EntryNotFound"})
                return
        if self.query.get("recursive", "").lower() != "true":
            depth = under.count("/") + 1 if under else 0
            entries = [one for one in entries if str(one["path"]).count("/") == depth]
        first = int(self.query.get("cursor", 0))
        headers = {}
        if first + PAGE < len(entries):
            more = (
                f"{self.hub.url}{self.path.split('?')[0]}?recursive={self.query.get('recursive')}&cursor={first + PAGE}"
            )
            headers["Link"] = f'<{more}>; rel="next"'
        self.answer(entries[first : first + PAGE], 200, headers)

    def _commit(self, repo: Repo, branch: str, body: bytes) -> None:
        lines = [json.loads(line) for line in body.splitlines()]
        header, operations = lines[0]["value"], lines[1:]
        with self.hub.lock:
            if header.get("parentCommit") not in (None, repo.branches[branch]):
                self.answer({"error": "A commit has happened since. Please refresh and try again."}, 412)
                return
            tree = dict(repo.tree(branch))
            for operation in operations:
                value = operation["value"]
                if operation["key"] == "file":
                    tree[value["path"]] = Entry(base64.b64decode(value["content"]))
                elif operation["key"] == "lfsFile":
                    if value["oid"] not in self.hub.objects:
                        self.answer({"error": f"LFS object {value['oid']} was not uploaded"}, 400)
                        return
                    tree[value["path"]] = Entry(None, value["oid"], value["size"])
                elif operation["key"] == "deletedFile" and tree.pop(value["path"], None) is None:
                    self.answer({"error": "A file with this name doesn't exist"}, 404)
                    return
            oid = repo.add(branch, header["summary"], tree)
        self.answer({"success": True, "commitOid": oid, "commitUrl": f"{self.hub.url}/{repo.name}/commit/{oid}"})

    def _lfs(self, what: str, asked: dict[str, object]) -> None:
        if self.role != "write" and what != "complete":
            self.answer({"error": "read only"}, 403)
        elif what == "verify":
            self.answer({}, 200 if asked["oid"] in self.hub.objects else 404)
        elif what == "complete":
            oid = str(asked["oid"])
            self.hub.objects[oid] = b"".join(part for _, part in sorted(self.hub.parts.pop(oid).items()))
            self.answer({})
        else:
            objects = [self._place(one["oid"], one["size"]) for one in asked["objects"]]  # type: ignore[attr-defined]
            self.answer({"transfer": "basic", "objects": objects})

    def _place(self, oid: str, size: int) -> dict[str, object]:
        if oid in self.hub.objects:
            return {"oid": oid, "size": size}
        place = f"{self.hub.storage}/objects/{oid}"
        lfs = re.sub("batch$", "", f"{self.hub.url}{self.path}")
        step = self.hub.part_size
        if step and size > step:
            parts = range(1, -(-size // step) + 1)
            header = {"chunk_size": str(step), **{str(one): f"{place}/{one}?signature=signed" for one in parts}}
            return {"oid": oid, "size": size, "actions": {"upload": {"href": f"{lfs}complete", "header": header}}}
        verify = self.hub.verify_at or f"{lfs}verify"
        upload = {"href": f"{place}?signature=signed"}
        return {"oid": oid, "size": size, "actions": {"upload": upload, "verify": {"href": verify}}}

    def _resolve(self, name: str, revision: str, path: str) -> None:
        repo = self.hub.repos.get(name)
        if repo is None or (repo.private and self.role is None):
            self.answer({"error": "Repository not found"}, 404, {"X-Error-Code": "RepoNotFound"})
            return
        commit = repo.at(revision)
        entry = commit.tree.get(path) if commit else None
        if commit is None or entry is None:
            code = "RevisionNotFound" if commit is None else "EntryNotFound"
            self.answer({"error": "not found"}, 404, {"X-Error-Code": code})
        elif entry.content is not None:
            headers = {"ETag": f'"{entry.blob}"', "X-Repo-Commit": commit.oid, "Accept-Ranges": "bytes"}
            self.answer(entry.content, 200, headers)
        else:
            there = f"{self.hub.storage}/objects/{entry.oid}?signature=signed"
            linked = {"X-Linked-Etag": f'"{entry.oid}"', "X-Linked-Size": str(entry.size)}
            self.answer(b"", 302, {"Location": there, "X-Repo-Commit": commit.oid, "ETag": f'"{entry.blob}"', **linked})


def _serve(hub: FakeHub, handler: type[Handler]) -> ThreadingHTTPServer:
    bound = type(handler.__name__, (handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), bound)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server


def _refs(named: dict[str, str], kind: str) -> list[dict[str, str]]:
    return [{"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": oid} for name, oid in named.items()]


def _listing(tree: dict[str, Entry]) -> list[dict[str, object]]:
    folders = {"/".join(path.split("/")[:depth]) for path in tree for depth in range(1, path.count("/") + 1)}
    entries: list[dict[str, object]] = [
        {"type": "directory", "oid": hashlib.sha1(folder.encode()).hexdigest(), "size": 0, "path": folder}
        for folder in folders
    ]
    for path, entry in tree.items():
        one: dict[str, object] = {"type": "file", "oid": entry.blob, "size": entry.bytes, "path": path}
        if entry.content is None:
            one["lfs"] = {"oid": entry.oid, "size": entry.size, "pointerSize": len(entry.pointer)}
        entries.append(one)
    return sorted(entries, key=lambda one: str(one["path"]))
