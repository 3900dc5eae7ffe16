# SPDX-License-Identifier: Apache-2.0
"""Docker, with either cgroup driver, and with owners mapped (userns-remap)."""


import machine

CLEAN = "docker rm -f $(docker ps -aq) >/dev/null 2>&1; docker volume prune -af >/dev/null 2>&1; true"
CGROUPS = "find /sys/fs/cgroup -path '*docker*' -name '*[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]*' -type d"
BEFORE = "/tmp/cgroups-before"  # what another runtime has left is not this one's


def start(b, driver, **more):
    machine.start_docker(b.name, driver, **more)
    b.do(f"{CLEAN}; {CGROUPS} >{BEFORE}")


def cgroupfs(b):
    start(b, "cgroupfs")
    everything(b)
    b.row("docker inspect -f '{{.State.Pid}}' $(docker run -d --name g1 bb sleep 9) | xargs -I@ cat /proc/@/cgroup; docker rm -f g1", out="^0::/docker/")
    finish(b)


def systemd(b):
    """What has to do with cgroups; the rest is the same with either driver."""
    start(b, "systemd")
    b.row("docker info --format '{{.DefaultRuntime}} {{.CgroupDriver}}'", out="^$NAME systemd$")
    first(b)
    life(b)
    b.row("docker inspect -f '{{.State.Pid}}' $(docker run -d --name g1 bb sleep 9) | xargs -I@ cat /proc/@/cgroup; docker rm -f g1", out=r"^0::/system.slice/docker-\w+\.scope")
    b.row("docker run -d --name g1 -m 64m bb sleep 99; systemctl daemon-reload; docker exec g1 cat /sys/fs/cgroup/memory.max; docker rm -f g1",
          out="^67108864$", why="limits outlive daemon-reload")
    finish(b)


def remap(b):
    start(b, "systemd", **{"userns-remap": "default"})
    b.row("docker run --rm bb cat /proc/self/uid_map", out=r"0 +\d\d+ +65536")
    b.row("docker run --rm bb sh -c 'touch /x; stat -c %u /x; ls -ld /dev/pts /sys/fs/cgroup'", out="^0$")
    b.row("docker run --rm --userns host bb cat /proc/self/uid_map", out="0 +0 +4294967295")
    b.row("docker run --rm -m 64m --read-only --tmpfs /tmp bb sh -c 'touch /tmp/x; touch /x'", code=1, out="Read-only")
    b.row("docker run --rm -u 1000:1000 bb id", out="uid=1000")
    b.row("docker run --rm --cap-add NET_ADMIN bb ip link add dd type bridge")
    b.row("docker run -d --name r1 bb sleep 99; docker exec r1 id -u; docker rm -f r1", out="^0$")
    b.row("docker run --rm --privileged --userns host bb true")
    b.row("docker run --rm --init bb ps", out="docker-init")
    finish(b)


def everything(b):
    b.do("mkdir -p /root/src && echo data >/root/src/file")
    b.row("docker info --format '{{.DefaultRuntime}} {{.CgroupDriver}}'", out="^$NAME (cgroupfs|systemd)$")
    b.row("docker version", out=[r"^ +$NAME:\n +Version: +\S+\n +GitCommit: +\S+"], why="the runtime's version and commit")
    first(b)
    life(b)
    options(b)
    mounts(b)
    trouble(b)


def first(b):
    b.row("docker run --rm bb echo hi", out=r"\Ahi$")
    for command, code in (("nosuch", 127), ("/etc", 126), ("/no/such", 127), ("/etc/passwd", 126)):
        b.row(f"docker run --rm bb {command}", code=code)
    b.row("docker run --rm bb sh -c 'exit 7'", code=7)
    b.row("docker run --rm bb sh -c 'sh -c \"kill -9 \\$\\$\"; exit $?'", code=137)
    b.row("docker run --rm -v /etc/passwd:/etc bb true", code=(125, 127), out="Are you trying to mount a directory onto a file")
    b.row("echo in | docker run -i --rm bb cat", out=r"\Ain$")
    b.row("docker run --rm --log-driver none bb sh -c 'yes | head -c 3000000' | wc -c", out="^3000000$")
    b.row("script -qec 'stty rows 31 cols 79; docker run --rm -it bb sh -c \"sleep 1; stty size; tty; ls -l /dev/console\"' /dev/null",
          out=["31 79$", r"^/dev/(pts/0|console)", "136, +0"])
    b.row("docker run --rm bb ls -l /proc/self/fd", never=r"[ ][4-9] -> ")
    b.row("docker run --rm --network none bb ip -o link", out="^1: lo", never="^[2-9]:")
    b.row("docker run --rm bb ip -o addr", out="172\\.17\\.")


def life(b):
    b.row("docker run -d --name d1 -m 64m --memory-swap 128m --pids-limit 50 --cpus 0.5 --init bb sleep 300")
    b.row("docker exec d1 sh -c 'ps; exit 5'", code=5, out=r"1 root .*docker-init")
    b.row("docker exec d1 nosuch", code=127)
    b.row("docker exec d1 /etc", code=126)
    b.row("docker exec d1 /no/such", code=127)
    b.row("docker exec d1 /etc/passwd", code=126)
    b.row("script -qec \"stty rows 31 cols 79; docker exec -it -e X=1 -w /tmp -u 1000:1000 d1 sh -c 'sleep 1; id; pwd; echo \\$X; stty size'\" /dev/null",
          out=["uid=1000.*gid=1000", "^/tmp$", "^1$", "31 79$"])
    b.row("echo in | docker exec -i d1 cat", out=r"\Ain$")
    b.row("docker exec --privileged d1 grep CapEff /proc/self/status", out="f+$")
    b.row("docker exec -d d1 sleep 5; sleep 1; docker top d1", out=["sleep 300", "sleep 5"])
    b.row("docker exec d1 sh -c 'cd /sys/fs/cgroup; cat memory.max memory.swap.max pids.max cpu.max'", out=["^67108864$", "^50$", "^50000 100000$"])
    b.row("docker stats --no-stream --format '{{.MemUsage}} {{.PIDs}}' d1", out=r"/ 64MiB [2-4]")
    b.row("docker update -m 80m --memory-swap 160m --pids-limit 60 --cpus 1 d1; docker exec d1 sh -c 'cd /sys/fs/cgroup; cat memory.max pids.max cpu.max'",
          out=["^83886080$", "^60$", "^100000 100000$"])
    b.row("docker pause d1; docker ps", out="Paused")
    b.row("docker exec d1 true", code=1, out="paused")
    b.row("docker unpause d1; docker ps", out=r"Up \d+ seconds|Up")
    b.row("docker restart -t 1 d1; docker exec d1 cat /sys/fs/cgroup/memory.max", out="^83886080$")
    b.row("docker cp d1:/etc/passwd - | tar -xO", out="u1000")
    b.row("docker kill -s WINCH d1; docker inspect -f '{{.State.Status}}' d1", out="^running$")
    b.row("docker stop -t 1 d1; docker inspect -f '{{.State.ExitCode}}' d1", out="^(137|143)$")
    b.row("docker start d1; docker wait d1 & sleep 1; docker kill d1; wait", out="^137$")
    b.row("docker rm d1")
    b.row("docker create --name d2 bb true; docker start -a d2; docker rm d2")
    b.row("docker run -d --name d3 bb sleep 99; docker pause d3; docker rm -f d3; docker ps -aq", out=r"^d3$", why="a paused one can be removed")
    b.row("docker run -d --name d4 bb sh -c 'trap \"exit 9\" TERM; while :; do sleep 0.1; done'; sleep 1; docker stop d4; docker wait d4; docker rm d4", out="^9$")
    b.row("docker run -d --health-cmd true --health-interval 1s --name h1 bb sleep 60; sleep 5; docker inspect -f '{{.State.Health.Status}}' h1; docker rm -f h1", out="^healthy$")
    b.row("docker run -d --health-cmd false --health-interval 1s --health-retries 1 --name h1 bb sleep 60; sleep 5; docker inspect -f '{{.State.Health.Status}}' h1; docker rm -f h1", out="^unhealthy$")
    b.row("docker run -d --restart on-failure:2 --name r1 bb false; sleep 8; docker inspect -f '{{.RestartCount}}' r1; docker rm -f r1", out="^2$")
    b.row("docker run -d --restart always --name r1 bb sleep 99; kill -9 $(docker inspect -f '{{.State.Pid}}' r1); sleep 3; docker inspect -f '{{.State.Status}} {{.RestartCount}}' r1; docker rm -f r1", out="^running 1$")
    # With systemd, the shim has to be quicker than the removal of the cgroup.
    b.row("for i in 1 2 3 4; do docker run --name o1 -m 8m --memory-swap 8m bb sh -c 'x=$(yes | head -c 64m)'; c=$?; "
          "k=$(docker inspect -f '{{.State.OOMKilled}}' o1); docker rm o1; [ $k = true ] && break; done; echo $c $k",
          out="^137 true$", seconds=120)
    b.row("docker run -d --name a1 --ipc shareable bb sleep 99; docker run --rm --pid container:a1 --network container:a1 --ipc container:a1 bb ps; docker rm -f a1", out="sleep 99")
    b.row("docker run -d --name at bb sh -c 'sleep 2; echo late'; docker attach at; docker logs at; docker rm -f at", out="^late$")
    b.row("docker run --name c1 bb touch /new; docker diff c1; docker commit c1 bb2; docker run --rm bb2 ls /new; docker rm c1; docker rmi bb2", out=["A /new", "^/new$"])
    b.row("docker rename none other", code=1)


def options(b):
    b.row("docker run --rm --privileged bb sh -c 'grep CapEff /proc/self/status; ls /dev | wc -l; mount -t tmpfs x /mnt || mkdir /m && mount -t tmpfs x /m'", out="f+$")
    b.row("docker run --rm --read-only --tmpfs /tmp:size=1m --cap-drop ALL --security-opt no-new-privileges bb sh -c 'touch /x; touch /tmp/x && grep -E \"CapEff|NoNew\" /proc/self/status'",
          out=["Read-only", r"CapEff:\s+0+$", r"NoNewPrivs:\s+1"])
    b.row("docker run --rm --pid host --ipc host --uts host --network host bb hostname", out="^lab$")
    b.row("docker run --rm --userns host bb true")
    b.row("docker run --rm --cgroupns host bb cat /proc/self/cgroup", out="docker")
    b.row("docker run --rm --cgroupns private bb cat /proc/self/cgroup", out="^0::/$")
    b.row("docker run --rm --security-opt seccomp=unconfined bb grep Seccomp: /proc/self/status", out="0$")
    b.row("docker run --rm --security-opt seccomp=/root/seccomp.json bb mkdir /x", code=1, out="Operation not permitted")
    b.row("docker run --rm --sysctl net.core.somaxconn=1024 bb cat /proc/sys/net/core/somaxconn", out="^1024$")
    b.row("docker run --rm --ulimit nofile=512:600 bb sh -c 'ulimit -n; ulimit -Hn'", out=["^512$", "^600$"])
    b.row("docker run --rm --device /dev/fuse bb sh -c 'ls -l /dev/fuse; exec 3<>/dev/fuse && echo open'", out=["10, 229", "^open$"])
    b.row("docker run --rm bb sh -c 'mknod /f c 10 229; exec 3<>/f'", code=1, out="(?i)not permitted")
    b.row("docker run --rm --device /dev/zero:/dev/nul:r bb sh -c 'head -c 1 /dev/nul | wc -c'", out="^1$")
    b.row("docker run --rm --device-cgroup-rule 'c 10:* rwm' bb sh -c 'mknod /f c 10 200; ls -l /f'", out="10, 200")
    b.row("docker run --rm --cap-add SYS_ADMIN --security-opt apparmor=unconfined bb sh -c 'mkdir /m; mount -t tmpfs x /m && echo mounted'", out="^mounted$")
    b.row("docker run --rm --group-add 27 -u 1000 bb id -G", out="27")
    b.row("docker run --rm --oom-score-adj 500 bb cat /proc/self/oom_score_adj", out="^500$")
    b.row("docker run --rm --shm-size 1m bb df /dev/shm", out="1024 ")
    b.row("docker run --rm --hostname box --domainname dom bb hostname", out="^box$")
    b.row("docker run --rm --cpu-shares 512 --cpu-period 50000 --cpu-quota 20000 bb cat /sys/fs/cgroup/cpu.max", out="^20000 50000$")
    b.row("docker run --rm --blkio-weight 300 bb true", code=(0, 125, 127), why="as the reference")
    b.row("docker run --rm --device-read-bps /dev/ubda:1mb bb cat /sys/fs/cgroup/io.max", out="rbps=1048576")
    b.row("docker run --rm --memory-reservation 32m bb cat /sys/fs/cgroup/memory.low", out="^33554432$")
    b.row("docker run --rm --annotation a.b=c --label x=y bb true")
    b.row("docker run --rm --stop-signal 9 -w /new/dir bb pwd", out="^/new/dir$")
    b.row("docker run --rm -e A=b --entrypoint sh bb -c 'echo $A; echo $PATH'", out=["^b$", "^/usr/bin:/bin$"])
    b.row("docker run --rm --runtime runc bb echo hi", out="^hi$", why="another runtime beside it, in the same root")


def mounts(b):
    b.row("docker run --rm -v /root/src:/dst bb cat /dst/file", out="^data$")
    b.row("docker run --rm -v /root/src:/dst:ro bb touch /dst/x", code=1, out="Read-only")
    b.row("mkdir -p /root/src/sub; mount -t tmpfs x /root/src/sub; docker run --rm -v /root/src:/dst:ro bb touch /dst/sub/x; echo $?; umount /root/src/sub", out=["Read-only", "^1$"],
          why="recursively read-only")
    b.row("docker run --rm --mount type=bind,src=/root/src,dst=/dst,bind-recursive=disabled bb cat /dst/file", out="^data$")
    b.row("docker run --rm --mount type=bind,src=/root/src,dst=/dst,readonly,bind-recursive=readonly,bind-propagation=rprivate bb cat /dst/file", out="^data$")
    b.row("docker run --rm --mount type=tmpfs,dst=/mnt,tmpfs-size=1m,tmpfs-mode=700 bb stat -c %a /mnt", out="^700$")
    b.row("docker run --rm -v vol:/etc bb cat /etc/passwd; docker volume rm vol", out="u1000")
    b.row("docker run --rm -v /root/src:/dst:rshared bb true", code=(0, 125), why="as the reference")
    b.row("docker run --rm -v /root/src/file:/etc/file bb cat /etc/file", out="^data$")
    b.row("docker run --rm -v /var/run/docker.sock:/s bb ls -l /s", out="^s")


def trouble(b):
    b.row("docker run -d --name s1 bb sleep 99; kill -9 $(pgrep -f 'shim-runc-v2.*'$(docker inspect -f '{{.Id}}' s1)); sleep 3; "
          "docker inspect -f '{{.State.Status}}' s1; docker rm -f s1; pgrep -x sleep | wc -l", out=["^exited$", "^0$"],
          why="a shim is killed: the daemon tidies up by delete --force", seconds=90)
    b.row("docker run -d --name s1 bb sleep 99; kill -9 $(pgrep -x dockerd); sleep 5; docker info >/dev/null; docker exec s1 echo alive; docker rm -f s1",
          code=0, seconds=90, why="the daemon is killed", out="")


def finish(b):
    b.do(CLEAN)
    b.row("ls /run/docker/runtime-runc/moby 2>/dev/null || true", out=r"\A\Z", why="nothing is left in the runtime's root")
    b.row(f"{CGROUPS} | grep -vxFf {BEFORE} | wc -l", out="^0$", why="no cgroup of a container is left")
    b.row("pgrep -f 'containerd-shim[-]runc' | wc -l", out="^0$", why="no shim is left")
