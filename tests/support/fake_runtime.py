#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What oci-rt serve needs of a runtime, without containers: calls are written down, processes are `sleep`s.

The folder of $FAKE_RUNTIME has `calls` (a JSON array a line), `images` (names that are there), `containers`, and what
tests put there: `slow-pull` (seconds for each of its ten steps), `fail-VERB` (text of an error), `exit-code`, `usage`.
"""

import fcntl
import json
import math
import os
import pathlib
import signal
import socket
import subprocess
import sys
import termios
import time

FOLDER = pathlib.Path(os.environ["FAKE_RUNTIME"])
DIGEST = "sha256:" + "ab" * 32
# Stays with the process, and writes down how it ended, as a monitor does.
MONITOR = r"""
import json, os, pathlib, subprocess, sys, time
record, pid_file, log, command = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3], sys.argv[4:]
os.setsid()
stamp = lambda: time.strftime("%Y-%m-%dT%H:%M:%S.000000000Z", time.gmtime())
with open(log, "w") as out:
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    pid_file.write_text(str(child.pid))
    for line in child.stdout:
        out.write(f"{stamp()} stdout F {line.decode()}"); out.flush()
code = child.wait()
text = json.dumps({"exitCode": code if code >= 0 else 128 - code, "signal": -min(code, 0), "oomKilled": False,
                   "finishedAt": stamp()})
temporary = record.with_suffix(".new"); temporary.write_text(text); temporary.rename(record)
"""


def image(words):
    verb = words[0]
    if verb == "ls":
        print(json.dumps([path.name for path in sorted((FOLDER / "images").iterdir())]))
        return None
    if verb == "prune":
        print(json.dumps({"removed": 0}))
        return None
    name = [word for word in words[1:] if not word.startswith("-")][0]
    known = FOLDER / "images" / name.replace("/", "_")
    if verb == "rm":
        if not known.exists():
            return "no such image"
        known.unlink()
    if verb == "inspect":
        if (FOLDER / "slow-inspect").exists():  # seconds
            time.sleep(float((FOLDER / "slow-inspect").read_text()))
        if not known.exists():
            return "no such image"
        print(json.dumps({"name": name, "digest": DIGEST}))
    if verb == "pull":
        slow = FOLDER / "slow-pull"
        delay = float(slow.read_text()) if slow.exists() else 0
        for step in range(11):
            print(json.dumps({"layer": DIGEST, "done": step * 100, "total": 1000, "retries": 0,
                              "state": "done" if step == 10 else "fetching"}), file=sys.stderr, flush=True)
            time.sleep(delay)
        known.write_text("")
    return None


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def state(folder):
    pid = int((folder / "pid").read_text())
    document = {"ociVersion": "1.3.0", "id": folder.name, "bundle": str(folder)}
    if alive(pid):
        paused = (folder / "paused").exists()
        return {**document, "status": "paused" if paused else "running", "pid": pid}
    ending = folder / "exit.json"
    return {**document, "status": "stopped", "pid": 0, **(json.loads(ending.read_text()) if ending.exists() else {})}


def run(words):
    name = [word for word in words if word.startswith("--name=")][0].removeprefix("--name=")
    log = [word for word in words if word.startswith("--log-path=")][0].removeprefix("--log-path=")
    folder = FOLDER / "containers" / name
    try:
        folder.mkdir()
    except FileExistsError:
        return f"{name} exists already"
    image_at = [index for index, word in enumerate(words) if not word.startswith("-")][0]
    command = words[image_at + 1:] or ["sleep", "1000"]
    (folder / "config.json").write_text(json.dumps({"ociVersion": "1.3.0", "process": {"args": command}}))
    subprocess.Popen([sys.executable, "-c", MONITOR, str(folder / "exit.json"), str(folder / "pid"), log, *command],
                     stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (folder / "pid").exists() or not (folder / "pid").read_text():
        time.sleep(0.005)
    print(name)
    return None


def usage(now):
    """Next to nothing; with `usage` there, what looks like work."""
    if not (FOLDER / "usage").exists():
        return {"cpu": {"usage": 1}}
    moment = time.monotonic() + now["pid"] % 60
    memory = 48e6 + now["pid"] % 7 * 3e7 + 9e6 * math.sin(moment / 3)
    cpu = 0 if now["status"] == "paused" else moment * 0.3 + math.sin(moment / 2) * 0.4
    return {"cpu": {"usage": {"total": int(cpu * 1e9)}}, "memory": {"usage": {"usage": int(memory), "limit": 1 << 28}}}


def exec_words(words):
    options, rest = {}, list(words)
    while rest[0].startswith("--"):
        word = rest.pop(0)
        options[word.split("=")[0]] = rest.pop(0) if word in ("--pid-file", "--console-socket") else word
    return options, rest


def execute(options, command):
    streams, passed_on = {}, (signal.SIGHUP, signal.SIGTERM)

    def before():
        signal.pthread_sigmask(signal.SIG_UNBLOCK, passed_on)
        if "--tty" in options:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    if "--tty" in options:
        master, slave = os.openpty()
        streams = {"stdin": slave, "stdout": slave, "stderr": slave, "start_new_session": True}
    # One that comes before there is somebody to pass it on to waits.
    signal.pthread_sigmask(signal.SIG_BLOCK, passed_on)
    try:
        child = subprocess.Popen(command, preexec_fn=before, **streams)
    except FileNotFoundError:
        print("oci-rt: no such program", file=sys.stderr)
        return 127
    for number in passed_on:
        signal.signal(number, lambda number, _: child.send_signal(number))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, passed_on)
    if "--tty" in options:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as console:
            console.connect(options["--console-socket"])
            socket.send_fds(console, [b"/dev/ptmx"], [master])
        os.close(master)
        os.close(slave)
    else:
        null = os.open(os.devnull, os.O_RDWR)  # as the real one does not keep what is its program's
        for number in (0, 1):
            os.dup2(null, number)
    temporary = pathlib.Path(options["--pid-file"] + ".new")
    temporary.write_text(str(child.pid))
    temporary.rename(options["--pid-file"])
    code = child.wait()
    return code if code >= 0 else 128 - code


def act(verb, words):
    if verb == "image":
        return image(words)
    if verb == "info":
        print(json.dumps({"kernel": {}}))
        return None
    if verb == "run":
        return run(words)
    plain = [word for word in words if not word.startswith("-") and word != "wide-json"]
    if verb == "exec":
        options, plain = exec_words(words)
    folder = FOLDER / "containers" / plain[0]
    if verb == "delete" and not folder.exists():
        return None
    if not folder.exists():
        return f"no such container {plain[0]}"
    now = state(folder)
    if verb == "state":
        print(json.dumps(now))
    elif verb == "kill":
        if now["status"] == "stopped":
            return "the container has stopped"
        os.kill(now["pid"], getattr(signal, "SIG" + plain[1]))
    elif verb == "pause":
        os.kill(now["pid"], signal.SIGSTOP)
        (folder / "paused").write_text("")
    elif verb == "resume":
        (folder / "paused").unlink()
        os.kill(now["pid"], signal.SIGCONT)
    elif verb == "delete":
        if now["pid"]:
            os.kill(now["pid"], signal.SIGKILL)
        while not (folder / "exit.json").exists():
            time.sleep(0.005)
        subprocess.run(["rm", "-r", str(folder)], check=True)
    elif verb == "exec":
        sys.exit(execute(options, plain[1:]))
    elif verb == "update":
        if now["status"] == "stopped":
            print(json.dumps({"level": "error", "msg": "container not running", "code": "wrong-status"}), file=sys.stderr)
            sys.exit(1)
        with open(FOLDER / "updates", "a") as updates:
            updates.write(json.dumps(json.load(sys.stdin)) + "\n")
    elif verb == "ps":
        print(json.dumps([{"pid": now["pid"]}]))
    elif verb == "events":
        print(json.dumps({"type": "stats", "id": plain[0], "data": usage(now)}))
    return None


def main():
    words = sys.argv[1:]
    while words[0] in ("--root", "--log", "--log-format"):
        words = words[2:]
    words = [word for word in words if word != "--log-format=json"]
    with open(FOLDER / "calls", "a") as calls:
        calls.write(json.dumps(words) + "\n")
    failure = FOLDER / f"fail-{words[1] if words[0] == 'image' else words[0]}"
    why = failure.read_text() if failure.exists() else act(words[0], words[1:])
    if why:
        print(why if why.startswith("{") else f"oci-rt: {why}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
