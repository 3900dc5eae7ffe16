# SPDX-License-Identifier: Apache-2.0
"""The page of `oci-rt serve` with the real runtime and a registry: what they really tell is what the page understands."""

import re
import unittest

import browser
import test_serve_browser
import test_serve_whole
from test_serve import free_port


@unittest.skipUnless(browser.program(), "no chromium is installed: tools/dependencies browser")
class Whole(test_serve_whole.Whole):
    visit, live, leave, row, shows, press = (getattr(test_serve_browser.Seen, name)
                                             for name in ("visit", "live", "leave", "row", "shows", "press"))

    # They are run where they stand.
    test_how_a_container_ended_is_told = test_an_image_that_is_not_there_is_a_failure_of_the_container = None

    def setUp(self):
        super().setUp()
        self.one.stop()
        port = free_port()
        self.one.argv += ["--port", str(port)]
        self.one.start()
        self.address = f"http://localhost:{port}/"
        self.token = (self.folder / "served" / "serve.token").read_text().strip()

    def set(self, *_):
        """There is nothing to pretend."""

    def test_the_life_of_a_container(self):
        page = self.visit()
        page.click("#open-create")
        page.type(self.image)
        page.click("#create-name")
        page.type("web")
        page.click("#create-args")
        page.type("burn 60000")
        page.click("#create [type=submit]")
        self.shows("web", "running", 40)
        self.assertTrue(page.until("document.querySelector('#image-rows .platform')?.innerText.startsWith('linux/')"))
        self.assertRegex(page.text("#image-rows .size"), r"^[\d.]+\s[kM]?B$")
        self.assertEqual(page.text("#image-rows .name"), self.image)
        value = "document.querySelector('.cpu .value').innerText"
        self.assertTrue(page.until(f"/^[\\d.]+\\s%$/.test({value})", 30), page.text("#containers"))
        self.assertTrue(page.until(f"parseFloat({value}) > 5", 30), page.text("#containers"))
        page.picture("whole")
        self.press("web", ".toggle")
        self.shows("web", "paused")
        self.assertTrue(page.until(f"parseFloat({value}) === 0", 30), page.text("#containers"))
        self.press("web", ".toggle")
        self.shows("web", "running")
        self.press("web", ".stop", sure=True)
        self.shows("web", "stopped", 40)
        self.assertTrue(re.search(r"exit \d+", page.text(f"{self.row('web')} .note")))
        self.press("web", ".delete", sure=True)
        self.assertTrue(page.until("!document.querySelector('#container-rows tr')", 40))
        self.assertEqual(self.containers(), [])


if __name__ == "__main__":
    unittest.main()
