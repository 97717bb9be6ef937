"""The names by which a push knows its place on the Hub. They are looked at before anything is asked or sent."""

from __future__ import annotations

import re

from curation.errors import CurationError

# What git takes for a branch or a tag (git-check-ref-format), but for a few that no sane name has.
_REF = re.compile(r"(?!.*(?:\.\.|//|/\.|@\{|\.lock(?:/|$)))(?![-./@])[^\x00-\x20\x7f~^:?*\[\\]+(?<![./])")


def require_names(repository: str, branch: str, tag: str | None) -> None:
    """Raise `E_HUB_REFUSED` where one of the names is none: a commit without its tag would be half of a push."""
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]  # documented, and not in __all__

    try:
        validate_repo_id(repository)
    except HFValidationError:
        message = f"{repository!r} is no name of a repository"
        fix = "name it like OWNER/NAME, of letters, digits, and single - _ . within"
        raise CurationError("E_HUB_REFUSED", message, fix=fix) from None
    for kind, name in (("branch", branch), ("tag", tag)):
        if name is not None and not _REF.fullmatch(name):
            raise CurationError("E_HUB_REFUSED", f"{name!r} is no name of a {kind}", fix="name it like v1.2.0 or main")
