# SPDX-License-Identifier: Apache-2.0
"""What tests of limits share: a container whose cgroup can be read, and changes to a machine that is theirs.

With OCI_RT_IN_LAB=1 the machine may be changed, as tests/lab/run has it: disks, swap and huge pages are made, and taken
back when the test ends.
"""

import os
import pathlib
import subprocess
import tempfile

import harness
import host

KILOBYTE, MEGABYTE = 1 << 10, 1 << 20
BIG = pathlib.Path("/var/tmp")  # a file system of the machine; that of the tests is in memory


class Box(harness.Case):
    seconds = 120

    def prepared(self, resources, *args, below=""):
        """A bundle with these resources, and below: with its cgroup in this one of the test's."""
        bundle = self.bundle(*(args or ("sleep", "1000")))
        if below:
            bundle.edit("/linux/cgroupsPath", f"/{harness.GROUP.name}/{below}/{bundle.path.name}")
            bundle.cgroup = harness.GROUP / below / bundle.path.name
        devices = resources.get("devices", [])
        ours = bundle.config["linux"]["resources"]
        ours.update({**resources, "devices": ours["devices"] + devices})
        return bundle.write()

    def box(self, resources, *args, **options):
        """A running container, and a function that reads a file of its cgroup."""
        bundle = self.prepared(resources, *args, **options)
        id = self.started(bundle)
        return id, lambda file: (bundle.cgroup / file).read_text().strip()

    def values(self, resources, *files):
        """What a container of these resources has in files of its cgroup; it is gone again."""
        bundle, id = self.prepared(resources), self.new_id()
        self.ok("create", "--bundle", bundle.path, id)
        try:
            return [(bundle.cgroup / file).read_text().strip() for file in files]
        finally:
            self.ok("delete", "--force", id)

    def inside(self, id, *args, code=0):
        result = self.rt("exec", id, "/bin/payload", *args)
        if code is not None:
            self.assertEqual(result.code, code, str(result))
        return result

    def holding(self, resources, *args, **options):
        """box(), once its program says that it has what it holds."""
        id, read = self.box(resources, *args, **options)
        self.assertTrue(host.until(lambda: "held" in self.created.out, 20))
        return id, read

    def need_file(self, *names):
        for name in names:
            if not (harness.GROUP / name).exists():
                self.skipTest(f"this kernel has no {name}")

    def one_processor(self):
        """Resources with which containers share a single processor."""
        if "cpuset" in host.controllers():
            return {"cpus": "0"}
        if os.cpu_count() != 1:
            self.skipTest("several processors, and no cpuset controller")
        return {}

    # The machine

    def change(self, *command):
        """A command that changes the machine: its output, or a skip."""
        if os.environ.get("OCI_RT_IN_LAB") != "1":
            self.skipTest("the machine is not ours to change (OCI_RT_IN_LAB=1)")
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            self.skipTest(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
        return done.stdout.strip()

    def back(self, *command):
        self.addCleanup(subprocess.run, list(map(str, command)), capture_output=True, check=True)

    def change_file(self, path, text):
        """Writes to a file of the kernel; the test's end brings back what stood there."""
        self.change("true")
        file = pathlib.Path(path)
        before = file.read_text().strip()
        if "[" in before:  # a choice, the present one in brackets
            before = before[before.index("[") + 1:before.index("]")]
        file.write_text(text)
        self.addCleanup(file.write_text, before)

    def file_of_zeros(self, megabytes):
        self.change("true")
        fd, path = tempfile.mkstemp(dir=BIG, prefix="oci-rt-test-")
        self.addCleanup(os.unlink, path)
        with open(fd, "wb") as file:
            file.write(bytes(megabytes * MEGABYTE))
            os.fsync(fd)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)  # its pages are charged to who reads them
        return path

    def disk(self):
        """A disk of 16 MB: its name below /dev, and its number."""
        self.need_controller("io")
        path = self.file_of_zeros(16)
        subprocess.run(["modprobe", "loop"], capture_output=True)
        name = self.change("losetup", "--find", "--show", path).removeprefix("/dev/")
        self.back("losetup", "--detach", f"/dev/{name}")
        return name, [int(word) for word in pathlib.Path(f"/sys/block/{name}/dev").read_text().split(":")]

    def slow_disk(self):
        """One that takes 5 ms for a request and one at a time, so that requests have to queue: its name and number."""
        self.need_controller("io")
        self.change("modprobe", "null_blk", "nr_devices=1", "queue_mode=2", "irqmode=2", "completion_nsec=5000000",
                    "hw_queue_depth=1", "submit_queues=1", "gb=1", "bs=4096")
        self.back("modprobe", "--remove", "null_blk")
        return "nullb0", [int(word) for word in pathlib.Path("/sys/block/nullb0/dev").read_text().split(":")]

    def swap(self, megabytes=64):
        path = self.file_of_zeros(megabytes)
        self.change("mkswap", path)
        self.change("swapon", path)
        self.back("swapoff", path)


def numbers(text):
    """The words of a flat file and their numbers."""
    return {word: int(number) for word, number in (line.split() for line in text.splitlines())}


def line_of(text, device):
    """What io.stat or io.max say of a device."""
    for line in text.splitlines():
        name, *pairs = line.split()
        if name == device:
            return dict(pair.split("=") for pair in pairs)
    return {}
