"""What a workspace tells of agreement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curation.workspace.base import Opened

if TYPE_CHECKING:
    from curation.agreement import Agreement, Bootstrap
    from curation.records import Progress


class WithAgreement(Opened):
    """Comparing what several annotators said of the same articles."""

    def agree(
        self,
        *,
        task: str | None = None,
        round_: int | None = None,
        bootstrap: Bootstrap | None = None,
        gamma: bool = False,
        windows: int = 4,
        progress: Progress | None = None,
    ) -> Agreement:
        """How far annotators agree on a task: fields, spans and statements of their valid annotations.

        Of each annotator the latest round counts, or `round_` alone. `bootstrap` says how intervals are drawn; `gamma`
        measures gamma too. Over time, fields are measured in so many `windows` of equally many articles.
        Raises `E_NOTHING_TO_COMPARE` if no article was annotated by two people.
        """
        from curation.agreement.collecting import collect
        from curation.agreement.study import study

        chosen = self.task(task)
        with self._reading() as store:
            read = collect(store, chosen, round_=round_)
            return study(
                read, chosen, round_=round_, bootstrap=bootstrap, gamma=gamma, windows=windows, progress=progress
            )
