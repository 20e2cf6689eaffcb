"""A widget and its front end in one page, without Jupyter: the model is made for tests.

The widget is the real one; what it sends is carried to the page, and what the page sends is heard
by it, as a comm would do it.
"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable
from typing import Any

from shared.jupyterlab import WAIT_MS
from shared.settling import settle

from nerv_lab.widgets import Explorer
from nerv_lab.widgets.loading import bundle_module

_TRAITS = (
    *("height", "theme", "version", "renderer", "seed"),
    *("selection", "camera", "arrangement", "_events"),
)
_PAGE = """
<!doctype html><meta charset="utf-8">
<body style="margin: 0; padding: 8px"><div id="here"></div></body>
"""
_MODEL = """async ({ source, state, shadow }) => {
    const handlers = new Map();
    const tell = (type, ...args) => (handlers.get(type) ?? []).forEach((h) => h(...args));
    const bytes = (text) =>
        new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
    window.fromKernel = (items) => {
        for (const { message, buffers, name, value } of items) {
            if (message) tell("msg:custom", message, buffers.map(bytes));
            else if (JSON.stringify(state[name]) !== JSON.stringify(value)) {
                state[name] = value;
                tell(`change:${name}`);
            }
        }
    };
    const dirty = new Set();
    const model = {
        get: (name) => state[name],
        set: (name, value) => { state[name] = value; dirty.add(name); },
        save_changes: () => {
            const changed = Object.fromEntries([...dirty].map((name) => [name, state[name]]));
            dirty.clear();
            window.toKernel({ changed }).then(window.fromKernel);
        },
        send: (message, callbacks, buffers = []) => {
            const text = (buffer) =>
                btoa(Array.from(new Uint8Array(buffer), (b) => String.fromCharCode(b)).join(""));
            void window.toKernel({ message, buffers: buffers.map(text) }).then(window.fromKernel);
        },
        on: (type, handler) => handlers.set(type, [...(handlers.get(type) ?? []), handler]),
        off: (type, handler) =>
            handlers.set(type, (handlers.get(type) ?? []).filter((known) => known !== handler)),
    };
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const bundle = (await import(url)).default;
    const here = document.querySelector("#here");
    bundle.render({ model, el: shadow ? here.attachShadow({ mode: "open" }) : here });
}"""


class Bench:
    """An explorer on a page of its own."""

    def __init__(self, page: Any, lab: Any, *, shadow: bool = False, **options: Any) -> None:
        self.page = page
        self.lab = lab
        self._outbox: list[dict[str, Any]] = []
        self._lock = threading.Lock()  # a server's client tells from a thread of its own
        self.shadow = shadow
        self.silent = False  # whether the kernel does not hear and is not heard
        self.unheard = 0  # how many of the next messages from the page are lost
        self.loses: str | None = None  # of which type they must be; None for any
        self.unsaid = 0  # how many of the next replies are lost
        bench = self

        class Carried(Explorer):
            def _send_quietly(self, message: dict[str, Any], buffers: list[bytes]) -> None:
                encoded = [base64.b64encode(buffer).decode() for buffer in buffers]
                bench._put({"message": message, "buffers": encoded})

        made: list[Explorer] = []
        # Playwright runs a loop in this thread; without one the widget sends at once.
        maker = threading.Thread(target=lambda: made.append(Carried(lab, **options)))
        maker.start()
        maker.join()
        self.widget = made[0]
        self.widget.observe(self._changed, list(_TRAITS))
        page.set_default_timeout(WAIT_MS)
        page.expose_function("toKernel", self._hear)
        self.load()

    def load(self) -> None:
        """Load the page, as if anew, with a view of the widget."""
        page = self.page
        page.set_content(_PAGE)
        source = bundle_module()
        state = {name: getattr(self.widget, name) for name in ("_mode", *_TRAITS)}
        page.evaluate(_MODEL, {"source": source, "state": state, "shadow": self.shadow})
        self.root = page.locator(".nerv").first
        self.wait(layout="done")
        self.settle()

    def _changed(self, change: Any) -> None:
        self._put({"name": change["name"], "value": change["new"]})

    def _put(self, item: dict[str, Any]) -> None:
        with self._lock:
            self._outbox.append(item)

    def _hear(self, said: dict[str, Any]) -> list[dict[str, Any]]:
        if self.silent:
            return []
        if self._is_lost(said):
            self.unheard -= 1
            return []
        if "message" in said:
            buffers = [base64.b64decode(text) for text in said.get("buffers", [])]
            self.widget._on_message(self.widget, said["message"], buffers)
        for name, value in said.get("changed", {}).items():
            setattr(self.widget, name, value)
        return self._taken()

    def _is_lost(self, said: dict[str, Any]) -> bool:
        return bool(
            self.unheard and "message" in said
            and self.loses in (None, said["message"].get("type"))
        )  # fmt: skip

    def _taken(self) -> list[dict[str, Any]]:
        with self._lock:
            taken, self._outbox = self._outbox, []
        replies = [item for item in taken if item.get("message", {}).get("type") == "reply"]
        if self.unsaid and replies:
            self.unsaid -= 1
            taken = [item for item in taken if item is not replies[0]]
        return taken

    def flush(self) -> None:
        """Carry over what the widget has sent by itself, after a change by the test."""
        self.page.evaluate("(items) => window.fromKernel(items)", self._taken())

    def wait(self, **data: object) -> Any:
        """Wait until the widget carries these data attributes."""
        wanted = "".join(f'[data-{k.replace("_", "-")}="{v}"]' for k, v in data.items())
        self.page.locator(f".nerv{wanted}").first.wait_for(state="attached")
        return self.root

    def settle(self) -> None:
        """Wait until nothing changes in the view by itself any more."""
        settle(self.root)

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait for what page and widget tell each other, which happens only meanwhile."""
        deadline = time.monotonic() + WAIT_MS / 1000
        while not holds():
            assert time.monotonic() < deadline, "it did not come about"
            self.flush()
            self.page.evaluate("() => new Promise((resolve) => setTimeout(resolve, 50))")

    def button(self, name: str, **options: Any) -> Any:
        """Return the button of this name."""
        return self.root.get_by_role("button", name=name, exact=True, **options)
