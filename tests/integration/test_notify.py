# SPDX-License-Identifier: Apache-2.0
"""NOTIFY_SOCKET: a container tells the service manager how it is doing."""

import os
import socket

import bundle as bundles
import harness
import host

LONG = 100_000  # milliseconds


class Manager:
    """The socket of a service manager; messages are taken one by one."""

    def __init__(self, address):
        self.address = str(address)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.address.replace("@", "\0", 1))
        self.socket.settimeout(10)

    def hear(self):
        """The next message and the descriptors that came with it."""
        data, fds, _, _ = socket.recv_fds(self.socket, 8192, 4)
        return data.decode(), fds

    def text(self):
        data, fds = self.hear()
        assert not fds, data
        return data

    def answer_barrier(self):
        data, fds = self.hear()
        assert data == "BARRIER=1" and len(fds) == 1, (data, fds)
        os.close(fds[0])

    def is_silent(self, seconds=0.2):
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(8192) is None
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(10)


class Case(harness.Case):
    def setUp(self):
        super().setUp()
        self.ours_only()
        self.manager = self.manage(self.folder / "manager.sock")

    def manage(self, address):
        manager = Manager(address)
        self.addCleanup(manager.socket.close)
        self.env = {"NOTIFY_SOCKET": manager.address, "PATH": os.environ["PATH"]}
        return manager

    def detached(self, bundle):
        id = self.forget(self.new_id())
        return id, self.rt.popen("run", "--detach", "--bundle", bundle.path, id, env=self.env)

    def assert_handed_over(self, id, process, ready="READY=1"):
        """READY, then MAINPID, then the barrier, and only then the command ends."""
        self.assertEqual(self.manager.text(), ready)
        self.assertEqual(self.manager.text(), f"MAINPID={self.state(id)['pid']}")
        self.assertIsNone(process.poll())
        self.manager.answer_barrier()
        self.assertEqual(harness.wait_for(process, 10), 0, str(harness.Result([], 0, process.stem)))


class Detached(Case):
    def test_waits_until_the_container_is_ready(self):
        id, process = self.detached(self.bundle("notify", 400, "READY=1", LONG))
        self.assertTrue(host.until(lambda: self.rt("state", id).code == 0 and self.state(id)["status"] == "running"))
        self.assertTrue(self.manager.is_silent())
        self.assertIsNone(process.poll())
        self.assert_handed_over(id, process)
        self.assertEqual(self.state(id)["status"], "running")

    def test_forwards_what_comes_before_and_with_it(self):
        bundle = self.bundle("notify", "STATUS=wait", "EXTEND_TIMEOUT_USEC=9", "STATUS=up\nREADY=1\nMAINPID=1", LONG)
        id, process = self.detached(bundle)
        self.assertEqual(self.manager.text(), "STATUS=wait")
        self.assertEqual(self.manager.text(), "EXTEND_TIMEOUT_USEC=9")
        self.assert_handed_over(id, process, "STATUS=up\nREADY=1")

    def test_forwards_nothing_else(self):
        bundle = self.bundle("notify", "MAINPID=1", "BARRIER=1", "FDSTORE=1", "ready=1", "STATUS=" + 5000 * "x",
                             "READY=1", LONG)
        self.assert_handed_over(*self.detached(bundle))

    def test_ends_with_a_container_that_was_never_ready(self):
        id, process = self.detached(self.bundle("notify", "STATUS=short"))
        self.assertEqual(self.manager.text(), "STATUS=short")
        self.assertEqual(harness.wait_for(process, 10), 0)
        self.wait_for(id, "stopped")
        self.assertTrue(self.manager.is_silent())

    def test_is_not_in_the_way_of_other_commands(self):
        id, process = self.detached(self.bundle("sleep", "100"))
        self.assertTrue(host.until(lambda: self.rt("state", id).code == 0 and self.state(id)["status"] == "running"))
        self.ok("exec", id, "/bin/payload", "true")
        self.ok("delete", "--force", id)
        self.assertEqual(harness.wait_for(process, 10), 0)

    def test_works_with_an_abstract_socket(self):
        self.manager = self.manage(f"@oci-rt-test-{os.getpid()}")
        self.assert_handed_over(*self.detached(self.bundle("notify", "READY=1", LONG)))

    def test_works_for_another_user(self):
        bundle = self.bundle("notify", "READY=1", LONG).edit("/process/user", {"uid": 1000, "gid": 1000})
        self.assert_handed_over(*self.detached(bundle))

    def test_works_in_a_user_namespace(self):
        bundle = self.bundle("notify", "READY=1", LONG, config=bundles.with_user_namespace(bundles.docker_config()))
        os.chown(bundle.rootfs / "run", 100000, 100000)  # the target is made by the mapped root
        self.assert_handed_over(*self.detached(bundle))

    def test_works_with_a_read_only_root_below_a_tmpfs(self):
        bundle = self.bundle("notify", "READY=1", LONG).edit("/root/readonly", True)
        bundle.add_mount("/run", "tmpfs", "tmpfs", "ro", "nosuid")
        self.assert_handed_over(*self.detached(bundle))


class Start(Case):
    def test_waits_and_hands_over(self):
        id = self.create(self.bundle("notify", 300, "READY=1", LONG), env=self.env)
        process = self.rt.popen("start", id)
        self.assertTrue(self.manager.is_silent(0.1))
        self.assertIsNone(process.poll())
        self.assert_handed_over(id, process)

    def test_ends_with_a_container_that_was_never_ready(self):
        id = self.create(self.bundle("true"), env=self.env)
        self.ok("start", id, timeout=10)
        self.wait_for(id, "stopped")

    def test_does_not_look_at_its_own_variable(self):
        id = self.create(self.bundle("sleep", "100"))
        self.ok("start", id, env=self.env, timeout=10)

    def test_needs_the_manager(self):
        id = self.create(self.bundle("notify", "READY=1", LONG), env=self.env)
        self.manager.socket.close()
        self.bad("start", id, text="NOTIFY_SOCKET")
        self.assertEqual(self.state(id)["status"], "created")
        os.unlink(self.manager.address)
        self.manager = self.manage(self.manager.address)
        self.assert_handed_over(id, self.rt.popen("start", id))

    def test_outlives_a_manager_that_ends(self):
        id = self.create(self.bundle("notify", 300, "READY=1", LONG), env=self.env)
        process = self.rt.popen("start", id)
        self.wait_for(id, "running")
        self.manager.socket.close()
        self.assertEqual(harness.wait_for(process, 10), 0)
        self.assertEqual(self.state(id)["status"], "running")


class Foreground(Case):
    def test_forwards_until_the_end(self):
        bundle = self.bundle("notify", "READY=1", "STATUS=one", "+WATCHDOG=1\nMAINPID=1", "STOPPING=1\nERRNO=2")
        self.run_in(bundle, env=self.env)
        heard = [self.manager.text() for _ in range(4)]
        self.assertEqual(heard, ["READY=1", "STATUS=one", "WATCHDOG=1", "STOPPING=1\nERRNO=2"])
        self.assertTrue(self.manager.is_silent())

    def test_forwards_while_it_waits(self):
        process = self.rt.popen("run", "--bundle", self.bundle("notify", "STATUS=on", 600).path, self.new_id(),
                                env=self.env)
        self.assertEqual(self.manager.text(), "STATUS=on")
        self.assertIsNone(process.poll())
        self.assertEqual(harness.wait_for(process, 10), 0)

    def test_keeps_no_descriptors_of_the_container(self):
        bundle = self.bundle("notify", "READY=1", 300, *["+STATUS=x"] * 20, "RELOADING=1", LONG)
        id = self.forget(self.new_id())
        process = self.rt.popen("run", "--bundle", bundle.path, id, env=self.env)
        self.assertEqual(self.manager.text(), "READY=1")
        before = len(os.listdir(f"/proc/{process.pid}/fd"))
        while self.manager.text() != "RELOADING=1":
            pass
        self.assertEqual(len(os.listdir(f"/proc/{process.pid}/fd")), before)
        self.ok("kill", id, "KILL")
        self.assertEqual(harness.wait_for(process, 10), 137)


class Inside(Case):
    def test_is_told_where_the_socket_is(self):
        bundle = self.bundle("report").edit("/process/env/0", "NOTIFY_SOCKET=/of/the/config")
        env = self.run_in(bundle, env=self.env).json()["env"]
        variables = [text for text in env if text.startswith("NOTIFY_SOCKET=")]
        self.assertEqual(variables, ["NOTIFY_SOCKET=/run/notify/notify.sock"])

    def test_sees_one_socket_that_everyone_may_write_to(self):
        result = self.run_in(self.bundle("stat", "/run/notify", "/run/notify/notify.sock"), env=self.env)
        self.assertIn("/run/notify: mode 40755 ", result.out)
        self.assertIn("/run/notify/notify.sock: mode 140666 ", result.out)
        listing = self.run_in(self.bundle("ls", "/run/notify"), env=self.env)
        self.assertEqual(listing.out, "notify.sock\n")

    def test_cannot_change_the_directory(self):
        result = self.run_in(self.bundle("write", "/run/notify/file", "x"), code=None, env=self.env)
        self.assertEqual(result.code, 30, str(result))  # EROFS

    def test_has_nothing_without_the_variable(self):
        result = self.run_in(self.bundle("stat", "/run/notify"))
        self.assertIn("/run/notify: errno 2", result.out)

    def test_ignores_the_umask_of_the_caller(self):
        result = self.run_in(self.bundle("stat", "/run/notify", "/run/notify/notify.sock"), env=self.env,
                             preexec_fn=lambda: os.umask(0o777))
        self.assertIn("mode 40755 ", result.out)
        self.assertIn("mode 140666 ", result.out)


class Refused(Case):
    def test_an_address_that_is_none(self):
        for address in ("relative", "vsock:2:99", "/" + 200 * "x"):
            with self.subTest(address):
                self.refused(self.bundle("true"), "NOTIFY_SOCKET", env={"NOTIFY_SOCKET": address})

    def test_a_container_without_a_mount_namespace(self):
        bundle = self.minimal("true").without_namespace("mount")
        self.refused(bundle, "mount namespace", env=self.env)

    def test_a_manager_that_is_not_there(self):
        self.manager.socket.close()
        result = self.rt("run", "--bundle", self.bundle("true").path, self.new_id(), env=self.env)
        self.assertEqual(result.code, 1)
        self.assertIn("cannot connect to NOTIFY_SOCKET", result.err)
