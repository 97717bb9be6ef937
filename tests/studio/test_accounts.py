"""Signing up and logging in as a browser would, without one."""

from __future__ import annotations

import uuid

import pytest

from curation.errors import CurationError
from curation.studio.accounts import accepts, invite, log_in, personal_access_token
from curation.studio.client import Client
from curation.studio.credentials import Credentials

pytestmark = pytest.mark.server


@pytest.fixture
def email() -> str:
    return f"{uuid.uuid4().hex[:10]}@example.com"


def test_whoever_is_invited_can_annotate_and_log_in(label_studio, client, email):
    token = invite(label_studio.url, label_studio.token, email, "long-enough-1")
    with Client(Credentials(label_studio.url, token, "test")) as theirs:
        assert theirs.whoami()["email"] == email
    assert email in client.users().values()
    with log_in(label_studio.url, email, "long-enough-1") as session:
        assert session.get("/api/current-user/whoami").json()["email"] == email


def test_inviting_twice_gives_the_same_person_a_new_token(label_studio, client, email):
    first = invite(label_studio.url, label_studio.token, email, "long-enough-1")
    second = invite(label_studio.url, label_studio.token, email, "long-enough-1")
    assert list(client.users().values()).count(email) == 1
    assert not accepts(label_studio.url, first)
    assert accepts(label_studio.url, second)


def test_a_wrong_password_is_refused(label_studio, email):
    invite(label_studio.url, label_studio.token, email, "long-enough-1")
    with pytest.raises(CurationError) as caught:
        invite(label_studio.url, label_studio.token, email, "canary-password")
    assert caught.value.code == "E_UNAUTHORISED"
    assert "canary-password" not in str(caught.value)


def test_a_password_that_the_server_refuses_is_said(label_studio, client, email):
    with pytest.raises(CurationError) as caught:
        invite(label_studio.url, label_studio.token, email, "short")
    assert caught.value.code == "E_SERVER_ERROR"
    assert email not in client.users().values()


def test_a_token_is_renewed_while_the_session_lasts(label_studio, email):
    invite(label_studio.url, label_studio.token, email, "long-enough-1")
    with log_in(label_studio.url, email, "long-enough-1") as session:
        first, second = personal_access_token(session), personal_access_token(session)
    assert first != second
    assert accepts(label_studio.url, second)


def test_a_server_that_is_down_is_said():
    with pytest.raises(CurationError) as caught, log_in("http://127.0.0.1:9", "a@example.com", "p"):
        pass
    assert caught.value.code == "E_SERVER_DOWN"
