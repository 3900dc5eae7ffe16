# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, driven by the DevTools protocol over two pipes: what is shown, clicked, typed, said and asked for.

Environment: OCI_RT_CHROMIUM (the program), OCI_RT_SCREENSHOTS (a directory that keeps what `picture` sees).
"""

import base64
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import time

import host

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
         "--disable-component-update", "--disable-default-apps", "--disable-extensions", "--disable-sync", "--mute-audio",
         "--no-first-run", "--no-default-browser-check", "--no-zygote", "--force-color-profile=srgb", "--lang=en-US",
         "--disable-breakpad", "--disable-features=Translate,OptimizationHints,MediaRouter", "--remote-debugging-pipe")
# The protocol is on descriptors 3 and 4.
PIPES = """import os, sys
high = [os.dup2(int(number), 900 + at) for at, number in enumerate(sys.argv[1:3])]
for at, number in enumerate(high): os.dup2(number, 3 + at); os.close(number)
os.execv(sys.argv[3], sys.argv[3:])"""
KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32}


def program():
    named = os.environ.get("OCI_RT_CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One page of one browser, which has a directory of its own."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        
        self.asked, self.said, self.errors, self.answered = [], [], [], {}
        self.buffer, self.number, self.session = b"", 0, None
        theirs_in, self.to = os.pipe()
        self.of, theirs_out = os.pipe()
        with open(self.folder / "browser.log", "wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-ISc", PIPES, str(theirs_in), str(theirs_out), program(), *FLAGS, f"--user-data-dir={self.folder}/profile", "about:blank"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(theirs_in, theirs_out), start_new_session=True,
                env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8", "TZ": "UTC"})
        host.STARTED.add(self.process.pid)
        os.close(theirs_in)
        os.close(theirs_out)
        self.begin()

    def begin(self):
        targets = self.call("Target.getTargets", seconds=60)["targetInfos"]
        page = [each for each in targets if each["type"] == "page"][0]
        self.session = self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log", "DOM", "Accessibility"):
            self.call(f"{domain}.enable")

    def close(self):
        try:
            self.session = None
            self.call("Browser.close", seconds=5)
        except (OSError, TimeoutError, EOFError):
            pass
        host.until(lambda: self.process.poll() is not None, 5)
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        host.STARTED.discard(self.process.pid)
        os.close(self.to)
        os.close(self.of)

    # The protocol

    def receive(self, seconds):
        """The next message; None if there is none in time."""
        end = time.monotonic() + seconds
        while b"\0" not in self.buffer:
            if not select.select([self.of], [], [], max(0, end - time.monotonic()))[0]:
                return None
            if not (piece := os.read(self.of, 1 << 20)):
                raise EOFError(f"the browser has ended: {(self.folder / 'browser.log').read_text()[-2000:]}")
            self.buffer += piece
        text, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(text)
        self.note(message.get("method"), message.get("params"))
        return message

    def note(self, method, params):
        if method == "Network.requestWillBeSent":
            self.asked.append((params["request"]["method"], params["request"]["url"], params["request"]["headers"]))
        elif method == "Network.responseReceived":
            self.answered[params["response"]["url"]] = params["response"]["status"]
        elif method == "Runtime.consoleAPICalled":
            self.said.append((params["type"], str([each.get("value") for each in params["args"]])))
        elif method == "Runtime.exceptionThrown":
            self.errors.append(json.dumps(params["exceptionDetails"])[:1000])
        elif method == "Log.entryAdded":
            self.said.append((params["entry"]["source"], params["entry"]["text"] + " " + params["entry"].get("url", "")))

    def call(self, method, seconds=60, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        text = json.dumps(message).encode() + b"\0"
        while text:
            text = text[os.write(self.to, text):]
        end = time.monotonic() + seconds
        while (answer := self.receive(max(0, end - time.monotonic()))) is not None:
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]
        raise TimeoutError(f"{method}: no answer")

    # The page

    def open(self, url):
        return self.call("Page.navigate", url=url)

    def run(self, expression):
        """The value of an expression of the page."""
        done = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in done:
            raise AssertionError(f"{expression}: {json.dumps(done['exceptionDetails'])[:800]}")
        return done["result"].get("value")

    def until(self, expression, seconds=30):
        """Waits for an expression to be true; its last value."""
        return host.until(lambda: self.run(expression), seconds, 0.05)

    def text(self, selector):
        return self.run(f"document.querySelector({json.dumps(selector)})?.innerText")

    def click(self, selector):
        """As a hand does: at the middle of it, and only if nothing covers it."""
        place = self.run(f"""(() => {{ const it = document.querySelector({json.dumps(selector)}); if (!it) return null;
            it.scrollIntoView({{block: "nearest"}}); const box = it.getBoundingClientRect();
            const x = box.x + box.width / 2, y = box.y + box.height / 2, top = document.elementFromPoint(x, y);
            return box.width && it.contains(top) ? [x, y] : String(top?.outerHTML).slice(0, 200); }})()""")
        if not isinstance(place, list):
            raise AssertionError(f"{selector} cannot be clicked: {place}")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    def key(self, name, shift=False):
        code = {"key": name, "code": "Space" if name == " " else name, "windowsVirtualKeyCode": KEYS[name],
                "modifiers": 8 if shift else 0}
        text = {"Enter": "\r", " ": " "}.get(name)
        self.call("Input.dispatchKeyEvent", type="keyDown", **code, **({"text": text} if text else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", **code)

    def type(self, text):
        self.call("Input.insertText", text=text)

    def focused(self):
        """What the focus is on, as a screen reader would name it."""
        return self.run("""(() => { const it = document.activeElement;
            return it.getAttribute("aria-label") || it.labels?.[0]?.innerText || it.innerText || it.id || it.tagName; })()""")

    def tab_to(self, name, shift=False, most=60):
        """By the key alone; fails if there is no way."""
        seen = []
        for _ in range(most):
            self.key("Tab", shift)
            seen.append(self.focused())
            if seen[-1].strip().startswith(name):
                return
        raise AssertionError(f"Tab does not lead to {name}: {seen}")

    def tree(self):
        """What assistive technology is told: [(role, name)] of all that is not ignored."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        return [(node.get("role", {}).get("value"), node.get("name", {}).get("value", "")) for node in nodes
                if not node.get("ignored")]

    def see(self, width=1280, height=800, scheme="light", motion="no-preference"):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme},
                                                          {"name": "prefers-reduced-motion", "value": motion}])

    def picture(self, name):
        folder = os.environ.get("OCI_RT_SCREENSHOTS")
        data = base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])
        if folder:
            pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
            (pathlib.Path(folder) / f"{name}.png").write_bytes(data)
        return data
