# SPDX-License-Identifier: Apache-2.0
"""The page of `oci-rt serve` among others: what other sites can do to the service, and what many tabs do to each other."""

import http.server
import json
import threading
import unittest

import browser
import host
from test_serve_browser import CHATTY
from test_serve_browser import Seen as Page

# What a page of somebody else may try; each yields what became of it.
ATTEMPTS = {
    "read": "fetch(at + 'containers', {headers}).then(() => 'read', () => 'refused')",
    "read by name": "fetch(named + 'containers').then(() => 'read', () => 'refused')",
    "blind read": "fetch(at + 'containers', {mode: 'no-cors', headers: {}}).then(r => r.type, () => 'refused')",
    "blind post": "fetch(at + 'containers/web/signal', {mode: 'no-cors', method: 'POST', body: '{\"signal\":\"KILL\"}'}).then(r => r.type)",
    "delete": "fetch(at + 'containers/web?force=1', {method: 'DELETE', headers}).then(() => 'done', () => 'refused')",
    "put": "fetch(at + 'containers/web/status', {method: 'PUT', headers: {...headers, 'Content-Type': 'application/json'}, "
           "body: '{\"state\":\"stopped\"}'}).then(() => 'done', () => 'refused')",
    "events": "new Promise(go => { const s = new EventSource(at + 'events'); s.onopen = () => go('read'); s.onerror = () => go('refused'); })",
    "form": "new Promise(go => { const frame = document.querySelector('iframe'), f = document.createElement('form'); f.method = 'post'; f.action = at + 'images/prune'; "
            "f.target = 'inner'; document.body.append(f); frame.onload = () => go('sent'); f.submit(); })",
    "frame": "new Promise(go => { const frame = document.querySelector('iframe'); frame.onload = () => go('sent'); frame.src = at; })",
}


class Neighbour(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><link rel=icon href='data:,'><iframe name=inner id=frame></iframe>")

    def log_message(self, *_):
        pass


@unittest.skipUnless(browser.program(), "no chromium is installed: tools/dependencies browser")
class Others(Page):
    def foreign_site(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Neighbour)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        def end():
            server.shutdown()
            server.server_close()
            thread.join()
        self.addCleanup(end)
        return server.server_port

    def test_pages_of_others_can_do_nothing(self):
        self.serve()
        self.up(self.one)
        page = self.visit()  # even while the page itself is known to the browser
        port = self.foreign_site()
        for site in (f"http://127.0.0.1:{port}/", f"http://localhost:{port}/"):
            page.answered.clear()
            page.open(site)
            self.assertTrue(page.until("window.inner !== undefined && document.readyState === 'complete'"))
            for name, attempt in ATTEMPTS.items():
                with self.subTest(name, site=site):
                    self.assertIn(page.run(f"""(() => {{ const at = {json.dumps(self.address)}, named = at.replace('127.0.0.1', 'localhost'),
                        headers = {{Authorization: 'Bearer {self.token}'}}; return {attempt}; }})()"""), ("refused", "opaque", "sent"))
            asked = {url: status for url, status in page.answered.items() if f":{self.port}/" in url}
            self.assertTrue(asked)
            self.assertEqual(set(asked.values()), {403}, asked)
        self.assertEqual(self.one("GET", "/containers/web").json["state"], "running")
        page.open("about:blank")
        page.asked, page.said = [], [each for each in page.said if each[0] not in ("security", "javascript")]

    def test_who_comes_by_a_link_is_not_shown_the_page(self):
        self.serve()
        page = self.visit()
        page.answered.clear()
        page.open(f"http://localhost:{self.foreign_site()}/")
        self.assertTrue(page.until("window.inner !== undefined"))
        page.run(f"location = {json.dumps(self.address)}")
        self.assertTrue(page.until("document.body.innerText.includes('forbidden-origin')"))
        self.assertEqual(page.answered[self.address], 403)
        page.asked = []

    def test_a_tab_that_is_not_seen_keeps_no_connection(self):
        one = self.serve()
        self.up(one, args=CHATTY)
        page = self.visit()
        self.shows("web", "running")
        self.press("web", ".name")
        self.assertTrue(page.until("document.querySelectorAll('#log div').length > 2"))

        def connections():
            lines = open("/proc/net/tcp").read().splitlines()
            return [line for line in lines if f":{self.port:04X} " in line.split()[1] + " " and line.split()[3] == "01"]

        def hide(hidden):
            page.run(f"Object.defineProperty(document, 'hidden', {{value: {json.dumps(hidden)}, configurable: true}}); "
                     "document.dispatchEvent(new Event('visibilitychange'))")

        self.assertTrue(connections())
        hide(True)
        self.assertTrue(page.until("document.querySelector('#connection').innerText === 'Asleep'", 20))
        streams = lambda: [url for _, url, _ in page.asked if "events" in url or "logs" in url]
        before = len(streams())
        self.to(one, "web", "paused")
        self.up(one, "other")
        hide(False)
        self.live()
        self.shows("web", "paused")
        self.shows("other", "running")
        self.assertTrue(host.until(lambda: page.run("1") and len(streams()) == before + 2, 10), streams())
        self.to(one, "web", "running")
        self.assertTrue(page.until("document.querySelectorAll('#log div').length > 2"))


for name in dir(Page):
    if name.startswith("test_") and name not in vars(Others):
        setattr(Others, name, None)  # they are run where they stand
del Page

if __name__ == "__main__":
    unittest.main()
