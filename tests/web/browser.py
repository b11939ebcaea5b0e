"""A real browser, headless, spoken to over WebDriver: JSON over HTTP to the driver that comes with it.

A client library of its own would bring a dozen packages along for the eight requests that these tests make.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import base64
import json
import os
import re
import shutil
import subprocess
import urllib.error
import urllib.request

WAIT_S = 20
PROGRAMS = (("chromium", "chromium-browser", "google-chrome"), ("chromedriver",))
_ARGUMENTS = (
    *("--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--force-color-profile=srgb"),
)
_KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Escape": "\ue00c"}
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
# Each frame that the browser draws it looks again: nothing here sleeps.
_UNTIL = """
const [source, limit, done] = arguments;
const begun = performance.now();
const holds = new Function(`return (${source});`);
(function look() {
  let found = false;
  try { found = holds(); } catch (error) { found = false; }
  if (found) done(true);
  else if (performance.now() - begun > limit) done(false);
  else setTimeout(look, 15);
})();
"""


def programs() -> list[str] | None:
    """The browser and its driver, or None where one of them is not installed."""
    found = [next(filter(None, map(shutil.which, names)), None) for names in PROGRAMS]
    return None if None in found else found  # type: ignore[return-value]


_CLICKS = 10


class Browser:
    """A session: one window."""

    def __init__(self, address: str, session: str) -> None:
        self._base = f"{address}/session/{session}"

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return call(method, self._base + path, body)

    def open(self, url: str) -> None:
        """Load an address, and wait until it is there."""
        self._call("POST", "/url", {"url": url})

    @property
    def url(self) -> str:
        """The address that the window shows."""
        return self._call("GET", "/url")

    def run(self, script: str, *args: Any) -> Any:
        """Run a script in the page; `return` gives its answer."""
        return self._call("POST", "/execute/sync", {"script": script, "args": list(args)})

    def until(self, condition: str) -> None:
        """Wait until an expression of the page holds."""
        done = self._call("POST", "/execute/async", {"script": _UNTIL, "args": [condition, WAIT_S * 900]})
        assert done, f"{condition}\n{self.run('return document.body.innerText')}"

    def text(self, selector: str = "body") -> str:
        """The text that an element shows."""
        return self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def texts(self, selector: str) -> list[str]:
        """The texts that the elements of a selector show."""
        return self.run("return [...document.querySelectorAll(arguments[0])].map((item) => item.innerText)", selector)

    def click(self, selector: str) -> None:
        """Click on an element as the mouse does; on its successor where the page has just drawn it anew."""
        for tries_left in reversed(range(_CLICKS)):
            element = self._call("POST", "/element", {"using": "css selector", "value": selector})[_ELEMENT]
            try:
                self._call("POST", f"/element/{element}/click", {})
                return
            except AssertionError as error:
                if not tries_left or "stale element" not in str(error):
                    raise

    def press(self, *keys: str) -> None:
        """Press keys, one after another: `Tab`, `Enter`, or what they write."""
        strokes = [{"type": kind, "value": _KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")]
        self._call("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": strokes}]})

    def look(self, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        """Be a screen of this size, light or dark."""
        self.tell("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.tell("Emulation.setEmulatedMedia", features=[scheme])

    def tell(self, command: str, **params: Any) -> Any:
        """A command of the browser's own protocol."""
        return self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": params})

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """Write what is shown as PNG; `whole`: the page below the edge of the window too."""
        data = self.tell("Page.captureScreenshot", captureBeyondViewport=whole)["data"]
        path.write_bytes(base64.b64decode(data))

    def complaints(self) -> list[str]:
        """What the browser has complained of since it was last asked: errors of scripts, refused resources."""
        found = self._call("POST", "/se/log", {"type": "browser"})
        return [f"{item['level']} {item['message']}" for item in found]


def call(method: str, url: str, body: Mapping[str, Any] | None = None) -> Any:
    """One request of WebDriver; its failures fail the test with the driver's own words."""
    data = None if method == "GET" else json.dumps(body or {}).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with _direct.open(request, timeout=WAIT_S * 2) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        raise AssertionError(error.read().decode(errors="replace")) from None


_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@contextmanager
def browsing(folder: Path) -> Iterator[Browser]:
    """A browser with a profile of its own; both it and its driver are ended afterwards."""
    found = programs()
    assert found is not None
    chrome, driver = found
    environ = {**os.environ, "HOME": str(folder)}
    process = subprocess.Popen([driver, "--port=0"], env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        port = next(filter(None, (re.search(r"started successfully on port (\d+)", line) for line in process.stdout)))[1]
        as_root = ("--no-sandbox",) if os.geteuid() == 0 else ()
        arguments = [*_ARGUMENTS, *as_root, f"--user-data-dir={folder / 'profile'}"]
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": {"binary": chrome, "args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
            "timeouts": {"script": WAIT_S * 1000},
        }
        address = f"http://127.0.0.1:{port}"
        session = call("POST", f"{address}/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        try:
            yield Browser(address, session)
        finally:
            call("DELETE", f"{address}/session/{session}")
    finally:
        process.terminate()
        process.communicate(timeout=WAIT_S)
