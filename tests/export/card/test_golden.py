"""The card of the sample study, word for word; hashes aside, which hang on the version of pyarrow."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Any

import pytest

GOLDEN = Path(__file__).parent / "golden"
_SHA = re.compile(r"\b[0-9a-f]{64}\b")


@pytest.mark.parametrize("name", ["README.md", "plots/stance.svg", "plots/agreement.svg", "plots/time.svg"])
def test_the_card_is_the_golden_one(carded: Any, name: str) -> None:
    built = (carded.out / name).read_text(encoding="utf-8")
    if name == "README.md":
        # The YAML has sizes in bytes, and what it says is tested by itself.
        built = _SHA.sub("SHA-256", built.split("\n---\n", 1)[1]).lstrip()
    golden = GOLDEN / name
    wanted = golden.read_text(encoding="utf-8") if golden.exists() else ""
    if built != wanted:
        fresh = golden.with_name(f"{golden.name}.new")
        fresh.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(built, encoding="utf-8")
        changes = "\n".join(
            difflib.unified_diff(wanted.splitlines(), built.splitlines(), "golden", "built", lineterm="", n=1)
        )
        pytest.fail(f"{changes[:4000]}\n\nIf that is how the card should be: mv {fresh} {golden}", pytrace=False)


def test_building_again_gives_the_same_bytes(carded: Any, build_with_agreement: Any, tmp_path: Path) -> None:
    """In another place, as nothing on the card is of this machine."""
    elsewhere = carded.out
    carded.out = tmp_path / "elsewhere"
    try:
        build_with_agreement(carded)
        again = {path.relative_to(carded.out): path.read_bytes() for path in carded.out.rglob("*") if path.is_file()}
    finally:
        carded.out = elsewhere
    assert again == {path.relative_to(elsewhere): path.read_bytes() for path in elsewhere.rglob("*") if path.is_file()}
