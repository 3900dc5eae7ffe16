# SPDX-License-Identifier: Apache-2.0
"""containerd by its own client, ctr."""

import machine

GONE = "ctr task kill -s KILL t2; sleep 0.5; ctr task rm t2; ctr container rm t2"
PROCESSES = "ps -eo stat,args | grep -v grep"


def rows(b):
    machine.start_containerd()
    b.environment |= {"R": f"--runc-binary {b.path}", "BB": "docker.io/library/bb:latest"}
    b.do(f"ctr image import {machine.ARCHIVE}")
    registered(b)
    runs(b)
    options(b)
    tasks(b)
    systemd(b)
    b.do("for t in $(ctr task ls -q); do ctr task kill -s KILL $t; sleep 0.3; ctr task rm -f $t; done")
    b.do("for c in $(ctr container ls -q); do ctr container rm $c; done")
    b.row("ls /run/containerd/runc/default", out=r"\A\Z", why="nothing is left")
    b.row(f"{PROCESSES} | grep -c 'containerd-shim[-]runc' || true", out=r"\A0$", why="no shim is left")


def registered(b):
    if b.ours:
        b.row("containerd config dump", out=[r"runtimes\.oci-rt\]", r"BinaryName = '/.*/oci-rt'"],
              why="the shipped containerd-2.toml is understood")
        b.do("sed 's/^imports.*//' /etc/containerd/config.toml >/tmp/1.toml; "
             "sed -i '1i imports = [\"/usr/local/share/oci-rt/engines/containerd-1.toml\"]' /tmp/1.toml")
        b.row("containerd -c /tmp/1.toml config dump", out=[r"runtimes\.oci-rt\]", r"BinaryName = '/.*/oci-rt'"],
              why="the shipped containerd-1.toml is understood")
    b.row("ctr plugins ls", out=r"io\.containerd\.cri\.v1 +runtime .* ok", why="the CRI plugin is up with it")


def runs(b):
    b.row("ctr run --rm $R $BB t1 echo hello", out=r"\Ahello$")
    b.row("ctr run --rm $R $BB t1 sh -c 'exit 7'", code=7)
    b.row("ctr run --rm $R --pid-file /tmp/p $BB t1 sh -c 'sh -c \"kill -9 \\$\\$\"; exit $?'", code=137)
    b.row("ctr run --rm $R $BB t1 nosuch", code=1, out=r'exec: "nosuch": executable file not found in \$PATH|nosuch.*not found')
    b.row("ctr run --rm $R $BB t1 /no/such", code=1, out=r"no such file or directory")
    b.row("ctr run --rm $R $BB t1 /etc", code=1, out=r"permission denied|is a directory")
    b.row("ctr run --rm $R $BB t1 /etc/passwd", code=1, out=r"permission denied")
    b.row("ctr run --rm $R --runc-root /run/elsewhere $BB t1 sh -c 'true'; ls /run/elsewhere/default", out=r"\A\Z")
    b.row("script -qec 'stty rows 31 cols 79; ctr run --rm -t $R $BB t1 sh -c \"sleep 1; stty size; tty\"' /dev/null",
          out=["31 79$", "/dev/(pts/0|console)"])


def options(b):
    b.row("ctr run --rm $R --net-host $BB t1 ip link", out="lab0")
    b.row("ctr run --rm $R --uidmap 0:100000:65536 --gidmap 0:100000:65536 $BB t1 cat /proc/self/uid_map",
          out=r"0 +100000 +65536")
    b.row("ctr run --rm $R --seccomp $BB t1 grep Seccomp: /proc/self/status", out=r"Seccomp:\s+2")
    b.row("ctr run -d $R --memory-limit 33554432 --cpus 0.5 $BB t2 sleep 50; cat /sys/fs/cgroup/default/t2/{memory,cpu}.max",
          out=["^33554432$", "^50000 100000$"])
    b.do(GONE)
    b.row("ctr run --rm $R --cap-add CAP_SYS_ADMIN $BB t1 sh -c 'mount -t tmpfs x /tmp && echo mounted'", out="^mounted")
    b.row("ctr run --rm $R --cap-drop CAP_KILL $BB t1 grep CapEff /proc/self/status", out=r"a80425db")
    b.row("ctr run --rm $R --privileged $BB t1 sh -c 'ls /dev | wc -l; grep CapEff /proc/self/status; sleep 0.5'", out="1ffffffffff|3fffffffff")
    b.row("ctr run --rm $R --read-only $BB t1 touch /x", code=1, out="Read-only file system")
    b.row("ctr run --rm $R --env A=b --cwd /tmp --user 1000:1000 $BB t1 sh -c 'echo $A; pwd; id -u'", out=["^b$", "^/tmp$", "^1000$"])
    b.row("ctr run --rm $R --mount type=bind,src=/opt,dst=/mnt,options=rbind:ro $BB t1 sh -c 'ls /mnt; touch /mnt/x'",
          code=1, out=["plain.tar", "Read-only"])
    b.row("ctr run --rm $R --mount type=bind,src=/opt,dst=/mnt,options=rbind:rro $BB t1 sh -c 'touch /mnt/x'", code=1, out="Read-only")
    b.row("ctr run --rm $R --device /dev/fuse $BB t1 ls -l /dev/fuse", out="10, 229")
    b.row("ctr run --rm $R --hostname box $BB t1 hostname", out="^box$")
    b.row("ctr run --rm $R --rootfs /opt/bb t1 echo hi", out="^hi$")
    b.row("ctr run $R --pid-file /tmp/ctr.pid -d $BB t2 sleep 50; grep -c sleep /proc/$(cat /tmp/ctr.pid)/cmdline; wc -l </tmp/ctr.pid",
          out=["^1$", "^0$"])
    b.do(GONE)


def tasks(b):
    b.row("ctr run -d $R $BB t3 sleep 100")
    b.row("ctr task exec --exec-id e1 t3 echo x", out="^x$")
    b.row("ctr task exec --exec-id e2 t3 sh -c 'exit 5'", code=5)
    b.row("ctr task exec --exec-id e3 t3 nosuch", code=1, out="executable file not found|not found")
    b.row("ctr task exec --exec-id e4 --cwd /tmp --user 1000:1000 t3 sh -c 'pwd; id -u'", out=["^/tmp$", "^1000$"])
    b.row("script -qec 'ctr task exec -t --exec-id e5 t3 tty' /dev/null", out="/dev/(pts/|console)")
    b.row("ctr task ps t3", out=r"^\d+")
    b.row("ctr task ls", out=r"^t3 +\d+ +RUNNING")
    b.row("ctr task pause t3; ctr task ls", out=r"^t3 +\d+ +PAUSED")
    b.row("ctr task resume t3; ctr task ls", out=r"^t3 +\d+ +RUNNING")
    b.row("ctr task metrics t3", out=r"memory\.usage|memory\.current|usage_usec|cpu")
    b.row("ctr task kill -s USR1 t3; ctr task ls", out=r"^t3 +\d+ +RUNNING", why="process 1 ignores what it does not handle")
    b.row("ctr task kill -s SIGKILL t3; sleep 1; ctr task ls", out=r"^t3 +\d+ +STOPPED")
    b.row("ctr task kill t3", code=1, out="process already finished: not found")
    b.row("ctr task rm t3", code=(0, 137))
    b.row("ctr task start -d t3; ctr task ls", out=r"^t3 +\d+ +RUNNING", why="a task again, in the same container")
    b.row("ctr task delete -f t3; ctr container delete t3", code=0)
    b.row("ctr task kill t3", code=1, out="not found")
    b.row("ctr run -d $R $BB t4 sh -c 'sleep 100 & sleep 100 & wait' && ctr task kill -a -s KILL t4; sleep 1; "
          "ctr task delete t4; ctr container delete t4; pgrep -x sleep | wc -l", out=r"^0$")


def systemd(b):
    b.row("ctr run --rm $R --runc-systemd-cgroup --cgroup system.slice:t:1 $BB t5 cat /proc/self/cgroup", out=r"0::/($|system.slice/t-1\.scope)")
    b.row("ctr run -d $R --runc-systemd-cgroup --cgroup system.slice:t:6 $BB t6 sleep 100; systemctl is-active t-6.scope", out="^active")
    b.row("ctr task exec --exec-id e t6 sh -c 'exit 3'", code=3)
    b.row("ctr task kill -s KILL t6; sleep 1; ctr task delete t6; ctr container delete t6; systemctl is-active t-6.scope", code=(3, 4), out="inactive")
