# SPDX-License-Identifier: Apache-2.0
"""/process/terminal: a terminal of the container's own, handed to the console socket."""

import json
import os
import stat

import harness
from coverage import accepts, rejects


class Terminal(harness.Case):
    def socket(self, path=None):
        console = harness.ConsoleSocket(path or self.folder / f"console{self._ids}")
        self.addCleanup(console.close)
        return console

    def on_terminal(self, *args, bundle=None):
        """A started container with a terminal; returns its id and its console."""
        bundle = bundle or self.bundle(*args)
        bundle.edit("/process/terminal", True)
        console = self.socket()
        id = self.create(bundle, "--console-socket", console.path)
        console.receive()
        self.ok("start", id)
        return id, console

    def told(self, console):
        text = console.read_until("}")
        return json.loads(text[text.index("{"):text.index("}") + 1])

    def test_the_socket_gets_one_descriptor_with_a_name(self):
        _, console = self.on_terminal("sleep", "100")
        self.assertEqual(console.count, 1)
        self.assertTrue(0 < len(console.data) < 4096)
        self.assertTrue(stat.S_ISCHR(os.fstat(console.master).st_mode))
        self.assertTrue(os.isatty(console.master))

    @accepts("/process/terminal")
    def test_the_program_is_on_it(self):
        _, console = self.on_terminal("tty")
        told = self.told(console)
        self.assertEqual(told["isatty"], [1, 1, 1])
        self.assertEqual(told["foreground"], 1)

    def test_it_is_the_controlling_terminal(self):
        _, console = self.on_terminal("report")
        report = console.read_until("}\r\n")
        self.assertIn('"has_controlling_terminal": 1', report)

    @accepts("/process/consoleSize/{height,width}")
    def test_its_size_is_as_configured(self):
        bundle = self.bundle("tty").edit("/process/consoleSize", {"height": 10, "width": 110})
        _, console = self.on_terminal(bundle=bundle)
        told = self.told(console)
        self.assertEqual((told["rows"], told["columns"]), (10, 110))

    def test_it_belongs_to_the_user(self):
        bundle = self.bundle("tty").edit("/process/user", {"uid": 1000, "gid": 1000})
        _, console = self.on_terminal(bundle=bundle)
        self.assertEqual(self.told(console)["uid"], 1000)

    def test_dev_console_is_it(self):
        bundle = self.bundle("stat", "/dev/console")
        _, console = self.on_terminal(bundle=bundle)
        self.assertRegex(console.read_until("size"), r"rdev 136:\d+")

    def test_input_reaches_the_program(self):
        self.need_busybox()
        _, console = self.on_terminal("/bin/sh", "-c", "read x; echo got:$x")
        os.write(console.master, b"hello\n")
        self.assertIn("got:hello", console.read_until("got:hello"))

    @rejects("/process/terminal")
    def test_a_socket_is_needed_when_detached(self):
        self.refused(self.bundle().edit("/process/terminal", True), "console")

    def test_a_socket_without_a_terminal_is_refused(self):
        self.ours_only()
        console = self.socket()
        self.bad("create", "--bundle", self.bundle().path, "--console-socket", console.path, self.new_id())

    def test_a_missing_socket_is_an_error_without_leftovers(self):
        bundle = self.bundle().edit("/process/terminal", True)
        self.bad("create", "--bundle", bundle.path, "--console-socket", self.folder / "none", self.new_id())
        self.assert_clean()

    def test_a_long_path_of_the_socket_works(self):
        folder = self.folder / ("x" * 100) / ("y" * 100)
        folder.mkdir(parents=True)
        here = os.open(folder, os.O_PATH | os.O_DIRECTORY)
        console = self.socket(f"/proc/self/fd/{here}/console")
        os.close(here)
        bundle = self.bundle("tty").edit("/process/terminal", True)
        id = self.create(bundle, "--console-socket", folder / "console")
        console.receive()
        self.ok("start", id)
        self.assertEqual(self.told(console)["isatty"], [1, 1, 1])

    def test_nobody_keeps_the_callers_output(self):
        # A pipe at stdout must end when create ends, or the caller waits for ever.
        bundle = self.bundle("sleep", "100").edit("/process/terminal", True)
        console = self.socket()
        read, write = os.pipe()
        id = self.forget(self.new_id())
        process = self.rt.popen("create", "--bundle", bundle.path, "--console-socket", console.path, id,
                                stdout=write, stderr=write)
        os.close(write)
        self.assertEqual(harness.wait_for(process, 20), 0)
        console.receive()
        os.set_blocking(read, False)
        self.assertEqual(os.read(read, 10), b"")
        os.close(read)

    def test_exec_has_one_of_its_own(self):
        id = self.started(self.bundle("sleep", "100"))
        console = self.socket()
        self.ok("exec", "--tty", "--detach", "--console-socket", console.path, id, "/bin/payload", "tty")
        console.receive()
        self.assertEqual(self.told(console)["isatty"], [1, 1, 1])

    def test_exec_takes_the_size_of_a_process_file(self):
        id = self.started(self.bundle("sleep", "100"))
        console = self.socket()
        process = self.folder / "process.json"
        process.write_text(json.dumps({"terminal": True, "consoleSize": {"height": 7, "width": 33}, "cwd": "/",
                                       "args": ["/bin/payload", "tty"], "user": {"uid": 0, "gid": 0}}))
        self.ok("exec", "--detach", "--process", process, "--console-socket", console.path, id)
        console.receive()
        told = self.told(console)
        self.assertEqual((told["rows"], told["columns"]), (7, 33))

    def test_run_in_the_foreground_copies_the_callers(self):
        master, slave = os.openpty()
        bundle = self.bundle("tty").edit("/process/terminal", True)
        process = self.rt.popen("run", "--bundle", bundle.path, self.new_id(), stdin=slave, stdout=slave, stderr=slave,
                                start_new_session=True)
        os.close(slave)
        text = b""
        while b"}" not in text:
            try:
                text += os.read(master, 4096)
            except OSError:
                break
        self.assertEqual(harness.wait_for(process, 20), 0, text)
        os.close(master)
        self.assertIn(b'"isatty": [1, 1, 1]', text)
