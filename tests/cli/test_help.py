"""Every command explains itself."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from curation.cli import cli

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    found = [(path, group)] if path else []
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found += commands(command, (*path, name))
        else:
            found.append(((*path, name), command))
    return found


COMMANDS = commands(cli)
IDS = [" ".join(path) for path, _ in COMMANDS]


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=IDS)
def test_help_has_an_example_that_can_be_pasted(path, command, run):
    printed = run(*path, "--help")
    assert printed.exit == 0
    example = printed.out.partition("Example:\n")[2].splitlines()[0]
    assert example.strip().startswith("curation ")


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=IDS)
def test_every_command_takes_json_and_is_in_the_readme(path, command):
    if not isinstance(command, click.Group):
        assert {"as_json", "quiet"} <= {parameter.name for parameter in command.params}
        assert f"`curation {' '.join(path)}" in README


def test_version(run):
    import curation

    assert run("--version").out.strip() == f"curation, version {curation.__version__}"
