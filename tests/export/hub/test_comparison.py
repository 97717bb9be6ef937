"""For any three states of files - ours, there, last pushed - a plan makes there hold ours, and loses nobody's work."""

from __future__ import annotations

import hashlib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from curation.export.hub.comparison import File, Remote, compare

PATHS = ["README.md", "a.parquet", "b.parquet", "c/d.json"]
STATES = st.dictionaries(st.sampled_from(PATHS), st.binary(max_size=1))


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def blob(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@given(STATES, STATES, STATES, st.sets(st.sampled_from(PATHS)))
def test_a_plan_brings_ours_and_keeps_others(tmp_path_factory, ours, there, pushed, doomed):
    folder = tmp_path_factory.getbasetemp() / "comparison"
    folder.mkdir(exist_ok=True)
    files = {}
    for path, content in ours.items():
        place = folder / sha256(content)
        place.write_bytes(content)
        files[path] = File(Path(place), len(content), sha256(content))
    held = {
        path: Remote(len(one), blob(one), sha256(one) if path.endswith(".parquet") else None)
        for path, one in there.items()
    }
    left = {path: sha256(one) for path, one in pushed.items()}
    plan = compare(files, held, left, lambda path: sha256(there[path]), doomed)

    after = dict(there)
    for change in plan.upload:
        assert change.bytes == len(ours[change.path])
        after[change.path] = ours[change.path]
    for change in plan.delete:
        assert change.bytes == len(after.pop(change.path))
    others = {path: one for path, one in there.items() if path not in ours and path not in pushed}
    assert after == ours | {path: one for path, one in others.items() if path not in doomed}
    assert set(plan.others) == others.keys() - doomed
    assert all(there.get(change.path) != ours[change.path] for change in plan.upload)
    lost = {path for path, one in there.items() if after.get(path) != one and path not in others}
    assert set(plan.edited) == {path for path in lost if pushed.get(path) != there[path]}
