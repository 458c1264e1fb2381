"""A page in headless Chromium, driven over the DevTools protocol: what it asks for, what it says, what it shows."""

import base64
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import websocket

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update",
    "--disable-background-networking", "--disable-sync", "--disable-extensions", "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-port=0",
)
OFFLINE = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
DESK = {"deviceScaleFactor": 1, "mobile": False}
MIDDLE_OF = """(() => {
  const node = document.querySelector(%s);
  node.scrollIntoView({block: 'nearest'});
  const box = node.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
})()"""
PATIENCE_S = 60
PAUSE_S = 0.02


def find_chromium() -> str | None:
    """Return the path of Chromium, or None where there is none."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Connection:
    """One websocket of the protocol: calls are answered in turn, events are kept."""

    def __init__(self, address: str) -> None:
        self.socket = websocket.create_connection(address, timeout=PATIENCE_S, suppress_origin=True)
        self.calls = 0
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self.calls += 1
        self.socket.send(json.dumps({"id": self.calls, "method": method, "params": params}))
        while True:
            said = json.loads(self.socket.recv())
            if "method" in said:
                self.events.append(said)
            elif said["id"] == self.calls:
                if "error" in said:
                    raise RuntimeError(f"{method}: {said['error']['message']}")
                return said["result"]

    def close(self) -> None:
        self.socket.close()


class Page(Connection):
    """An open page, with no network behind it."""

    @property
    def requests(self) -> list[str]:
        """Every address the page asked for, the page itself included."""
        return [event["params"]["request"]["url"] for event in self.events
                if event["method"] == "Network.requestWillBeSent"]

    @property
    def problems(self) -> list[str]:
        """Every exception, console error or warning, and refusal by the page's own policy."""
        found = []
        for event in self.events:
            params = event["params"]
            if event["method"] == "Runtime.exceptionThrown":
                details = params["exceptionDetails"]
                found.append(details.get("exception", {}).get("description", details["text"]))
            elif event["method"] == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
                found.append(str(params["args"]))
            elif event["method"] == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
                found.append(params["entry"]["text"])
            elif event["method"] == "Page.javascriptDialogOpening":
                found.append(f"dialog: {params['message']}")
        return found

    def evaluate(self, expression: str) -> Any:
        said = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in said:
            details = said["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description", details["text"]))
        return said["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Wait until an expression is true; TimeoutError names it where it never is."""
        for _ in range(round(PATIENCE_S / PAUSE_S)):
            if self.evaluate(expression):
                return
            time.sleep(PAUSE_S)
        raise TimeoutError(f"{expression}; problems: {self.problems}")

    def click(self, selector: str) -> None:
        """Click in the middle of an element."""
        self.click_at(*self.evaluate(MIDDLE_OF % json.dumps(selector)))

    def click_at(self, x: float, y: float) -> None:
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            button = {} if kind == "mouseMoved" else {"button": "left", "clickCount": 1}
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **button)

    def type(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def press(self, key: str, code: int) -> None:
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def screenshot(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def print(self, file: Path) -> None:
        said = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        file.write_bytes(base64.b64decode(said["data"]))


class Browser:
    """A running Chromium; `open` gives pages."""

    def __init__(self, port: int, path: str) -> None:
        self.port = port
        self.door = Connection(f"ws://127.0.0.1:{port}{path}")

    @contextmanager
    def open(self, file: Path, width: int = 1366, height: int = 768, before: str = "") -> Iterator[Page]:
        """Open a file with networking off; `before` is script that runs ahead of the page's own."""
        target = self.door.call("Target.createTarget", url="about:blank")["targetId"]
        page = Page(f"ws://127.0.0.1:{self.port}/devtools/page/{target}")
        try:
            for domain in ("Page", "Runtime", "Log", "Network"):
                page.call(f"{domain}.enable")
            page.call("Network.emulateNetworkConditions", **OFFLINE)
            page.call("Emulation.setDeviceMetricsOverride", width=width, height=height, **DESK)
            if before:
                page.call("Page.addScriptToEvaluateOnNewDocument", source=before)
            page.call("Page.navigate", url=file.resolve().as_uri())
            page.wait_for("document.readyState === 'complete'")
            yield page
        finally:
            page.close()
            self.door.call("Target.closeTarget", targetId=target)


@contextmanager
def run_chromium(path: str) -> Iterator[Browser]:
    """Start Chromium with an empty profile and end it, with everything it started, at the end."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [path, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            browser = None
            try:
                browser = Browser(*_door_of(Path(profile) / "DevToolsActivePort", process))
                yield browser
            finally:
                if browser is None:
                    process.kill()
                else:
                    browser.door.call("Browser.close")
                    browser.door.close()
                process.wait(PATIENCE_S)


def _door_of(file: Path, process: "subprocess.Popen[bytes]") -> tuple[int, str]:
    for _ in range(round(PATIENCE_S / PAUSE_S)):
        lines = file.read_text(encoding="ascii").splitlines() if file.exists() else []
        if len(lines) == 2:
            return int(lines[0]), lines[1]
        if process.poll() is not None:
            raise RuntimeError(f"Chromium ended with code {process.returncode}")
        time.sleep(PAUSE_S)
    raise TimeoutError("Chromium opened no door")
