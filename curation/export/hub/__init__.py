"""Publish a built dataset on the Hugging Face Hub: one commit on top of a known one, held against the files afterwards.

Beside `datasets`, this is the only place that talks to the Hub, and it does so by the Hub's own client.
"""

from __future__ import annotations

from curation.export.hub.comparison import Change, Plan
from curation.export.hub.pushing import PushResult, push

__all__ = ["Change", "Plan", "PushResult", "push"]
