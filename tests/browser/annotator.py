"""Drives Label Studio's annotation screen in Chromium the way a person does: mouse, keyboard and nothing else.

`Annotator` never reaches into the page's state to change it; scripts in the page only measure: where a word stands,
which colours are computed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from chromium import FLAGS
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, sync_playwright
from playwright.sync_api import TimeoutError as TimedOut

ARTICLE = ".lsf-richtext__container"
MEASURE = Path(__file__).with_name("measure.js").read_text(encoding="utf-8")
LOAD_TIMEOUT_MS = 60_000
ACTION_TIMEOUT_MS = 15_000


@contextmanager
def open_browser(executable: Path) -> Iterator[Browser]:
    """A headless Chromium, closed at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(executable), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


class Annotator:
    """One person in front of one browser window of `width` x `height` CSS pixels."""

    def __init__(self, browser: Browser, base_url: str, *, width: int = 1280, height: int = 800) -> None:
        self.base_url = base_url.rstrip("/")
        self.context = browser.new_context(viewport={"width": width, "height": height})
        self.context.add_init_script(MEASURE)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(ACTION_TIMEOUT_MS)
        self.console: list[str] = []
        self.errors: list[str] = []
        self.foreign_requests: list[str] = []
        self.submissions: list[str] = []
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._on_request)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.context.close()

    def _on_console(self, message: ConsoleMessage) -> None:
        self.console.append(f"{message.type}: {message.text}")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self.base_url, "data:", "blob:")):
            self.foreign_requests.append(request.url)
        if request.method == "POST" and "/annotations" in request.url:
            self.submissions.append(request.url)

    # Getting there

    def log_in(self, email: str, password: str) -> None:
        """Log in through the form; raises AssertionError where the server refuses."""
        self.page.goto(f"{self.base_url}/user/login/")
        self.page.fill("input[name=email]", email)
        self.page.fill("input[name=password]", password)
        self.page.click("button[type=submit]")
        self.page.wait_for_url(lambda url: "/user/login" not in url, timeout=LOAD_TIMEOUT_MS)

    def open_stream(self, project_id: int) -> None:
        """Open the labelling stream of a project, as the button "Label All Tasks" does; it greets with the codebook."""
        self.page.goto(f"{self.base_url}/projects/{project_id}/data?labeling=1")
        self.page.wait_for_selector(ARTICLE, timeout=LOAD_TIMEOUT_MS)
        self.page.wait_for_function("() => window.measure.settled()", timeout=LOAD_TIMEOUT_MS)
        self.instructions.wait_for()

    def open_item(self, project_id: int, item: int) -> None:
        """Open one item of a project, as a click on it in the list of items does: there suggestions have tabs."""
        self.page.goto(f"{self.base_url}/projects/{project_id}/data?task={item}")
        self.page.wait_for_selector(ARTICLE, timeout=LOAD_TIMEOUT_MS)
        self.page.wait_for_function("() => window.measure.settled()", timeout=LOAD_TIMEOUT_MS)

    # The codebook

    @property
    def instructions(self) -> Locator:
        """The dialogue with the whole codebook; Label Studio shows it when a stream opens."""
        return self.page.locator(".lsf-modal-ls_visible")

    def open_instructions(self) -> None:
        """Open the dialogue with Label Studio's button."""
        self.page.get_by_role("button", name="Instructions").click()
        self.instructions.wait_for()

    def close_instructions(self) -> None:
        """Close the dialogue."""
        self.page.keyboard.press("Escape")
        self.instructions.wait_for(state="detached")

    def press_access_key(self, letter: str) -> None:
        """Press Alt and `letter` as a keyboard does, with the character event that triggers an HTML access key.

        Playwright's own `keyboard.press("Alt+k")` sends no character event, so no access key ever fires from it.
        """
        devtools = self.context.new_cdp_session(self.page)
        for kind in ("rawKeyDown", "char", "keyUp"):
            devtools.send(
                "Input.dispatchKeyEvent",
                {
                    "type": kind,
                    "modifiers": 1,
                    "key": letter,
                    "code": f"Key{letter.upper()}",
                    "windowsVirtualKeyCode": ord(letter.upper()),
                    "text": letter if kind == "char" else "",
                    "unmodifiedText": letter,
                },
            )
        devtools.detach()
        self.settle()

    # Suggestions

    def open_suggestion(self, maker: str, *, marks: int) -> None:
        """Click on the tab of what somebody suggested, and wait until its marks are drawn."""
        self.page.get_by_text(maker, exact=True).first.click()
        self._wait_for_marks(marks)

    def marked(self) -> list[str]:
        """The words of the marks in the article, in its order, each once."""
        words = [one.strip() for one in self.page.locator(f"{ARTICLE} .htx-highlight").all_inner_texts()]
        return list(dict.fromkeys(words))

    def duplicate_suggestion(self, maker: str) -> None:
        """Make an annotation of one's own from what somebody suggested, by the menu of its tab."""
        tab = self.page.locator(".lsf-annotation-button").filter(has=self.page.get_by_text(maker, exact=True)).first
        tab.hover()
        tab.locator("[class*=trigger]").last.click()
        self.page.get_by_text("Duplicate Annotation", exact=True).click()
        self.page.get_by_role("button", name="Submit current annotation").wait_for()
        self.settle()

    # Annotating

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)
            self.settle()

    def mark(self, hotkey: str, words: str, *, occurrence: int = 0) -> None:
        """Press a label's hotkey, then drag the mouse over `words` (the nth `occurrence` in the article)."""
        before = self.marks
        self.press("u", hotkey)
        box = self._locate(words, occurrence)
        mouse = self.page.mouse
        mouse.move(box["x1"] + 0.5 * box["way1"], box["y1"])
        mouse.down()
        mouse.move((box["x1"] + box["x2"]) / 2, (box["y1"] + box["y2"]) / 2, steps=4)
        mouse.move(box["x2"] - 0.5 * box["way2"], box["y2"], steps=6)
        mouse.up()
        self._wait_for_marks(before + 1)

    def select(self, words: str, *, occurrence: int = 0) -> None:
        """Click on the first character of a mark, so that its attributes show."""
        self.press("u")
        self._click(words, occurrence)
        self.page.wait_for_selector(".htx-highlight.__active")
        self.settle()

    def relate(self, source: str, target: str, *, label: str) -> None:
        """Draw a relation between two marks with Alt+R, then pick its label in the Relations panel."""
        self.select(source)
        self.press("Alt+r")
        self._click(target, 0)
        self.settle()
        self.press("Escape")
        self.label_last_relation(label)

    def label_last_relation(self, label: str) -> None:
        """Pick the label of the relation that was drawn last."""
        self.page.locator(".lsf-panel-tabs__tab:visible").get_by_text("Relations", exact=True).first.click()
        item = self.page.locator(".lsf-relations__item").last
        item.hover()
        if not item.locator(".lsf-relation-meta").count():
            item.get_by_role("button", name="Show Relation Labels").click()
        item.locator(".lsf-relation-meta button").first.click()
        option = self.page.get_by_role("option", name=label, exact=True)
        option.click()
        option.wait_for(state="detached")
        self.settle()

    def type_into(self, control: str, text: str) -> None:
        """Fill a text field of the interface and confirm it with Enter."""
        field = self.page.locator(f'input[name="{control}"]')
        field.fill(text)
        field.press("Enter")
        self.settle()

    def drag_end(self, words: str, until: str) -> None:
        """Drag the right handle of the mark on `words` to the end of the words `until`."""
        self.select(words)
        handle = self.page.locator(".__resize_right").bounding_box()
        assert handle is not None, "the selected mark has no handle"
        aim = self._locate(until, 0)
        mouse = self.page.mouse
        y = handle["y"] + handle["height"] / 2
        mouse.move(handle["x"] + handle["width"] / 2, y)
        mouse.down()
        for step in range(1, 9):
            mouse.move(handle["x"] + (aim["x2"] - aim["way2"] - handle["x"]) * step / 8, y + (aim["y2"] - y) * step / 8)
            self.settle()
        mouse.up()
        self.settle()

    def refused(self) -> str:
        """Press Submit where something is missing; returns what Label Studio asks for, after closing its message."""
        with_answers = len(self.submissions)
        self.page.get_by_role("button", name="Submit current annotation").click()
        message = self.page.locator(".ant-modal-confirm-content")
        message.wait_for()
        text = message.inner_text().strip()
        self._close(message)
        assert len(self.submissions) == with_answers, "the annotation was sent all the same"
        return text

    def _close(self, message: Locator) -> None:
        # A click while the message still moves in is lost now and then.
        button = self.page.locator(".ant-modal-confirm").get_by_role("button", name="OK")
        for _ in range(5):
            with suppress(TimedOut):
                button.click(timeout=3_000)
                message.wait_for(state="detached", timeout=3_000)
                return
        message.wait_for(state="detached")

    def submit(self) -> int:
        """Press Submit and return the id that the server gave to the annotation."""
        with self.page.expect_response(
            lambda response: response.request.method == "POST" and "/annotations" in response.url
        ) as caught:
            self.page.get_by_role("button", name="Submit current annotation").click()
        return int(caught.value.json()["id"])

    # Looking

    @property
    def marks(self) -> int:
        """How many marks the article carries."""
        return int(self.page.evaluate("() => window.measure.marks()"))

    def chosen(self) -> list[str]:
        """The values that are ticked on the screen, as they stand beside their boxes: the value and its [hotkey]."""
        values: list[str] = self.page.evaluate("() => window.measure.chosen()")
        return values

    def article_style(self) -> dict[str, Any]:
        """Font size, line height and width of the article and of 1 rem in CSS pixels, and its white-space rule."""
        style: dict[str, Any] = self.page.evaluate("() => window.measure.style()")
        return style

    def extent(self, words: str) -> dict[str, float]:
        """On how many `lines` the words stand in the article, and their `left` and `right` ends in CSS pixels."""
        extent: dict[str, float] = self.page.evaluate("(words) => window.measure.extent(words)", words)
        return extent

    def last_lines(self, selector: str) -> list[dict[str, float]]:
        """The last line of every paragraph of an element, in CSS pixels.

        `first` and `last` are where the line's first and last letters stand, `freeLeft` and `freeRight` the room
        between the line and the ends of the block that it stands in.
        """
        lines: list[dict[str, float]] = self.page.evaluate("(selector) => window.measure.lastLines(selector)", selector)
        return lines

    def scroll(self, pixels: int) -> None:
        """Turn the mouse wheel over the article."""
        box = self.page.locator(ARTICLE).bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + 40, 300)
        self.page.mouse.wheel(0, pixels)
        self.page.wait_for_timeout(300)

    def contrasts(self) -> list[dict[str, Any]]:
        """Every visible text with its computed colours and contrast ratio, the weakest first."""
        found: list[dict[str, Any]] = self.page.evaluate("() => window.measure.contrasts()")
        return sorted(found, key=lambda text: text["ratio"])

    def hidden_by_the_edge(self, selector: str) -> list[str]:
        """The elements of `selector` that are not wholly on the screen, as text; raises where there are none at all."""
        boxes: list[dict[str, Any]] = self.page.evaluate("(selector) => window.measure.boxes(selector)", selector)
        assert boxes, f"nothing on the screen matches {selector}"
        return [box["text"] for box in boxes if not box["reachable"]]

    def screenshot(self, path: Path) -> None:
        """Write what the window shows to `path`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path)

    def settle(self) -> None:
        """Give the page two frames, so that what a key or click sets off is drawn."""
        self.page.evaluate("() => window.measure.frames(2)")

    def wait_for_transitions(self) -> None:
        """Wait until colours and positions have reached their ends."""
        self.page.wait_for_function("() => document.getAnimations().every((one) => one.playState !== 'running')")

    def _locate(self, words: str, occurrence: int) -> dict[str, float]:
        self.page.evaluate("([words, nth]) => window.measure.reveal(words, nth)", [words, occurrence])
        self.settle()
        box: dict[str, float] | None = self.page.evaluate(
            "([words, nth]) => window.measure.locate(words, nth)", [words, occurrence]
        )
        assert box is not None, f"the article has no {words!r}"
        return box

    def _click(self, words: str, occurrence: int) -> None:
        box = self._locate(words, occurrence)
        self.page.mouse.click(box["x1"] + 3 * box["way1"], box["y1"])
        self.settle()

    def _wait_for_marks(self, count: int) -> None:
        until = time.monotonic() + 5
        while self.marks != count:
            assert time.monotonic() < until, f"{self.marks} marks in the article, expected {count}"
            self.page.wait_for_timeout(50)
        self.settle()
