"""The Hub's client as a push uses it: quiet, impatient, and with a token that leaves for no other host."""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from curation.errors import CurationError
from curation.export.hub.failures import translated

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_PUBLIC = "https://huggingface.co"
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_TRUE = ("1", "ON", "YES", "TRUE")
# Seconds without a byte after which a server counts as gone. The client itself would wait forever.
_SILENCE = 120.0
# Seconds that a server may ask to wait. The client itself would sleep for hours without a word.
_PATIENCE = 60

Sent = Callable[[int], None]
Origin = tuple[str, str | None, int | None]


@contextmanager
def connected(sent: Sent | None = None) -> Iterator[HfApi]:
    """The Hub's client for the endpoint and token of the environment; `sent` hears how many bytes of a file arrived.

    Whatever fails inside ends as a `CurationError`: `E_HUB_TOKEN`, `E_HUB_DOWN`, `E_HUB_CONFLICT`, `E_HUB_REFUSED`,
    `E_INSECURE`. The token is the one that `hf auth login` keeps, or HF_TOKEN.
    """
    if any(os.environ.get(name, "").upper() in _TRUE for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")):
        raise CurationError(
            "E_HUB_DOWN", "HF_HUB_OFFLINE is set: nothing may go to the Hub", fix="unset HF_HUB_OFFLINE"
        )
    endpoint = _endpoint()
    from huggingface_hub import HfApi, get_token

    token = get_token()
    if not token:
        raise CurationError("E_HUB_TOKEN", "no token of the Hugging Face Hub is known")
    try:
        with _quiet(), _plain_uploads(), _watched(_origin(endpoint), sent):
            yield HfApi(endpoint=endpoint, token=token, library_name="curation")
    except CurationError:
        raise
    except Exception as error:
        known = translated(error, endpoint, token)
        if known is None:
            raise
        raise known from None


@contextmanager
def _watched(home: Origin, sent: Sent | None) -> Iterator[None]:
    """Clients that are made inside are impatient and watched; the library makes another when a connection fails."""
    from huggingface_hub import set_client_factory
    from huggingface_hub.utils import _http

    # What makes clients is the user's where they have set it (proxies, certificates), and there is no public way to it.
    usual = _http._GLOBAL_CLIENT_FACTORY

    def watched() -> Any:
        client = usual()
        client.timeout = _SILENCE
        client.event_hooks = {
            "request": [*client.event_hooks["request"], partial(_keep_to, home)],
            "response": [*client.event_hooks["response"], partial(_heed, sent)],
        }
        return client

    set_client_factory(watched)
    try:
        yield
    finally:
        set_client_factory(usual)


def _endpoint() -> str:
    endpoint = os.environ.get("HF_ENDPOINT", "").rstrip("/") or _PUBLIC
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise CurationError("E_HUB_REFUSED", "HF_ENDPOINT is no web address of a Hub", fix=f"unset it, or: {_PUBLIC}")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK and not os.environ.get("CURATION_ALLOW_HTTP"):
        fix = "use its https address; on a network that you trust, set CURATION_ALLOW_HTTP=1"
        raise CurationError("E_INSECURE", f"HF_ENDPOINT is an unencrypted address of {parts.hostname}", fix=fix)
    return endpoint


def _origin(url: str) -> Origin:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _keep_to(home: Origin, request: Any) -> None:
    """Let neither the token nor a commit leave for another host: storage gets signed uploads, and nothing else."""
    there = _origin(str(request.url))
    if there == home or ("authorization" not in request.headers and request.method in ("GET", "HEAD", "PUT")):
        return
    raise CurationError("E_HUB_DOWN", f"the Hub sends requests on to {there[1]}, where the token must not go")


def _heed(sent: Sent | None, response: Any) -> None:
    """Tell of an upload that arrived; give up where the server asks for more patience than anybody has."""
    if sent and response.request.method == "PUT" and response.is_success:
        sent(int(response.request.headers.get("content-length", 0)))
    if response.status_code not in (429, 503):
        return
    seconds = max(_seconds(response.headers.get("retry-after", "")), _reset(response.headers.get("ratelimit", "")))
    if seconds > _PATIENCE:
        message = f"the Hub asks to wait {seconds} seconds (HTTP {response.status_code})"
        raise CurationError("E_HUB_DOWN", message, fix="run the same command again after that")


def _seconds(value: str) -> int:
    return int(value) if value.strip().isdigit() else 0


def _reset(value: str) -> int:
    """When the quota is used up, the seconds until there is a new one. Source: IETF draft on RateLimit headers."""
    found = re.search(r"r=0\s*;\s*t=(\d+)", value)
    return int(found[1]) if found else 0


@contextmanager
def _quiet() -> Iterator[None]:
    """No bars, log lines (they have signed addresses) and warnings of the client's own."""
    from huggingface_hub.utils import logging as log
    from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    verbosity, bars = log.get_verbosity(), not are_progress_bars_disabled()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        log.set_verbosity(logging.CRITICAL)
        disable_progress_bars()
        try:
            yield
        finally:
            log.set_verbosity(verbosity)
            if bars:
                enable_progress_bars()


@contextmanager
def _plain_uploads() -> Iterator[None]:
    """Large files go by the plain LFS protocol, unless the user asks for Xet by HF_HUB_DISABLE_XET=0.

    Then every byte goes through the client that is configured above, whose timeouts, redirects and retries are tested;
    Xet is a second client with rules of its own. What it saves is little for files of this size.
    """
    from huggingface_hub import constants

    before = constants.HF_HUB_DISABLE_XET
    if not os.environ.get("HF_HUB_DISABLE_XET"):
        constants.HF_HUB_DISABLE_XET = True
    try:
        yield
    finally:
        constants.HF_HUB_DISABLE_XET = before
