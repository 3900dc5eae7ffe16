# SPDX-License-Identifier: Apache-2.0
"""Several runtimes beside each other, in a mount namespace of their own: for programs that compare them.

--runtime NAME=PATH[@ROOT]: PATH is a binary of this host, or one inside the tree ROOT, which is run in a chroot of it.
"""

import argparse
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import bundle as bundles
import host

SECONDS = 20
TIMED_OUT = 124  # as timeout(1)


class Answer:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def __str__(self):
        """Taken, or the end of what was said."""
        if self.code == 0:
            return "taken"
        lines = [line for line in (self.err or self.out).splitlines() if line.strip()] or ["nothing said"]
        text = re.sub(r'^time=\S+ level=error msg="(.*)"$', r"\1", lines[-1]).replace('\\"', '"')
        text = re.sub(r"^\d{4}-\S+ *:? *", "", text)
        text = re.sub(r"/tmp/oci-rt-beside-\w+(/[\w.-]+)*", "…", text)
        return f"refused: “{text[:160].replace('|', '/')}”"


class Runtime:
    """One runtime, and bundles for it."""

    def __init__(self, name, path, root, work, group, payload):
        self.name, self.path, self.root = name, path, root
        self.folder, self.group, self.payload = work / name, group, payload
        self.folder.mkdir()
        self.count = 0

    def argv(self, *args):
        return [self.path, "--root", str(self.folder / "state"), *map(str, args)]

    def enter(self):
        if self.root:
            os.chroot(self.root)
        os.chdir("/")

    def __call__(self, *args, seconds=SECONDS, environment=None, stdin=subprocess.DEVNULL):
        """An Answer; of code TIMED_OUT if it took longer."""
        self.count += 1
        files = [self.folder / f"{self.count}.{kind}" for kind in ("out", "err")]
        # Into files: a container keeps a pipe open.
        with open(files[0], "wb") as out, open(files[1], "wb") as err:
            try:
                code = subprocess.run(self.argv(*args), stdin=stdin, stdout=out, stderr=err, preexec_fn=self.enter,
                                      env={"PATH": bundles.PATH, **(environment or {})}, timeout=seconds,
                                      check=False).returncode
            except subprocess.TimeoutExpired:
                code = TIMED_OUT
        host.reap()
        return Answer(code, *(file.read_text(errors="replace") for file in files))

    def bundle(self, *args, **edits):
        config = bundles.minimal_config("/bin/payload", *args)
        path = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        path.chmod(0o755)
        made = bundles.Bundle(path, config, self.payload)
        made.edit("/linux/cgroupsPath", f"/{self.group.name}/{path.name}")
        for pointer, value in edits.items():
            made.edit(pointer.replace("__", "/"), value)
        return made

    def run(self, bundle):
        answer = self("run", "--bundle", bundle.path, "box")
        self("delete", "--force", "box")
        return answer

    def version(self):
        return self("--version").out.splitlines()[0].removeprefix(f"{self.name} version ")


def furnish(root, work):
    """A tree to chroot into: its own mount, with all a runtime needs. In our mount namespace only."""
    host.mount(root, root, None, host.MS_BIND)
    host.mount("proc", f"{root}/proc", "proc")
    for folder in ("sys", "dev"):
        host.mount(f"/{folder}", f"{root}/{folder}", None, host.MS_BIND | host.MS_REC)
    for folder in ("run", "tmp"):
        host.mount("tmpfs", f"{root}/{folder}", "tmpfs")
    place = pathlib.Path(f"{root}{work}")
    place.mkdir(parents=True)
    host.mount(work, place, None, host.MS_BIND | host.MS_REC)


def parser(description):
    made = argparse.ArgumentParser(description=description.splitlines()[0])
    made.add_argument("--payload", required=True, help="the static test program")
    made.add_argument("--runtime", action="append", required=True, metavar="NAME=PATH[@ROOT]")
    return made


@contextlib.contextmanager
def arranged(options, prepare=lambda work: None):
    """The runtimes that the options name; prepare() furnishes the folder they share. Needs root."""
    host.enter()
    work = pathlib.Path(tempfile.mkdtemp(prefix="oci-rt-beside-", dir="/tmp"))
    host.mount("tmpfs", work, "tmpfs", 0, "mode=755")
    prepare(work)
    group = host.make_cgroup(work.name)
    try:
        payload = shutil.copy(options.payload, work / "payload")
        made = []
        for number, (name, where) in enumerate(text.split("=", 1) for text in options.runtime):
            path, _, root = where.partition("@")
            root = root and str(pathlib.Path(root).resolve())
            if root and not any(runtime.root == root for runtime in made):
                furnish(root, work)
            path = path if root else str(pathlib.Path(path).resolve())
            made.append(Runtime(name or str(number), path, root, work, group, payload))
        yield made
    finally:
        host.remove_cgroup(group)
        host.unmount(work)
        work.rmdir()
