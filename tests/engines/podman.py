# SPDX-License-Identifier: Apache-2.0
"""Podman (and conmon), for root and for a user with a session."""

import os

import machine


def rootful(b):
    machine.register_podman(b.name)
    b.do("podman rm -fa -t 0; podman pod rm -fa -t 0")
    common(b)
    for_root(b)
    systemd(b)
    b.do("podman pod rm -fa -t 0; podman rm -fa -t 0")
    b.row("ls /run/$NAME 2>/dev/null || true", out=r"\A\Z", why="nothing is left in the runtime's directory")
    b.row("podman --version; pgrep -x conmon | wc -l", out=r"^0$", why="no conmon is left")


def rootless(b):
    machine.register_podman(b.name, os.path.expanduser("~/.config/containers/containers.conf.d"))
    b.do("podman rm -fa -t 0; podman pod rm -fa -t 0")
    b.do("podman image exists bb || podman load -i /opt/bb.tar", 300)
    common(b)
    for_users(b)
    b.do("podman pod rm -fa -t 0; podman rm -fa -t 0")
    b.row("ls /run/user/1000/$NAME 2>/dev/null || true", out=r"\A\Z", why="nothing is left in the runtime's directory")


def common(b):
    b.row("podman info --format '{{.Host.OCIRuntime.Name}} {{.Host.CgroupManager}}'", out="^$NAME systemd$")
    first(b)
    life(b)
    limits(b)
    options(b)
    mounts(b)
    cgroups(b)
    pods(b)
    kube(b)
    probes(b)


def first(b):
    b.row("podman run --rm bb echo hi", out=r"\Ahi$")
    for command, code, out in (("nosuch", 127, 'executable file.*not found in'), ("/etc", 126, "(?i)permission denied|is a directory"),
                               ("/no/such", 127, "(?i)no such file or directory|not found"), ("/etc/passwd", 126, "(?i)permission denied")):
        b.row(f"podman run --rm bb {command}", code=code, out=out)
    b.row("podman run --rm bb sh -c 'exit 7'", code=7)
    b.row("podman run --rm bb sh -c 'sh -c \"kill -9 \\$\\$\"; exit $?'", code=137)
    b.row("podman run --runtime-flag invalidflag --rm bb true", code=126, out="invalidflag")
    b.row("echo in | podman run -i --rm bb cat", out=r"\Ain$")
    b.row("podman run --log-driver none --rm bb sh -c 'yes | head -c 3000000' | wc -c", out="^3000000$")
    b.row("script -qec 'stty rows 31 cols 79; podman run --rm -it bb sh -c \"sleep 0.5; stty size; tty; ls -l /dev/console\"' /dev/null",
          out=[r"31 79$", r"^/dev/(pts/0|console)", "136, +0"])
    b.row("podman run --rm bb cat /proc/1/oom_score_adj", out=r"^\d+$")
    b.row("podman run --rm bb sh -c 'grep -E \"CapInh|CapAmb\" /proc/self/status | sort -u -k2'", out="0000000000000000")
    b.row("podman run --rm bb ls -l /proc/self/fd", never=r"[ ][4-9] -> ")


def life(b):
    b.row("podman run -dit --name c1 bb sh", out=r"^[0-9a-f]{64}$")
    b.row("podman exec c1 echo x", out=r"\Ax$")
    b.row("podman exec -u u1000 -w /tmp -e A=1 c1 sh -c 'id -u; pwd; echo $A'", out=["^1000$", "^/tmp$", "^1$"])
    b.row("podman exec c1 sh -c 'exit 5'", code=5)
    b.row("podman exec c1 nosuch", code=127)
    b.row("podman exec c1 /etc", code=126)
    b.row("podman exec c1 /no/such", code=127)
    b.row("podman exec c1 /etc/passwd", code=126)
    b.row("podman exec -d c1 sleep 1", out=r"^[0-9a-f]{64}$")
    b.row("script -qec 'stty rows 31 cols 79; podman exec -it c1 sh -c \"sleep 0.5; stty size; tty\"' /dev/null", out=["31 79$", "^/dev/pts/"])
    b.row("echo in | podman exec -i c1 cat", out=r"\Ain$")
    b.row("podman exec --privileged c1 grep CapEff /proc/self/status", out="f+$")
    b.row("podman top c1", out=["^USER", r"\bsh\b"])
    b.row("podman top c1 user pid comm", out=r"root +1 +sh")
    b.row("podman pause c1; podman inspect -f '{{.State.Status}}' c1", out="^paused$")
    b.row("podman exec c1 true", code=(125, 126, 255), out="(?i)paused|running")
    b.row("podman unpause c1; podman ps --format '{{.Status}}'", out="^Up")
    b.row("podman kill -s WINCH c1; podman inspect -f '{{.State.Status}}' c1", out="^running")
    b.row("podman stop -t 1 c1; podman inspect -f '{{.State.Status}} {{.State.ExitCode}}' c1", out="^exited 137")
    b.row("podman start c1; podman exec c1 echo again", out="^again$")
    b.row("podman restart -t 1 c1; podman exec c1 echo again", out="^again$")
    b.row("podman cp c1:/etc/passwd - | tar -xO", out="u1000")
    b.row("podman inspect -f '{{.OCIRuntime}}' c1", out="^$NAME")
    b.row("podman rm -f -t 0 c1; podman ps -aq", out=r"^c1$")
    b.row("podman run -d --name c2 bb sleep 100; podman pause c2; podman rm -f -t 0 c2; podman ps -aq", out="^c2$", why="a paused one can be removed")
    b.row("podman create --name c3 bb true; podman init c3; podman rm -f c3", why="a created one can be removed")
    b.row("podman run -d --name c4 bb sh -c 'trap \"exit 9\" TERM; while :; do sleep 0.1; done'; sleep 1; podman stop c4; "
          "podman wait c4", out=r"^9$")
    b.row("podman logs c4; podman rm c4")
    b.row("podman run --name c5 -d --health-cmd true --health-interval 1s --health-retries 1 bb sleep 60; sleep 1; "
          "podman healthcheck run c5; podman inspect -f '{{.State.Health.Status}}' c5; podman rm -f -t 0 c5", out="^healthy$")
    b.row("podman run --name c6 -d --restart on-failure:2 bb false; sleep 6; podman inspect -f '{{.RestartCount}}' c6; podman rm -f c6", out="^2$")
    b.row("podman run --rm --init bb ps -o pid,args", out=r"1 +(/run/podman-init|/dev/init|/sbin/\S+|\S*catatonit)")
    b.row("podman run --rm --timeout 1 bb sleep 30", code=255, seconds=30)
    b.row("podman run -d --name a bb sleep 99; podman run --rm --pid container:a --network container:a --ipc container:a "
          "--uts container:a bb ps; podman rm -f -t 0 a", out="sleep 99")


def limits(b):
    b.row("podman run -d --name m -m 64m --memory-swap 128m --pids-limit 50 --cpus 0.5 bb sleep 300")
    b.row("podman exec m sh -c 'cd /sys/fs/cgroup; cat memory.max memory.swap.max pids.max cpu.max'",
          out=["^67108864$", "^50$", "^50000 100000$"])
    b.row("podman stats --no-stream --format '{{.MemUsage}} {{.PIDs}}' m", out=r"67\.11MB 1")
    b.row("podman update --memory 80m --pids-limit 60 --cpus 0.7 m; podman exec m sh -c 'cd /sys/fs/cgroup; cat memory.max pids.max cpu.max'",
          out=["^83886080$", "^60$", "^70000 100000$"])
    b.row("podman rm -f -t 0 m")
    # systemd often takes the cgroup away before conmon has read its events (containers/conmon, issue 426): with each runtime.
    b.row("for i in $(seq 8); do podman run --name oom -m 8m --memory-swap 8m bb sh -c 'x=$(yes | head -c 64m)'; c=$?; "
          "k=$(podman inspect -f '{{.State.OOMKilled}}' oom); podman rm oom; [ $k = true ] && break; done; echo $c $k", out="^137 true$", seconds=120)
    b.row("podman run --rm --ulimit nofile=512:600 bb sh -c 'ulimit -n; ulimit -Hn'", out=["^512$", "^600$"])
    b.row("podman run --rm --cpu-shares 512 bb cat /sys/fs/cgroup/cpu.weight", out=r"^\d+$")
    b.row("podman run --rm --oom-score-adj 500 bb cat /proc/self/oom_score_adj", out="^500$")


def options(b):
    b.row("podman run --rm --umask 0027 bb sh -c umask", out="^0027$")
    b.row("podman run --rm --hostname box bb hostname", out="^box$")
    b.row("podman run --rm --sysctl net.core.somaxconn=1024 bb cat /proc/sys/net/core/somaxconn", out="^1024$")
    b.row("podman run --rm --cap-drop ALL bb grep CapEff /proc/self/status", out=r"0000000000000000")
    b.row("podman run --rm --cap-add NET_ADMIN bb ip link add dd type bridge", code=0)
    b.row("podman run --rm --user 1000 --cap-add NET_ADMIN bb grep Cap /proc/self/status", out=r"CapAmb:\s+0*1000$")
    b.row("podman run --rm --privileged bb sh -c 'grep CapEff /proc/self/status; ls /dev | wc -l'", out="f+$")
    b.row("podman run --rm --security-opt no-new-privileges bb grep NoNewPrivs /proc/self/status", out="1$")
    b.row("podman run --rm --security-opt mask=/etc/passwd bb cat /etc/passwd", out=r"\A\Z")
    b.row("podman run --rm --security-opt unmask=ALL bb sh -c 'grep -c /proc/ /proc/self/mountinfo || true'", out=r"^\d+$")
    b.row("podman run --rm --security-opt label=disable bb true")
    b.row("podman run --rm --security-opt seccomp=unconfined bb grep Seccomp: /proc/self/status", out="0$")
    b.do("echo '%s' >/tmp/$NAME-seccomp.json" % __import__("json").dumps(machine.SECCOMP))
    b.row("podman run --rm --security-opt seccomp=/tmp/$NAME-seccomp.json bb mkdir /x", code=1, out="Operation not permitted")
    b.row("podman run --rm --read-only bb sh -c 'touch /x; touch /tmp/x && echo tmp'", out=["Read-only", "^tmp$"])
    b.row("podman run --rm --read-only --read-only-tmpfs=false bb touch /tmp/x", code=1, out="Read-only")
    b.row("podman run --rm --device /dev/fuse bb ls -l /dev/fuse", out="10, 229")
    b.row("podman run --rm --pid host bb sh -c 'ls /proc | grep -c ^[0-9]'", out=r"^\d\d+$")
    b.row("podman run --rm --ipc host --uts host bb hostname", out="^lab$")
    b.row("podman run --rm --net host bb ip link", out="lab0")
    b.row("podman run --rm --net none bb ip -o link", out="^1: lo", never="^[2-9]:")
    b.row("podman run --rm --net host --privileged bb true")
    b.row("podman run --rm --tz Europe/Berlin bb true", code=(0, 125), why="as the reference")
    b.row("podman run --rm --log-driver passthrough bb echo hi", out="^hi$")
    b.row("podman run --rm --preserve-fds 2 bb ls /proc/self/fd 3</dev/null 4</dev/null", out=["^3$", "^4$"])
    b.row("podman run --rm --preserve-fd 5 bb sh -c 'cat <&5' 5</etc/hostname", out="^lab$", why="a hole: 3 and 4 are not there")
    b.row("podman run --rm --group-add keep-groups bb id", code=(0, 125), why="as the reference")
    b.row("podman run --rm --sdnotify=container bb true")
    b.row("podman run --rm --stop-signal 15 --annotation a.b=c bb true")
    b.row("podman run --rm --env-host=false -e A=b bb env", out="^A=b$")
    b.row("podman run --rm --personality LINUX32 bb uname -m", out="i686|x86_64")
    b.row("podman run --rm --shm-size 1m bb df /dev/shm", out=r"1024 ")
    b.row("podman run --rm --entrypoint '[\"echo\",\"a b\"]' bb c", out="^a b c$")


def mounts(b):
    b.do("rm -rf ~/src; mkdir -p ~/src/sub; echo data >~/src/file; chmod -R a+rwX ~/src; podman volume rm -f v")
    b.row("podman run --rm -v ~/src:/dst bb cat /dst/file", out="^data$")
    b.row("podman run --rm -v ~/src:/dst:ro,rslave bb touch /dst/x", code=1, out="Read-only")
    b.row("podman run --rm -v ~/src:/dst:O bb sh -c 'touch /dst/x; ls /dst'; ls ~/src", out="^file$", never=r"x\n[^x]*\Zx")
    b.row("podman run --rm -v v:/etc bb cat /etc/passwd", out="u1000", why="a new volume is filled from the image")
    b.row("podman run --rm --mount type=tmpfs,dst=/etc,tmpcopyup bb cat /etc/passwd", out="u1000")
    b.row("podman run --rm --mount type=tmpfs,dst=/mnt,tmpfs-size=1m bb df /mnt", out="1024 ")
    b.row("podman run --rm --mount type=bind,src=$HOME/src,dst=/dst,bind-nonrecursive bb cat /dst/file", out="^data$")
    b.row("podman run --rm --mount type=bind,src=$HOME/src,dst=/dst,ro=true,bind-propagation=rshared bb grep /dst /proc/self/mountinfo", out=" ro,")
    b.row("podman run --rm --mount type=devpts,dst=/dev/pts bb ls /dev/pts", out="ptmx")
    b.row("podman run --rm --mount type=ramfs,dst=/mnt bb grep /mnt /proc/mounts", out="ramfs|tmpfs")
    b.row("podman run --rm -v ~/src/file:/etc/file bb cat /etc/file", out="^data$")
    b.row("podman run --rm -v ~/src/file:/etc bb true", code=(126, 127), out="(?i)not a directory")
    b.row("podman run --rm -v ~/src:/dst:dev,suid,exec bb true")
    b.row("podman run --rm -v ~/src:/dst:U bb stat -c %u /dst", out="^0$")
    b.row("podman run --rm --tmpfs /mnt:rw,size=2m,mode=700 bb stat -c %a /mnt", out="^700$")
    b.row("podman run --rm --volumes-from nobody bb true", code=125)
    b.row("podman run --rm -w /new/dir bb pwd", code=(0, 126, 127), why="as the reference")
    b.row("podman run --rm --secret none bb true", code=125)


def cgroups(b):
    b.row("podman run --rm --cgroups=enabled bb cat /proc/self/cgroup", out="^0::/$")
    b.row("podman run --rm --cgroups=split bb cat /proc/self/cgroup", code=0, out="^0::/")
    b.row("podman run --rm --cgroups=no-conmon bb cat /proc/self/cgroup", out="^0::/$")
    b.row("podman run --rm --cgroups=disabled bb true")
    b.row("podman run --rm --cgroupns host bb cat /proc/self/cgroup", out=r"libpod-")
    b.row("podman run --rm --cgroupns private bb cat /proc/self/cgroup", out="^0::/$")
    b.row("podman --cgroup-manager cgroupfs run --rm bb echo hi", out="^hi$")
    b.row("podman --cgroup-manager cgroupfs run --rm -m 64m bb cat /sys/fs/cgroup/memory.max", code=(0, 125, 126, 127), why="as the reference")


def pods(b):
    b.row("podman pod create --share ipc,net,uts,pid --name p1", out=r"^[0-9a-f]{64}$")
    b.row("podman run -d --pod p1 --name p1a bb sleep 99")
    b.row("podman run --rm --pod p1 bb ps", out="sleep 99")
    b.row("podman exec p1a echo x", out="^x$")
    b.row("podman pod ps --format '{{.Name}} {{.Status}} {{.NumberOfContainers}}'", out="^p1 Running 2")
    b.row("podman pod stats --no-stream p1", out="p1a")
    b.row("podman pod top p1", out="sleep")
    b.row("podman pod pause p1; podman pod ps --format '{{.Status}}'", out="Paused")
    b.row("podman pod unpause p1; podman pod ps --format '{{.Status}}'", out="Running")
    b.row("podman pod restart p1", seconds=90)
    b.row("podman pod kill p1; sleep 1; podman pod ps --format '{{.Status}}'", out="Exited|Degraded")
    b.row("podman pod start p1; podman pod stop -t 1 p1; podman pod rm -f p1; podman pod ps -q", out=r"p1|[0-9a-f]{12}", seconds=90)
    b.row("podman pod create --name p2 --memory 64m --cpus 0.5; podman run --rm --pod p2 bb echo hi; podman pod rm -f -t 0 p2", code=0, out="^hi$")


KUBE = """apiVersion: v1
kind: Pod
metadata: {name: k}
spec:
  restartPolicy: Never
  initContainers:
  - {name: i, image: docker.io/library/bb:latest, imagePullPolicy: Never, command: [sh, -c, "echo init"]}
  containers:
  - name: c
    image: docker.io/library/bb:latest
    imagePullPolicy: Never
    command: [sleep, "99"]
    resources: {limits: {memory: 64Mi, cpu: 500m}}
    securityContext: {readOnlyRootFilesystem: true, runAsUser: 1000, capabilities: {drop: [ALL]}}
    livenessProbe: {exec: {command: ["true"]}, periodSeconds: 1}
  - {name: d, image: docker.io/library/bb:latest, imagePullPolicy: Never, command: [sh, -c, "while :; do sleep 1; done"]}
"""


def kube(b):
    b.do(f"cat >~/pod.yaml <<'E'\n{KUBE}E")
    b.row("podman kube play ~/pod.yaml", out="^Pod:", seconds=90)
    b.row("podman ps --format '{{.Names}}'", out=["^k-c$", "^k-d$"])
    b.row("podman exec k-c sh -c 'id -u; cat /sys/fs/cgroup/memory.max; touch /x'", code=1, out=["^1000$", "^67108864$", "Read-only"])
    b.row("podman logs k-i || true", why="the init container ran")
    b.row("podman kube generate k | grep -c image:", out="^[23]$")
    b.row("podman kube down ~/pod.yaml; podman pod ps -q", seconds=90)


def probes(b):
    b.do("podman run -d --name cp bb sleep 100")
    b.row("podman container checkpoint cp", code=(0, 125), out="(?i)cp|not support|checkpoint", why="the probe ends, whatever it finds")
    b.do("podman rm -f -t 0 cp")
    b.row("podman run --rm --systemd=always bb sh -c 'grep -E \" (/run|/tmp|/run/lock|/sys/fs/cgroup) \" /proc/self/mountinfo; "
          "mkdir /sys/fs/cgroup/x && echo made; env'", out=["^made$", "container_uuid="])
    b.row("podman system prune -f", code=0, seconds=90)


def for_root(b):
    b.row("podman run --rm bb ip addr", out="10.88.")
    b.row("podman run --rm -v ~/src:/dst:idmap --uidmap 0:100000:65536 bb stat -c %u /dst/file", out="^0$")
    b.row("podman run --rm --uidmap 0:100000:65536 bb cat /proc/self/uid_map", out="0 +100000 +65536")
    b.row("podman run --rm --uidmap 0:100000:65536 --net none bb sh -c 'touch /x; stat -c %u /x'", out="^0$")
    b.row("podman run --rm --device-read-bps /dev/ubda:1mb bb cat /sys/fs/cgroup/io.max", code=(0, 125, 126), why="as the reference")
    b.row("podman run --rm --rootfs /opt/bb echo hi", out="^hi$")
    b.row("podman run --rm --rootfs /opt/bb:O sh -c 'touch /x'; ls /opt/bb/x", code=2, out="No such file")
    b.row("podman run --rm --cap-add MKNOD bb sh -c 'mknod /n c 1 3 && echo x >/n && echo ok'", out="^ok$")
    b.row("podman run --rm --cap-add MKNOD --rootfs /opt/bb:O sh -c 'mknod /n c 1 3 && echo x >/n && echo ok'",
          code=(0, 1), out="^ok$|Permission denied", why="Podman mounts this one nodev, which crun takes off, and runc and oci-rt do not")
    b.row("podman run --rm --mac-address 92:d0:c6:0a:29:33 bb ip link", out="92:d0:c6:0a:29:33")
    b.row("podman run --rm --group-add 27 bb id -G", out="0 27")


def systemd(b):
    """A whole Debian with systemd as process 1, from this machine's own root."""
    b.row("podman run -d --name s --systemd=always --stop-timeout 30 --rootfs /:O /lib/systemd/systemd systemd.mask=lab.service "
          "systemd.mask=networking.service", seconds=60)
    b.row("for i in $(seq 60); do podman exec s systemctl is-system-running && break; sleep 1; done", out="^running$", seconds=120)
    b.row("podman exec s systemctl show -P ControlGroup systemd-journald", out="/system.slice/systemd-journald.service")
    b.row("podman exec s systemd-run --wait -p MemoryMax=50M true", seconds=60)
    b.row("podman stop s; podman inspect -f '{{.State.ExitCode}}' s", out="^(130|0|143)$", seconds=60, why="SIGRTMIN+3 ends it in time")
    b.row("podman rm -f -t 0 s")


def for_users(b):
    b.row("podman run --rm --userns=keep-id bb id -u", out="^1000$")
    b.row("podman run --rm --userns=keep-id bb cat /proc/self/uid_map", out=["0 +1 +1000", "1000 +0 +1"])
    b.row("podman run --rm --userns=keep-id:uid=200,gid=210 bb id", out="uid=200.*gid=210")
    b.row("podman run --rm --userns=nomap bb cat /proc/self/uid_map", out="0 +1 +65536")
    b.row("podman run --rm --userns=host bb id -u", out="^0$")
    b.row("podman run --rm --userns=auto bb cat /proc/self/uid_map", code=(0, 125), why="as the reference")
    b.row("podman run --rm --uidmap 0:1:1000 bb cat /proc/self/uid_map", out="0 +1 +1000")
    b.row("podman run --rm --uidmap 0:1:1000 --gidmap 0:1:1000 -v ~/src:/dst bb cat /dst/file", out="^data$")
    b.row("podman run --rm --userns=keep-id -v ~/src:/dst bb sh -c 'touch /dst/mine; stat -c %u /dst/mine'; stat -c %u ~/src/mine", out=r"^1000\n1000$")
    b.row("podman run --rm --pid=host --ipc=host --net=host bb true")
    b.row("podman run --rm --net=host --privileged bb sh -c 'ls /dev | wc -l'")
    b.row("podman run --rm --net=pasta bb ip -o link", code=(0, 125, 126), why="as the reference")
    b.row("podman run --rm --net=slirp4netns bb ip -o link", code=(0, 125, 126), why="as the reference")
    b.row("podman run -d --name u -m 64m bb sleep 99; systemctl --user show -P MemoryMax libpod-$(podman inspect -f '{{.Id}}' u).scope; "
          "systemctl --user is-active libpod-$(podman inspect -f '{{.Id}}' u).scope; podman rm -f -t 0 u", out=["^67108864$", "^active$"])
    b.row("podman unshare cat /proc/self/uid_map", out="100000")
    b.row("podman run --rm --userns=keep-id --systemd=always bb sh -c 'mkdir /sys/fs/cgroup/x && echo made'", code=(0, 1), why="as the reference")
    b.row("podman pod create --userns keep-id --name p3; podman run --rm --pod p3 bb id -u; podman pod rm -f -t 0 p3", out="^1000$")
    b.row("env -u DBUS_SESSION_BUS_ADDRESS podman run --rm bb echo hi", out="hi$", why="the bus is found by XDG_RUNTIME_DIR")
    b.row("podman run --rm -v ~/src:/dst:idmap bb cat /dst/file", code=(0, 126), why="as the reference")
