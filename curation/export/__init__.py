"""From valid annotations to a dataset that `datasets.load_dataset` opens. The only door to `datasets`."""

from __future__ import annotations

from curation.export.building import BuildResult, build
from curation.export.inputs import inputs
from curation.export.loading import describe, load_check
from curation.folders.manifest import VerifyResult, inputs_of, verify

__all__ = ["BuildResult", "VerifyResult", "build", "describe", "inputs", "inputs_of", "load_check", "verify"]
