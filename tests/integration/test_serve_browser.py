# SPDX-License-Identifier: Apache-2.0
"""The page of `oci-rt serve` in a real browser: what is clicked, typed, seen and heard, and what follows."""

import json
import re
import time
import unittest

import browser
from test_serve_containers import SLEEP
from test_serve_page import Case

CHATTY = ["sh", "-c", "i=0; while :; do i=$((i+1)); echo \"line $i <b>not bold</b>\"; sleep 0.2; done"]


@unittest.skipUnless(browser.program(), "no chromium is installed: tools/dependencies browser")
class Seen(Case):
    """With one."""

    def visit(self, *options, token=True, **look):
        """The page, open and live, with pictures of work if there is any."""
        self.set("usage")
        if not hasattr(self, "one"):
            self.serve(*options)
        self.page = browser.Browser(self.folder)
        self.addCleanup(self.leave)
        self.page.see(**look)
        self.page.open(self.address + (f"#token={self.token}" if token else ""))
        if token:
            self.live()
        return self.page

    def live(self):
        self.assertTrue(self.page.until("document.querySelector('#connection')?.innerText === 'Live'", 40), self.page.said)

    def leave(self):
        page = self.page
        page.close()
        self.assertEqual(page.errors, [])
        foreign = [url for _, url, _ in page.asked if not url.startswith((self.address, "data:", "about:"))]
        self.assertEqual(foreign, [])
        self.assertNotIn(self.token, "".join(url for _, url, _ in page.asked))
        # That a request was refused is written there by the browser itself.
        self.assertEqual([each for each in page.said if each[0] != "network"], [])

    def row(self, name):
        """A selector for what is in the row of a container."""
        self.page.run("document.querySelectorAll('#container-rows tr').forEach("
                      "row => row.id = 'row-' + row.querySelector('.name').textContent.replace(/\\W/g, '-'))")
        return f"#row-{re.sub(chr(92) + 'W', '-', name)}"

    def shows(self, name, state, seconds=30):
        found = self.page.until(f"[...document.querySelectorAll('#container-rows tr')].some(row => row.querySelector('.name')"
                                f".textContent === {json.dumps(name)} && row.querySelector('.pill').textContent === '{state}')", seconds)
        self.assertTrue(found, self.page.text("body") + str(self.page.asked[-8:]))

    def press(self, name, button, sure=None):
        self.page.click(f"{self.row(name)} {button}")
        if sure is not None:
            self.assertTrue(self.page.until("document.querySelector('#confirm').open"))
            self.page.click(f"#confirm-{'yes' if sure else 'no'}")
            self.assertTrue(self.page.until("!document.querySelector('#confirm').open", 5), self.page.picture("stuck"))

    def test_the_life_of_a_container_by_clicks(self):
        self.serve()
        self.set("slow-pull", 0.15)
        page = self.visit()
        page.picture("empty")
        self.assertIn("No containers yet", page.text("#containers"))
        page.click("#open-create")
        page.type("docker.io/library/nginx:1.25")
        page.picture("create")
        page.click("#create-args")
        page.type("sh -c 'echo \"hello  world\"; exec sleep 1000'")
        page.click("#create [type=submit]")
        self.shows("nginx:1.25", "fetching")
        self.assertTrue(page.until("/^\\d+ B of 1.0 kB$/.test(document.querySelector('.note').innerText.replace(/\\u00a0/g, ' '))"))
        self.assertTrue(page.until("document.querySelector('#container-rows progress').value > 0.2"))
        page.picture("fetching")
        self.shows("nginx:1.25", "running")
        self.assertEqual(self.calls("run")[0][-4:], ["docker.io/library/nginx:1.25", "sh", "-c", 'echo "hello  world"; exec sleep 1000'])
        self.press("nginx:1.25", ".toggle")
        self.shows("nginx:1.25", "paused")
        self.assertEqual(self.one("GET", "/containers/nginx:1.25").json["state"], "paused")
        self.press("nginx:1.25", ".toggle")
        self.shows("nginx:1.25", "running")
        self.press("nginx:1.25", ".stop", sure=False)
        self.assertEqual(self.one("GET", "/containers/nginx:1.25").json["state"], "running")
        self.press("nginx:1.25", ".stop", sure=True)
        self.shows("nginx:1.25", "stopped")
        self.press("nginx:1.25", ".toggle")
        self.shows("nginx:1.25", "running")
        self.press("nginx:1.25", ".name")
        self.assertTrue(page.until("document.querySelector('#log').innerText.includes('hello  world')"))
        self.press("nginx:1.25", ".delete", sure=True)
        self.assertTrue(page.until("!document.querySelector('#container-rows tr')"), page.text("body") + str(page.asked[-8:]))
        self.assertEqual(self.one("GET", "/containers").json["items"], [])
        self.assertTrue(page.run("document.querySelector('#details').hidden"))
        self.assertTrue(page.until("document.querySelector('#image-rows').innerText.includes('nginx:1.25')"))

    def test_by_keyboard_alone(self):
        self.serve()
        self.up(self.one, "first")
        page = self.visit()
        self.shows("first", "running")
        page.key("Tab")
        self.assertEqual(page.focused(), "Skip to the containers")
        page.tab_to("New container")
        page.key("Enter")
        self.assertTrue(page.until("document.querySelector('#create').open"))
        self.assertEqual(page.focused(), "Image")
        page.key("Enter")  # without an image
        self.assertTrue(page.until("document.querySelector('#create-faults').innerText === 'An image is needed.'"))
        self.assertEqual((page.focused(), page.run("document.activeElement.getAttribute('aria-invalid')")), ("Image", "true"))
        page.type("x")
        page.tab_to("Name")
        page.type("second")
        page.tab_to("Command")
        page.type("sleep 1000")
        page.key("Enter")
        self.shows("second", "running")
        self.assertEqual(page.focused(), "second")
        page.tab_to("Pause second")
        page.key("Enter")
        self.shows("second", "paused")
        self.assertTrue(page.until("document.activeElement.getAttribute('aria-label') === 'Resume second'"))
        page.key(" ")
        self.shows("second", "running")
        page.tab_to("second", shift=True)
        page.key("Enter")
        self.assertEqual(page.focused(), "second")
        self.assertEqual(page.run("document.activeElement.id"), "details-title")
        page.tab_to("Times")
        page.key("Escape")
        self.assertEqual(page.run("document.activeElement.className + document.querySelector('#details').hidden"), "nametrue")
        page.tab_to("Delete second")
        page.key("Enter")
        self.assertTrue(page.until("document.querySelector('#confirm').open"))
        self.assertEqual(page.focused(), "Cancel")
        page.key("Escape")
        self.assertEqual(page.focused(), "Delete second")
        page.key("Enter")
        page.tab_to("Delete", most=3)
        page.key("Enter")
        self.assertTrue(page.until("document.querySelectorAll('#container-rows tr').length === 1"))
        self.assertEqual(page.focused(), "first")
        self.assertTrue(page.until("document.querySelector('#announcement').textContent.includes('second is gone')"))
        outline = page.run("getComputedStyle(document.activeElement).outlineStyle")
        self.assertEqual(outline, "solid")

    def many(self):
        self.serve()
        one = self.one
        self.up(one, "web", image="docker.io/library/nginx:1.25", args=CHATTY, labels={"team": "front"})
        self.up(one, "cache", image="docker.io/library/redis:7")
        self.up(one, "quay.io%2Fteam%2Fworker:2.4", image="quay.io/team/worker:2.4")
        self.up(one, "db", image="registry.example:5000/team/database-with-a-long-name:16.4-bookworm")
        self.to(one, "db", "paused")
        one("PUT", "/containers/migrate", {"image": "docker.io/library/app:3", "args": ["sh", "-c", "exit 3"]}, Prefer="wait=20")
        one("PUT", "/containers/later", {**SLEEP, "image": "docker.io/library/app:3", "start": False}, Prefer="wait=20")
        self.set("fail-pull", "registry.example has no image nothing:1")
        one("PUT", "/containers/broken", {"image": "registry.example/nothing:1"}, Prefer="wait=20")
        self.unset("fail-pull")
        self.set("slow-pull", 20)  # as long as anybody looks
        one("PUT", "/containers/coming", {"image": "docker.io/library/big:1"})

    def test_how_it_looks(self):
        self.many()
        page = self.visit()
        for state in ("running", "paused", "stopped", "created", "failed", "fetching"):
            self.assertTrue(page.until(f"[...document.querySelectorAll('.pill')].some(pill => pill.innerText === '{state}')"), state)
        drawn = "[...document.querySelectorAll('.cpu .line')].filter(line => (line.getAttribute('d').match(/L/g) || []).length > 4).length"
        self.assertTrue(page.until(f"{drawn} >= 4", 60))
        self.assertRegex(page.text(f"{self.row('web')} .cpu .value"), r"^[\d.]+\s%$")
        self.assertRegex(page.text(f"{self.row('web')} .memory .value"), r"^[\d.]+\sMB$")
        self.press("web", ".name")
        self.assertTrue(page.until("document.querySelectorAll('#log div').length > 3"))
        back = {}
        for scheme in ("light", "dark"):
            for name, width, height in (("wide", 1280, 860), ("medium", 900, 860), ("narrow", 400, 860)):
                page.see(width, height, scheme, "reduce" if scheme == "dark" else "no-preference")
                page.run("new Promise(go => requestAnimationFrame(() => requestAnimationFrame(go)))")
                page.picture(f"{name}-{scheme}")
                self.assertLessEqual(page.run("document.documentElement.scrollWidth"), width)
                self.assertEqual(page.run("(main => main.scrollWidth - main.clientWidth)(document.querySelector('main'))"), 0, name)
                back[scheme] = sum(map(int, re.findall(r"\d+", page.run("getComputedStyle(document.body).backgroundColor"))[:3]))
            page.see(1280, 860, scheme)
            page.click("#close-details")
            page.picture(f"list-{scheme}")
            page.click("#open-create")
            page.click("#create summary")
            page.picture(f"create-{scheme}")
            page.key("Escape")
            self.press("web", ".delete")
            page.picture(f"confirm-{scheme}")
            page.click("#confirm-no")
            page.see(400, 860, scheme)
            page.picture(f"narrow-list-{scheme}")
            page.see(1280, 860, scheme)
            self.press("web", ".name")
        self.assertGreater(back["light"], 600)
        self.assertLess(back["dark"], 150)
        self.assertEqual(self.faint(), [])
        page.see(1280, 860, "dark", "reduce")
        turning = "getComputedStyle(document.querySelector('.pill[data-kind=work]'), '::before').animationName"
        self.assertEqual(page.run(turning), "none")
        page.see(1280, 860, "light")
        self.assertEqual(page.run(turning), "turn")
        self.assertEqual(self.faint(), [])

    def faint(self):
        """Texts whose contrast is below what WCAG 2 (AA) asks for."""
        return self.page.run("""(() => {
            const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
                .reduce((sum, v, at) => sum + v * [.2126, .7152, .0722][at], 0);
            const numbers = text => text.match(/[\\d.]+/g).map(Number);
            const back = it => { for (; it; it = it.parentElement) { const c = getComputedStyle(it).backgroundColor;
                if (c.startsWith("rgb") && (numbers(c)[3] ?? 1) === 1) return numbers(c); } return [255, 255, 255]; };
            return [...document.querySelectorAll("body *")].filter(it => it.checkVisibility() && it.textContent.trim()
                    && [...it.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && !it.closest("[aria-disabled], .unseen"))
                .map(it => { const a = light(numbers(getComputedStyle(it).color)), b = light(back(it));
                    return [(Math.max(a, b) + .05) / (Math.min(a, b) + .05), it.className || it.tagName, it.textContent.slice(0, 20)]; })
                .filter(([ratio]) => ratio < 4.5); })()""")

    def test_what_a_screen_reader_is_told(self):
        self.many()
        page = self.visit()
        self.shows("web", "running")
        self.press("web", ".name")
        tree = page.tree()
        for role in ("button", "textbox", "searchbox", "checkbox", "progressbar", "table", "dialog", "log", "region", "columnheader", "rowheader"):
            self.assertEqual([node for node in tree if node[0] == role and not node[1].strip()], [], role)
        for node in (("button", "Pause web"), ("button", "Delete db"), ("button", "Resume db"), ("table", "Containers"),
                     ("table", "Images"), ("log", "Log of web"), ("progressbar", "Fetching the image of coming")):
            self.assertIn(node, tree)
        self.assertEqual(sum(role == "rowheader" and name.startswith("web") for role, name in tree), 1)
        buttons = [name for role, name in tree if role == "button"]
        self.assertEqual(sorted(set(buttons)), sorted(buttons), "two buttons of one name")
        self.assertEqual(page.run("document.activeElement.id"), "details-title")
        self.to(self.one, "web", "paused")
        self.assertTrue(page.until("document.querySelector('#announcement').textContent.includes('web is paused')"))
        page.click("#open-create")
        tree = page.tree()
        for node in (("dialog", "New container"), ("button", "Create")):
            self.assertIn(node, tree)
        self.assertNotIn(("button", "Delete db"), tree)  # behind a dialog
        page.key("Escape")
        page.see(400, 800)
        self.assertIn(("table", "Containers"), page.tree())
        self.assertIn("columnheader", {role for role, _ in page.tree()})

    def test_without_a_token_it_asks_for_it(self):
        self.serve()
        self.up(self.one)
        page = self.visit(token=False)
        self.assertTrue(page.until("document.querySelector('#sign-in:not([hidden]) #token') === document.activeElement"))
        page.picture("sign-in")
        page.type("x" * 64)
        page.key("Enter")
        self.assertTrue(page.until("document.querySelector('#token').value === '' && !document.querySelector('#sign-in').hidden"))
        time.sleep(1.2)  # the service takes five wrong ones a second
        self.assertTrue(page.until("document.activeElement.id === 'token'"))
        self.assertNotIn("web", page.text("body"))
        page.type(self.token)
        page.click("#sign-in [type=submit]")
        self.live()
        self.shows("web", "running")
        page.run("location.reload()")
        self.live()
        page.open(f"{self.address}#token={'y' * 64}")  # in the same tab
        self.assertTrue(page.until("!document.querySelector('#sign-in').hidden"))

    def test_the_token_does_not_stay_in_the_address(self):
        page = self.visit()
        self.assertEqual(page.run("location.href"), self.address)
        asked = [headers for method, url, headers in page.asked if url.endswith("/containers?limit=500")]
        self.assertEqual(asked[0]["Authorization"], f"Bearer {self.token}")
        self.assertNotIn(self.token, page.run("document.documentElement.outerHTML"))

    def test_texts_of_others_stay_texts(self):
        self.serve()
        evil = "<img src=x onerror=alert(1)>"
        self.set("fail-run", evil)
        self.one("PUT", "/containers/web", {**SLEEP, "labels": {"a": evil}}, Prefer="wait=20")
        page = self.visit()
        self.unset("fail-run")
        self.shows("web", "failed")
        self.press("web", ".name")
        self.assertTrue(page.until("document.querySelector('#facts').innerText.includes('a=<img src=x')"))
        self.up(self.one, "says", args=["sh", "-c", f"echo '{evil}'; echo '</script><script>alert(2)</script>'; exec sleep 1000"])
        self.shows("says", "running")
        self.press("says", ".name")
        self.assertTrue(page.until("document.querySelector('#log').innerText.includes('<script>alert(2)</script>')"))
        self.assertEqual(page.run("document.querySelectorAll('img, #log script, #facts *:not(dt):not(dd)').length"), 0)
        # Even its own script cannot make markup of a text.
        with self.assertRaisesRegex(AssertionError, "TrustedHTML"):
            page.run("document.body.innerHTML = '<p>'")
        page.said.clear()

    def test_a_log_is_followed(self):
        self.serve()
        self.up(self.one, args=CHATTY)
        page = self.visit()
        self.shows("web", "running")
        self.press("web", ".name")
        count = "document.querySelectorAll('#log div').length"
        seen = page.until(f"{count} > 2 && {count}")
        self.assertTrue(page.until(f"{count} > {seen} + 2"))
        self.assertIn("<b>not bold</b>", page.text("#log"))
        self.assertFalse(re.search(r"\d\d:\d\d:\d\d", page.text("#log")))
        page.click("#log-times")
        self.assertRegex(page.text("#log"), r"\d\d:\d\d:\d\d")
        self.to(self.one, "web", "stopped", timeoutSeconds=1)
        self.assertTrue(page.until("document.querySelector('#log').innerText.includes('It does not run any more')"))
        self.to(self.one, "web", "running")
        self.assertTrue(page.until("!document.querySelector('#log').innerText.includes('any more')"))
        self.assertTrue(page.until(f"{count} > 2"))

    def test_images(self):
        self.serve()
        self.set("slow-pull", 0.3)
        page = self.visit()
        page.click("#pull-name")
        page.type("quay.io/b:1")
        page.key("Enter")
        self.assertTrue(page.until("document.querySelector('#pulls progress')?.value > 0.1"))
        page.picture("pulling")
        self.assertTrue(page.until("document.querySelector('#image-rows').innerText.includes('quay.io_b:1')"))
        self.assertTrue(page.until("!document.querySelector('#pulls li')"))
        self.set("fail-pull", "registry.example has no image x")
        page.click("#pull-name")
        page.type("x")
        page.click("#pull button")
        self.assertTrue(page.until("document.querySelector('.problem strong')?.innerText === 'x cannot be pulled'"))
        self.assertIn("registry.example has no image x", page.text(".problem"))
        page.picture("problem")
        page.click(".problem button")
        self.unset("fail-pull")
        self.unset("slow-pull")
        self.assertEqual(page.run("document.querySelectorAll('.problem').length"), 0)
        page.click("#image-rows .run")
        self.assertEqual(page.run("document.querySelector('#create-image').value"), "quay.io_b:1")
        page.key("Escape")
        self.up(self.one, image="quay.io_b:1")
        self.shows("web", "running")
        page.click("#image-rows .delete")
        page.click("#confirm-yes")
        self.assertTrue(page.until("document.querySelector('.problem p')?.innerText === 'it is used by web:latest'"))
        page.click(".problem button")
        self.assertEqual(self.one("DELETE", "/containers/web?force=1").status, 204)
        page.click("#image-rows .delete")
        page.click("#confirm-yes")
        self.assertTrue(page.until("!document.querySelector('#image-rows tr')"))

    def test_refusals_are_shown(self):
        self.serve()
        self.up(self.one)
        page = self.visit()
        self.shows("web", "running")
        self.set("fail-pause", "the freezer is not there")
        self.press("web", ".toggle")
        self.assertTrue(page.until("document.querySelector('.problem pre')?.innerText.includes('the freezer is not there')"))
        self.assertEqual(page.text(".problem strong"), "web cannot be paused")
        for image, name, text in (("UPPER", "a", "image"), ("x", "No Name", "Name:"), ("x", "web", "another specification")):
            page.click("#open-create")
            page.type(image)
            page.click("#create-name")
            page.type(name)
            page.click("#create [type=submit]")
            self.assertTrue(page.until(f"document.querySelector('#create-faults').innerText.includes({json.dumps(text)})"), page.text("#create"))
            page.click("#create-cancel")

    def test_it_comes_back(self):
        self.serve("--keep")
        self.up(self.one)
        page = self.visit()
        self.shows("web", "running")
        self.assertEqual(self.one.stop(), 0)
        self.assertTrue(page.until("document.querySelector('#connection').dataset.kind === 'bad'"))
        self.one.start()
        self.to(self.one, "web", "paused")
        self.up(self.one, "other")
        self.live()
        self.shows("web", "paused")
        self.shows("other", "running")
        for name in ("web", "other"):
            self.assertEqual(self.one("DELETE", f"/containers/{name}?force=1").status, 204)
        self.assertTrue(page.until("!document.querySelector('#container-rows tr')"))


if __name__ == "__main__":
    unittest.main()
