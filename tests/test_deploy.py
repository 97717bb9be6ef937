"""The compose file for a team: pinned, healthy before it is used, its passwords in files, and one way in."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from curation.studio.installation import VERSION

FILE = Path(__file__).resolve().parents[1] / "deploy" / "compose.yaml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_part_is_pinned_watched_and_comes_back(name):
    service = SERVICES[name]
    assert re.fullmatch(r"[a-z/-]+:\d+\.\d+(\.\d+)?(-[a-z]+)?", service["image"])
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["restart"] == "unless-stopped"
    for other, wanted in service.get("depends_on", {}).items():
        assert wanted == {"condition": "service_healthy"}
        assert other in SERVICES


def test_label_studio_is_the_version_that_is_tested():
    assert SERVICES["label-studio"]["image"].endswith(f":{VERSION}")


def test_the_proxy_is_the_one_way_in_and_the_database_reaches_nothing():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert SERVICES["database"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert "inside" not in SERVICES["proxy"]["networks"]


def test_what_must_last_is_in_volumes_and_everything_named_is_declared():
    for part, kind in (("volumes", "volumes"), ("networks", "networks"), ("secrets", "secrets")):
        used = {entry.split(":")[0] for service in SERVICES.values() for entry in service.get(part, ())}
        assert used == set(COMPOSE[kind]), kind
    assert "database:/var/lib/postgresql/data" in SERVICES["database"]["volumes"]
    assert "label-studio:/label-studio/data" in SERVICES["label-studio"]["volumes"]


def test_passwords_stand_in_files_alone(tmp_path):
    for service in SERVICES.values():
        given = [name for name in service.get("environment", {}) if "PASSWORD" in name]
        assert all(name.endswith("_FILE") for name in given)
    # What its start script does, with the files elsewhere and a stand-in for the image's own script.
    script = SERVICES["label-studio"]["command"][0].replace("$$", "$").replace("/run/secrets", str(tmp_path))
    last = "/label-studio/deploy/docker-entrypoint.sh label-studio-uwsgi"
    assert script.rstrip().endswith(f"exec {last}")
    show = 'sh -c \'printf "%s|%s" "$POSTGRE_PASSWORD" "$LABEL_STUDIO_PASSWORD"\''
    (tmp_path / "database-password").write_text("a b$c\n")
    command = ["/bin/sh", "-ec", script.replace(last, show)]
    missing = subprocess.run(command, capture_output=True, text=True, check=False)
    assert missing.returncode != 0, "without a password it does not start with an empty one"
    (tmp_path / "admin-password").write_text("it's")
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "a b$c|it's"


def test_docker_takes_it(tmp_path):
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("no `docker compose` here to ask; the tests above read the file themselves")
    environment = {**os.environ, "LABELS_HOST": "labels.example.org", "LABELS_ADMIN": "admin@example.org"}
    command = [docker, "compose", "--file", str(FILE), "config", "--quiet"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
