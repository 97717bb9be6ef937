"""How far annotators agree: on labels, on spans, on statements; and how sure that is."""

from __future__ import annotations

from curation.agreement.figures import Figure, Measure

__all__ = ["Figure", "Measure"]
