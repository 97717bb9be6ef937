"""How a command fails: one line that says what, where and how to fix it, a documented code, an exit status."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Exit(IntEnum):
    """Exit status of the command `curation`."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    CONFIG = 3
    REMOTE = 4
    CONFLICT = 5
    INTEGRITY = 6
    LOCKED = 7
    DISK = 8
    BUG = 70
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """A documented way to fail: its exit status, what it means, and how to mend it."""

    exit: Exit
    explanation: str
    fix: str


ERRORS: dict[str, ErrorKind] = {
    "E_USAGE": ErrorKind(
        Exit.USAGE,
        "The command was called with arguments that it does not take.",
        "See the command's --help: it lists what the command takes.",
    ),
    "E_BUG": ErrorKind(
        Exit.BUG,
        "Something happened that the program did not foresee. Nothing that was stored is lost.",
        "Run the command again with CURATION_DEBUG=1 and report the traceback.",
    ),
    "E_INTERRUPTED": ErrorKind(
        Exit.INTERRUPTED,
        "The command was stopped from the keyboard. What was finished is stored.",
        "Run the same command again: it goes on where it stopped.",
    ),
    "E_NO_WORKSPACE": ErrorKind(
        Exit.CONFIG,
        "The command needs a workspace and neither this folder nor one above it holds a curation.toml.",
        "Run `curation init DIR`, then `cd DIR`, or name the folder with --workspace.",
    ),
    "E_WORKSPACE_BROKEN": ErrorKind(
        Exit.CONFIG,
        "The folder has no curation.toml, or one that is not valid, or a folder of definitions is missing.",
        "Correct the file as the message says; `curation schema show workspace` has the shape.",
    ),
    "E_NOT_FOUND": ErrorKind(
        Exit.CONFIG,
        "A task, export, schema, code or file of that name does not exist.",
        "The fix that is printed with it names what there is, or the command that makes it.",
    ),
    "E_DEFINITION": ErrorKind(
        Exit.CONFIG,
        "A task.toml, export.toml, interface or schema is not valid.",
        "Correct it as the message says; `curation task check` and `curation schema check` tell more.",
    ),
    "E_EXTRA_MISSING": ErrorKind(
        Exit.CONFIG,
        "A library that only some users need is not installed.",
        "Install the extra that the message names.",
    ),
    "E_EXISTS": ErrorKind(
        Exit.CONFLICT,
        "The folder to be created exists already and is not empty, or a file of another kind is in the way of one.",
        "Choose another folder or file, or remove the old one.",
    ),
    "E_STORE_NEWER": ErrorKind(
        Exit.INTEGRITY,
        "The workspace's curation.db was written by a newer version of curation.",
        "Upgrade curation to at least the version that wrote it.",
    ),
    "E_STORE_BROKEN": ErrorKind(
        Exit.INTEGRITY,
        "The workspace's curation.db cannot be read as a database of this program.",
        "Restore it from a backup; `sqlite3 curation.db 'pragma integrity_check'` tells what is damaged.",
    ),
    "E_LOCKED": ErrorKind(
        Exit.LOCKED,
        "Another command is writing to the workspace.",
        "Wait for it, or stop the process that the message names.",
    ),
    "E_DISK": ErrorKind(
        Exit.DISK,
        "A file could not be read or written: no space, no permission, or a folder where a file should be.",
        "Free space or correct the permissions, then run the command again.",
    ),
    "E_NO_INPUT": ErrorKind(
        Exit.USAGE,
        "A source does not exist, or holds nothing that can be read as an article.",
        "Name a file such as .txt, .md, .html, .jsonl, .json, .csv, .xlsx, .parquet or .warc, also packed (.gz, .xz, "
        ".bz2, .zst, .zip), a folder of them, or - for standard input, whose kind --format tells.",
    ),
    "E_NOT_FETCHED": ErrorKind(
        Exit.USAGE,
        "A source is the address of a page, and nothing is got from the network unless it is asked for.",
        "Run the command again with --fetch, or save the page with a browser and name the file.",
    ),
    "E_MISSING_COLUMN": ErrorKind(
        Exit.USAGE,
        "A table has no column that holds the article's text, or a column that was named is not in it.",
        "Map it: --map text=COLUMN; of a table of ratings, name the column that it has.",
    ),
    "E_TABLE": ErrorKind(
        Exit.USAGE,
        "A table of ratings cannot be used: it cannot be read, an item or annotator has no name, somebody rated an item"
        " twice, or a value does not fit the level.",
        "Correct the row that the message names. A table has one row per item and annotator, with one value each.",
    ),
    "E_NO_CREDENTIALS": ErrorKind(
        Exit.CONFIG,
        "No Label Studio is known: the workspace has none of its own, and address or token of another is missing. Or "
        "the token of the environment may not go to the address, since the workspace alone names it.",
        "Run `curation studio serve`, or `curation studio login`, or set LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY.",
    ),
    "E_UNAUTHORISED": ErrorKind(
        Exit.CONFIG,
        "Label Studio refused the token.",
        "Copy a fresh token from Account & Settings in Label Studio and give it to `curation studio login`, or set "
        "LABEL_STUDIO_API_KEY to it, which comes first.",
    ),
    "E_EXPOSED": ErrorKind(
        Exit.CONFIG,
        "The file of kept tokens can be read or changed by others, or is not yours. It is not used while that is so.",
        "Run the command that the message names; if others may have read a token, revoke it in Label Studio.",
    ),
    "E_KEYRING": ErrorKind(
        Exit.CONFIG,
        "The system's keyring is locked, is not there, or no longer holds the token that was kept in it.",
        "Unlock it and run the command again, or keep the token in a file: `curation studio login` without --keyring.",
    ),
    "E_INSECURE": ErrorKind(
        Exit.CONFIG,
        "Label Studio's address is not encrypted, so that anybody on the way could read the token and the articles.",
        "Use the server's https address; on a network that you trust, set CURATION_ALLOW_HTTP=1 or log in with "
        "`curation studio login --allow-http`.",
    ),
    "E_SERVER_DOWN": ErrorKind(
        Exit.REMOTE,
        "Label Studio does not answer at its address.",
        "Start it (`curation studio serve`) or correct LABEL_STUDIO_URL, then run the command again.",
    ),
    "E_SERVER_ERROR": ErrorKind(
        Exit.REMOTE,
        "Label Studio answered with an error or with something that could not be understood.",
        "Run the command again; if it stays, look at the server's log.",
    ),
    "E_SERVER_START": ErrorKind(
        Exit.REMOTE,
        "The embedded Label Studio could not be installed or did not start.",
        "The message names the log file that tells why.",
    ),
    "E_DATABASE_DOWN": ErrorKind(
        Exit.REMOTE,
        "The PostgreSQL server that was named for Label Studio does not answer, or refuses the connection.",
        "Start it, or correct host and port in --database or CURATION_DATABASE_URL.",
    ),
    "E_DATABASE": ErrorKind(
        Exit.CONFIG,
        "The PostgreSQL database that was named for Label Studio cannot be used: it is missing, refuses the user or"
        " the password, grants too little, or lacks what Label Studio needs.",
        "Put the password into PGPASSWORD, into the address in CURATION_DATABASE_URL, or into ~/.pgpass.",
    ),
    "E_DATABASE_OTHER": ErrorKind(
        Exit.CONFLICT,
        "The database is another's, or the data of the workspace's Label Studio are elsewhere: started on it, the"
        " server would be empty or somebody else's.",
        "Name the database that has the workspace's data, or leave --database and CURATION_DATABASE_URL out.",
    ),
    "E_CLUSTER_DOWN": ErrorKind(
        Exit.REMOTE,
        "No Ray cluster answers at the address, or it does not let this program in.",
        "Correct --ray or leave it out; if the cluster asks for a token, set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN.",
    ),
    "E_CLUSTER_FAILED": ErrorKind(
        Exit.REMOTE,
        "Daft, or the Ray cluster that it runs on, failed in the middle of the work. Nothing was written.",
        "See that every machine of the cluster has this version of curation, and can read the sources.",
    ),
    "E_PUSH_UNKNOWN": ErrorKind(
        Exit.REMOTE,
        "The connection broke while articles were sent, so that it is not known what arrived. Nothing is lost.",
        "Run `curation studio push` again: it looks up what is there and sends only what is missing.",
    ),
    "E_PROJECT_GONE": ErrorKind(
        Exit.CONFLICT,
        "The Label Studio project that this workspace pushed to no longer exists.",
        "Make a new one with `curation studio push --new-project` (what was pulled stays), or restore a backup.",
    ),
    "E_INTERFACE_DRIFT": ErrorKind(
        Exit.CONFLICT,
        "Screen or instructions in Label Studio differ from the workspace's, and would be replaced unasked.",
        "See the diff that is printed with it, then run `curation studio push --update-interface` or undo the edit.",
    ),
    "E_BAD_EXPORT": ErrorKind(
        Exit.USAGE,
        "A file is not a Label Studio JSON export, or is broken at the place that the message names.",
        "Export again from Label Studio as JSON (not JSON-MIN or CSV).",
    ),
    "E_NOTHING_TO_EXPORT": ErrorKind(
        Exit.CONFIG,
        "There is no valid annotation to publish.",
        "Run `curation studio pull` and `curation validate`; `curation status` tells what is missing.",
    ),
    "E_NOTHING_TO_COMPARE": ErrorKind(
        Exit.CONFIG,
        "No article has valid annotations of two annotators.",
        "Run `curation studio pull` and `curation validate`; `curation studio progress` tells what is left.",
    ),
    "E_EXPORT_STALE": ErrorKind(
        Exit.CONFLICT,
        "An annotation that was found valid no longer fits its article or its task: one of them has changed since.",
        "Run `curation validate`, then build again.",
    ),
    "E_MIGRATION_MAP": ErrorKind(
        Exit.USAGE,
        "The map of a migration is not valid, or does not fit the task that it is for.",
        "Correct the map as the message says; `curation schema show migration` has its shape.",
    ),
    "E_MIGRATION_LOSSY": ErrorKind(
        Exit.CONFLICT,
        "The map merges or drops what annotations use, so that some of what they say would be lost.",
        "See what it does with --dry-run; if that is meant, run it again with --yes. --undo takes it back.",
    ),
    "E_MIGRATION_EDITED": ErrorKind(
        Exit.CONFLICT,
        "A file of the task is neither as the migration left it nor as it was before, or cannot be edited by program; "
        "or a migration that Label Studio has too is to be taken back here alone.",
        "Take the edit back, or make the change that the message names by hand.",
    ),
    "E_HUB_TOKEN": ErrorKind(
        Exit.CONFIG,
        "No token of the Hugging Face Hub is known, or the Hub refuses it, or it may not write to the repository.",
        "Make a token that may write at https://huggingface.co/settings/tokens, then run `hf auth login` or set "
        "HF_TOKEN, which comes first.",
    ),
    "E_HUB_REFUSED": ErrorKind(
        Exit.CONFIG,
        "The Hub does not take what was asked: the name of the repository, the branch, the card's metadata or a file.",
        "Correct what the message names. A repository is called OWNER/NAME.",
    ),
    "E_HUB_DOWN": ErrorKind(
        Exit.REMOTE,
        "The Hub cannot be reached, failed, asks to wait, or answered what could not be understood. Nothing is half "
        "done: the repository holds the old dataset or the new one.",
        "Run the same command again: it finds out what arrived, and sends what is missing.",
    ),
    "E_HUB_CONFLICT": ErrorKind(
        Exit.CONFLICT,
        "Somebody else has changed the repository: while the push ran, in files that it would replace, or under the "
        "same tag. Nothing was replaced.",
        "Run the same command again: it looks at what is there now.",
    ),
    "E_HUB_PUBLIC": ErrorKind(
        Exit.CONFLICT,
        "The repository is public, and it was not said that the dataset may be; or texts were put back into it that "
        "not everybody may have. Nothing was uploaded.",
        "If everybody may read the dataset, push with --public; else make the repository private in its settings.",
    ),
    "E_HUB_DIFFERS": ErrorKind(
        Exit.INTEGRITY,
        "After a push the Hub holds, or delivers, other bytes than the files have.",
        "Push again; if it stays, delete the file on the Hub and push once more.",
    ),
    "E_SPLIT_GROUPS": ErrorKind(
        Exit.CONFIG,
        "The groups that an export asks to keep in one split (by outlet, actor, topic or time) are too large or too "
        "few for its splits.",
        "Ask for other groups in [split] of export.toml; docs/splits.md says what each is good for.",
    ),
    "E_EXPORT_DAMAGED": ErrorKind(
        Exit.INTEGRITY,
        "The files of a built dataset are not those that were built: some are changed, missing or extra.",
        "`curation export verify` names them. Build it again, download it again, or move away what is no part of it.",
    ),
    "E_GOLD_OUTDATED": ErrorKind(
        Exit.CONFLICT,
        "All gold was made from other annotations or rules than those of today, as after an edit of the codebook: the"
        " dataset would lose configs that it had, and whoever loads it without naming one would get another.",
        "Run `curation adjudicate`, then build again; or `curation export build NAME --without-gold`.",
    ),
    "E_RELEASE_STALE": ErrorKind(
        Exit.CONFLICT,
        "What is built calls itself by a version that it would not get today, since something was released in between.",
        "Build it again with `curation export build NAME`, then release it.",
    ),
    "E_EXPORT_UNREADABLE": ErrorKind(
        Exit.INTEGRITY,
        "A built dataset cannot be read back.",
        "Build it again with `curation export build NAME`.",
    ),
}


class CurationError(Exception):
    """A foreseen failure. `code` is a key of `ERRORS`; `fix` defaults to the one documented there.

    `details` are further lines to show, such as a diff; mostly none.
    """

    def __init__(self, code: str, message: str, *, fix: str | None = None, details: Iterable[str] = ()) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.details = tuple(details)
        self.fix = fix if fix is not None else ERRORS[code].fix

    @property
    def exit(self) -> Exit:
        """The exit status that the command ends with."""
        return ERRORS[self.code].exit

    def as_json(self) -> dict[str, str | int | list[str]]:
        """The object that `--json` prints."""
        told: dict[str, str | int | list[str]] = {"error": self.code, "message": self.message, "fix": self.fix}
        return told | {"exit": int(self.exit)} | ({"details": list(self.details)} if self.details else {})

    def __str__(self) -> str:
        message = self.message.rstrip(".")
        end = "" if message.endswith(("?", "?)")) else "."
        return f"error[{self.code}]: {message}{end} Fix: {self.fix}"


def require_columns(there: Iterable[object], wanted: Iterable[str]) -> None:
    """Raise `E_MISSING_COLUMN` for a column that a table does not have, or has twice."""
    names = [str(name) for name in there]
    for name in wanted:
        if names.count(name) != 1:
            what = f"there is no column {name!r}" if name not in names else f"two columns are called {name!r}"
            fix = f"name one of: {', '.join(names)}" if names else "the table has no header"
            raise CurationError("E_MISSING_COLUMN", what, fix=fix)
