"""Label Studio's HTTP interface, as far as it is needed: reads are repeated, writes never are.

A write whose answer is lost may have been carried out. The server offers no way to send it twice safely, so such a
write raises `UnclearWrite`, and the caller looks at what arrived.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from curation.studio.addresses import item_url, project_url
from curation.studio.answers import columns_of, object_of, objects_of, time_of
from curation.studio.connection import Connection, Refused, ServerFault, UnclearWrite
from curation.studio.queries import ANNOTATED, CHUNK, DRAFTED, Found, Listed, changed_after, chunks, condition

if TYPE_CHECKING:
    from types import TracebackType

    from curation.studio.credentials import Credentials

__all__ = ["CHUNK", "Client", "Found", "Listed", "Refused", "ServerFault", "UnclearWrite", "condition"]

_LISTING = 1000
_COUNTS = ("total_annotations", "cancelled_annotations", "total_predictions")


class Client:
    """A connection to one server with one token. Use it as a context manager.

    Every method raises `E_SERVER_DOWN`, `E_UNAUTHORISED` or `E_SERVER_ERROR`; those that name a project raise
    `E_PROJECT_GONE` if it does not exist. No message holds the token.
    """

    def __init__(self, credentials: Credentials, *, attempts: int = 4, timeout: float = 120.0) -> None:
        self.url = credentials.url
        self.server = credentials.server
        self._connection = Connection(credentials.url, credentials.token, attempts=attempts, timeout=timeout)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @property
    def token_kind(self) -> str:
        """`personal access` or `legacy`."""
        return "personal access" if self._connection.is_personal else "legacy"

    def project_url(self, project_id: int) -> str:
        """Where a browser finds the project."""
        return project_url(self.url, project_id)

    def item_url(self, project_id: int, ls_task_id: int) -> str:
        """Where a browser finds an item and its annotations."""
        return item_url(self.url, project_id, ls_task_id)

    # The server and its people

    def version(self) -> str:
        """The server's version, such as `1.23.2`."""
        return str(object_of(self._read("/api/version/"), "/api/version/").get("release", "unknown"))

    def whoami(self) -> dict[str, Any]:
        """The token's user: `id`, `email` and more."""
        return object_of(self._read("/api/current-user/whoami"), "whoami")

    def users(self) -> dict[int, str]:
        """E-mail addresses by user id."""
        return {int(user["id"]): str(user.get("email", "")) for user in objects_of(self._read("/api/users/"))}

    def invitation(self) -> str:
        """The path of the page where whoever is invited signs up."""
        return str(object_of(self._read("/api/invite"), "/api/invite")["invite_url"])

    # Projects

    def project(self, project_id: int) -> dict[str, Any]:
        """A project with its interface and settings."""
        return object_of(self._read(f"/api/projects/{project_id}/", project=project_id), "the project")

    def projects(self, title: str) -> list[dict[str, Any]]:
        """`id`, `title`, `description` and `task_number` of every project with that title, oldest first."""
        found: dict[int, dict[str, Any]] = {}
        number = 0
        while True:
            number += 1
            asked = {"title": title, "include": "id,title,description,task_number", "page": number, "page_size": CHUNK}
            page = object_of(self._read("/api/projects/", asked), "/api/projects/")
            found |= {project["id"]: project for project in page["results"]}
            if not page.get("next"):
                return sorted((p for p in found.values() if p["title"] == title), key=lambda p: int(p["id"]))

    def create_project(self, **settings: Any) -> int:
        """Create a project and return its id."""
        return int(object_of(self._write("POST", "/api/projects/", settings), "the new project")["id"])

    def change_project(self, project_id: int, **settings: Any) -> None:
        """Change settings of a project; the others stay."""
        self._write("PATCH", f"/api/projects/{project_id}/", settings, project=project_id)

    def recount_names(self, project_id: int) -> None:
        """Let the server count anew which names annotations use: its counts go wrong when these are changed.

        A server with a queue does that a little later.
        """
        self._write("POST", f"/api/projects/{project_id}/summary/reset/", {}, project=project_id)

    def interface_problem(self, interface: str, project_id: int | None = None) -> str | None:
        """Why the server refuses an interface, or None.

        With a project it also says whether annotations there use labels that the interface lacks.
        """
        path = "/api/projects/validate/" if project_id is None else f"/api/projects/{project_id}/validate/"
        return self._connection.ask(path, {"label_config": interface}, project=project_id)

    # Items

    def import_tasks(self, project_id: int, items: Sequence[Mapping[str, Any]]) -> int:
        """Send items in one request, once, and return how many the server says it took.

        Raises `UnclearWrite` if that is not known; `Refused` if the server took none because of what one of them is.
        """
        answer = self._write("POST", f"/api/projects/{project_id}/import", list(items), project=project_id)
        return int(object_of(answer, "the import").get("task_count", 0))

    def find_tasks(self, project_id: int, article_ids: Iterable[str]) -> Iterator[Found]:
        """The items of those articles, by what the server says now. An article may have several."""
        for chunk in chunks(list(article_ids)):
            wanted = condition("data.article_id", "in_list", "List", chunk)
            for item in self.items(project_id, [wanted], f"id,data,overlap,{','.join(_COUNTS)}"):
                data, counts = item["data"], [int(item.get(count) or 0) for count in _COUNTS]
                yield Found(int(item["id"]), str(data["article_id"]), data.get("sha256"), item.get("overlap"), *counts)

    def set_overlap(self, found: Found, overlap: int) -> bool:
        """Let an item go to so many annotators, whatever the project says; False if the server does not do that.

        The server honours it when it hands out items, but forgets to look whether the item is finished by the new
        number; so it is told. Doing it again changes nothing.
        """
        body: dict[str, Any] = {"overlap": overlap}
        if found.annotations:
            body["is_labeled"] = found.annotations >= overlap
        answer = self._write("PATCH", f"/api/tasks/{found.ls_task_id}/", body)
        return bool(object_of(answer, "the item").get("overlap") == overlap)

    def set_counts(self, ls_task_id: int, *, submitted: int, skipped: int, is_finished: bool) -> None:
        """Tell the server how many annotations an item has. Doing it again changes nothing."""
        body = {"total_annotations": submitted, "cancelled_annotations": skipped, "is_labeled": is_finished}
        self._write("PATCH", f"/api/tasks/{ls_task_id}/", body)

    def with_value(self, project_id: int, key: str) -> Iterator[tuple[int, Any]]:
        """The items whose data have something under `key`, with what that is."""
        for item in self.items(project_id, [condition(f"data.{key}", "empty", "String", False)], "id,data"):
            yield int(item["id"]), item["data"].get(key)

    def item_data(self, project_id: int, ls_task_id: int) -> dict[str, Any] | None:
        """The data of an item as they are now, or None if there is no such item."""
        found = list(self.items(project_id, [condition("id", "equal", "Number", ls_task_id)], "id,data"))
        return dict(found[0]["data"]) if found else None

    def change_data(self, ls_task_id: int, data: Mapping[str, Any]) -> None:
        """Put `data` in the place of an item's data. Doing it again changes nothing."""
        self._write("PATCH", f"/api/tasks/{ls_task_id}/", {"data": data})

    def list_tasks(self, project_id: int, *, since: datetime | None = None) -> list[Listed]:
        """The items of a project by id: all, or those changed after a time.

        Goes on from the last id rather than by page numbers, so that what is deleted meanwhile shifts nothing. Listing
        all of them is slow where there are many annotations (a second for 1,000 items); the others are quick.
        """
        filters = [] if since is None else [changed_after(since)]
        items = self.items(project_id, filters, "id,updated_at")
        return [Listed(int(item["id"]), time_of(item["updated_at"])) for item in items]

    def numbers(self, project_id: int) -> Collection[int]:
        """Numbers among which are those of all items of a project; some may be no item's, or another project's.

        Quick where items were sent in few goes, as they mostly are; else all items are listed.
        """
        ends = [self._page(project_id, [], "id", 0, 1, ordering=by) for by in ("tasks:id", "-tasks:id")]
        first, last = (int(end["tasks"][0]["id"]) if end["tasks"] else 0 for end in ends)
        if last - first < 2 * int(ends[0]["total"]):
            return range(first, last + 1)
        return {item.ls_task_id for item in self.list_tasks(project_id)}

    def last_change(self, project_id: int) -> datetime | None:
        """When the server last changed an item of a project, or an annotation of one; None if it has no items."""
        last = self._page(project_id, [], "id,updated_at", 0, 1, ordering="-tasks:updated_at")["tasks"]
        return time_of(last[0]["updated_at"]) if last else None

    def drafted(self, project_id: int) -> set[int]:
        """The items that have an unfinished annotation of anybody."""
        return self.items_where(project_id, DRAFTED)

    def count_tasks(self, project_id: int, *wanted: Mapping[str, object]) -> int:
        """How many items of a project meet every `condition`; quick however many there are."""
        query = {"filters": {"conjunction": "and", "items": wanted}}
        asked = {"project": project_id, "include": "id", "page_size": 1, "query": json.dumps(query)}
        return int(object_of(self._read("/api/tasks/", asked, project=project_id), "/api/tasks/")["total"])

    def items_where(self, project_id: int, *wanted: Mapping[str, object]) -> set[int]:
        """The items of a project that meet every `condition`."""
        return {int(item["id"]) for item in self.items(project_id, wanted, "id")}

    def items_after(
        self, project_id: int, last: int, size: int, include: str, *, attempts: int | None = None
    ) -> list[dict[str, Any]]:
        """At most `size` items whose number is greater than `last`, in order, with the fields that `include` names.

        Raises `ServerFault` if the server fails on one of them.
        """
        return list(self._page(project_id, [], include, last, size, attempts)["tasks"])

    def items_with(self, project_id: int, word: str) -> set[int]:
        """The items that have an annotation in which `word` stands as a whole JSON string; on SQLite also in capitals.

        What it stands for is not asked: it can be a label, a control, or what somebody wrote.
        """
        # SQLite stores the rows with escapes, PostgreSQL without.
        written = {json.dumps(word), json.dumps(word, ensure_ascii=False)}
        wanted = (condition("annotations_results", "contains", "String", form) for form in written)
        return {int(item["id"]) for one in wanted for item in self.items(project_id, [one], "id")}

    def count_annotations(self, project_id: int) -> int:
        """How many annotations a project holds, skipped ones included, drafts not."""
        counts = ("total_annotations_number", "skipped_annotations_number")
        path = f"/api/projects/{project_id}/"
        found = object_of(self._read(path, {"include": ",".join(counts)}, project=project_id), path)
        return sum(int(found.get(name) or 0) for name in counts)

    def annotation_numbers(self, project_id: int, among: Iterable[int] | None = None) -> dict[int, set[int]]:
        """The numbers of all annotations (no drafts) by item; of every item that has one, or of those `among` these.

        It reads no item's data, so that none makes it fail; as slow as listing all items.
        """
        wanted = [ANNOTATED]
        if among is not None:
            wanted.append(condition("id", "in_list", "List", list(among)))
        items = self.items(project_id, wanted, "id,annotations_ids")
        return {int(item["id"]): set(map(int, str(item["annotations_ids"]).split(","))) for item in items}

    def export_tasks(
        self,
        project_id: int,
        ls_task_ids: Sequence[int],
        *,
        unannotated: bool = True,
        errors: int | None = None,
        ready: Callable[[], None] | None = None,
    ) -> list[Any]:
        """Items with all annotations and everybody's drafts, in the shape of an export made by hand.

        Left out are ids that do not exist and, on request, items without an annotation, even if they have drafts.
        Raises `ServerFault` if the server fails on one of them, after `errors` answers with status 500. `ready` is
        called when the server begins to send them.
        """
        # Only the export names annotations by their lasting `unique_id` and shows other people's drafts.
        everything = str(unannotated).lower()
        asked = {"exportType": "JSON", "download_all_tasks": everything, "ids[]": list(ls_task_ids)}
        path = f"/api/projects/{project_id}/export"
        found = self._connection.read(path, asked, project=project_id, errors=errors, ready=ready)
        if not isinstance(found, list):
            raise ServerFault("E_SERVER_ERROR", f"{path} answered with something that is no list of items")
        return found

    # Tabs of the Data Manager

    def tabs(self, project_id: int) -> list[dict[str, Any]]:
        """The saved tabs of a project: `id` and `data`, which holds the title and the filters."""
        asked = {"project": project_id}
        return [object_of(tab, "a tab") for tab in self._read("/api/dm/views/", asked, project=project_id)]

    def columns(self, project_id: int) -> dict[str, bool]:
        """The columns that a project's items have, such as `id` and `data.title`, and whether a new tab shows them."""
        return columns_of(self._read("/api/dm/columns/", {"project": project_id}, project=project_id))

    def create_tab(self, project_id: int, **settings: Any) -> int:
        """Save a tab and return its id."""
        body = {"project": project_id, "data": settings}
        return int(object_of(self._write("POST", "/api/dm/views/", body), "a tab")["id"])

    def change_tab(self, project_id: int, tab_id: int, **settings: Any) -> None:
        """Put other settings in the place of a tab's. Doing it again changes nothing."""
        self._write("PATCH", f"/api/dm/views/{tab_id}/", {"project": project_id, "data": settings})

    # What an annotator's browser sends

    def annotate(self, ls_task_id: int, result: Sequence[Mapping[str, Any]], **fields: Any) -> int:
        """Submit an annotation as the token's user and return its id; `was_cancelled=True` skips the item."""
        body = {"result": list(result), **fields}
        return int(self._write("POST", f"/api/tasks/{ls_task_id}/annotations/", body)["id"])

    def save_draft(self, ls_task_id: int, result: Sequence[Mapping[str, Any]]) -> int:
        """Save an unfinished annotation as the token's user and return its id."""
        return int(self._write("POST", f"/api/tasks/{ls_task_id}/drafts", {"result": list(result)})["id"])

    def result_of(self, kind: str, number: int) -> Any:
        """The rows of one of `annotations` or `drafts` as they are now."""
        path = f"/api/{kind}/{number}/"
        return object_of(self._read(path), path).get("result")

    def change_annotation(self, annotation_id: int, **fields: Any) -> None:
        """Change a submitted annotation."""
        self._write("PATCH", f"/api/annotations/{annotation_id}/", fields)

    def change_draft(self, draft_id: int, **fields: Any) -> None:
        """Change an unfinished annotation."""
        self._write("PATCH", f"/api/drafts/{draft_id}/", fields)

    def suggestions(self, project_id: int) -> list[dict[str, Any]]:
        """The suggestions of a project's items, each with `id`, `result` and `updated_at`."""
        return objects_of(self._read("/api/predictions/", {"project": project_id}, project=project_id))

    def suggestions_of(self, ls_task_id: int) -> list[dict[str, Any]]:
        """The suggestions of one item, each with `id`, `model_version` and `result`."""
        found = objects_of(self._read("/api/predictions/", {"task": ls_task_id}))
        return [one for one in found if one.get("task") == ls_task_id]

    def suggestions_by_item(self, project_id: int, ls_task_ids: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
        """The same of several items, of those that exist. Raises `ServerFault` if the server fails on one of them."""
        wanted = [condition("id", "in_list", "List", list(ls_task_ids))]
        found = self.items(project_id, wanted, "id,predictions", whole=True)
        return {int(item["id"]): objects_of(item.get("predictions") or []) for item in found}

    def suggest(self, ls_task_id: int, suggestion: Mapping[str, Any]) -> None:
        """Add a suggestion, as `encode.prediction` makes it, to an item."""
        self._write("POST", "/api/predictions/", {**suggestion, "task": ls_task_id})

    def change_suggestion(self, suggestion_id: int, **fields: Any) -> None:
        """Change a suggestion."""
        self._write("PATCH", f"/api/predictions/{suggestion_id}/", fields)

    def delete(self, kind: str, number: int) -> None:
        """Delete one of `annotations`, `drafts`, `predictions`, `tasks`, `dm/views` or `projects` for good."""
        self._write("DELETE", f"/api/{kind}/{number}/", None)

    def server_time(self) -> datetime | None:
        """When the last answer was given, by the server's own clock and to the second; None if it does not say."""
        try:
            return parsedate_to_datetime(self._connection.date or "").astimezone(UTC)
        except ValueError:
            return None

    def items(
        self, project_id: int, filters: Sequence[Mapping[str, Any]], include: str, *, whole: bool = False
    ) -> Iterator[dict[str, Any]]:
        """The items of a project that meet every condition, by their numbers, with the fields that `include` names.

        Annotations and suggestions can be among these only of items that are read as a `whole`. Raises `ServerFault` if
        the server counts items that it does not list: they must not be taken for gone.
        """
        last, empty = 0, 0
        while True:
            page = self._page(project_id, filters, include, last, _LISTING, whole=whole)
            yield from page["tasks"]
            if len(page["tasks"]) >= page["total"]:
                return
            # What was deleted in between is counted the first time alone.
            empty = 0 if page["tasks"] else empty + 1
            if empty > 1:
                message = f"{self.url} counts {page['total']} items more of project {project_id} and lists none of them"
                raise ServerFault("E_SERVER_ERROR", message)
            last = max((int(item["id"]) for item in page["tasks"]), default=last)

    def _page(
        self,
        project_id: int,
        filters: Sequence[Mapping[str, Any]],
        include: str,
        last: int,
        size: int,
        attempts: int | None = None,
        ordering: str = "tasks:id",
        whole: bool = False,
    ) -> dict[str, Any]:
        items = [*filters, condition("id", "greater", "Number", last)]
        query = {"filters": {"conjunction": "and", "items": items}, "ordering": [ordering]}
        asked = {"project": project_id, "include": include, "page_size": size, "query": json.dumps(query)}
        asked |= {"fields": "all"} if whole else {}
        path = "/api/tasks/"
        return object_of(self._connection.read(path, asked, project=project_id, attempts=attempts), path)

    # Without its last slash a path is answered only once the server has looked for it in vain: a third more work.
    def _read(self, path: str, asked: Mapping[str, Any] | None = None, *, project: int | None = None) -> Any:
        return self._connection.read(path, asked, project=project)

    def _write(self, method: str, path: str, body: Any, *, project: int | None = None) -> Any:
        return self._connection.write(method, path, body, project=project)
