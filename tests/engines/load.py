# SPDX-License-Identifier: Apache-2.0
"""Many at once and many in a row; what the machine holds is counted before and after."""

import os
import time

import machine

SCALE = 1 if os.environ.get("FULL", "1") == "1" else 10
COUNT = """for n in dockerd containerd; do echo "fds of $n: $(ls /proc/$(pgrep -x $n)/fd | wc -l)"; done
echo "zombies: $(ps -eo stat | grep -c ^Z)"; echo "mounts: $(wc -l </proc/self/mountinfo)"
echo "cgroups: $(find /sys/fs/cgroup/system.slice /sys/fs/cgroup/machine.slice /sys/fs/cgroup/docker -type d 2>/dev/null | wc -l)"
echo "namespaces: $(ls /run/docker/netns | grep -vc default)"; echo "shims: $(pgrep -fc '[c]ontainerd-shim-runc')"; echo "conmons: $(pgrep -xc conmon)"
echo "states: $(ls /run/docker/runtime-runc/moby /run/oci-rt /run/crun 2>/dev/null | grep -vc ':$')" """


def counts(b):
    lines = [line.split(": ") for line in b.do(COUNT)[1].splitlines() if ": " in line]
    return {name: int(value) for name, value in lines}


def fits(name, number, after):
    slack = 6 if name.startswith("fds") else 0  # a daemon keeps a connection or two open
    return after.get(name, 10**6) <= number + slack


def settled(b, before):
    """Daemons close some descriptors a while later."""
    for _ in range(24):
        time.sleep(5)
        after = counts(b)
        if all(fits(name, number, after) for name, number in before.items()):
            break
    return after


def rows(b):
    machine.register_podman(b.name)
    machine.start_docker(b.name, "systemd")
    docker = "docker run --rm --network none bb"
    b.do(f"{docker} true; podman run --rm --net none bb true; docker run -d --name d1 --network none bb sleep 10000; docker exec d1 true", 120)
    time.sleep(2)
    before = counts(b)
    runs, execs = 100 // SCALE, 1000 // SCALE
    b.row(f"seq {runs} | xargs -P {runs} -I@ {docker} sh -c 'echo out @' | sort -u | wc -l", out=f"^{runs}$", seconds=1200, why="all at once")
    b.row(f"seq {execs // 20} | xargs -P 4 -I@ docker exec d1 echo out @ | sort -u | wc -l", out=f"^{execs // 20}$", seconds=1200)
    b.row(f"python3 /opt/engines/many_execs.py d1 {execs}", out=f"^{execs}$", seconds=2400, why="one after the other, each with its own exit code")
    b.row(f"seq {runs // 2} | xargs -P 10 -I@ podman run --rm --net none bb echo out @ | sort -u | wc -l", out=f"^{runs // 2}$", seconds=1200)
    b.row("for i in 1 2 3; do docker run -d --name s1 --network none bb sleep 99; kill -9 $(pgrep -f 'shim-runc-v2.*'$(docker inspect -f '{{.Id}}' s1)); sleep 2; docker rm -f s1; done",
          seconds=120, why="three shims are killed")
    after = settled(b, before)
    kinds = b.do("ls -l /proc/$(pgrep -x dockerd)/fd | awk '{print $NF}' | sed 's/[0-9a-f]\\{8,\\}/ID/g; s/[0-9]//g' | sort | uniq -c | sort -n")[1]
    for name, number in before.items():
        said = f"{number} before, {after.get(name)} after"
        b.check(f"(after all this) {name}", "not more than before", "" if fits(name, number, after) else said, f"{said}\n{kinds}")
    b.do("docker rm -f d1; podman rm -fa -t 0")
