# SPDX-License-Identifier: Apache-2.0
"""Buildah as root and as a user, and docker build (BuildKit inside dockerd, with and without buildx)."""

import os
import pathlib

import machine

FILE = """FROM docker.io/library/bb:latest
RUN echo built >/built && id && cat /proc/self/cgroup
RUN cat /built && test ! -e /no
WORKDIR /work
USER 1000
RUN id -u && pwd
"""


def prepare(b, tool):
    home = pathlib.Path.home()
    (home / "build").mkdir(exist_ok=True)
    files = {"Cf": FILE, "fails": "FROM docker.io/library/bb:latest\nRUN sh -c 'exit 3'\n",
             "nosuch": "FROM docker.io/library/bb:latest\nRUN [\"nosuch\"]\n",
             "slow": "FROM docker.io/library/bb:latest\nRUN sleep 60\n",
             "copy": "FROM docker.io/library/bb:latest AS one\nRUN echo one >/one\nFROM docker.io/library/bb:latest\n"
                     "COPY --from=one /one /two\nADD file /file\nRUN cat /two /file\nCMD cat /two\n",
             "mounts": "FROM docker.io/library/bb:latest\nRUN --mount=type=tmpfs,target=/t touch /t/x && mount | grep ' /t '\n"
                       "RUN --mount=type=cache,target=/c echo c >/c/x\nRUN --mount=type=bind,source=file,target=/b cat /b\n",
             "file": "of the context\n"}
    for name, text in files.items():
        (home / "build" / name).write_text(text)
    b.do(f"cd ~/build; {tool} rmi -f built >/dev/null 2>&1")


def rootful(b):
    machine.register_podman(b.name)
    prepare(b, "buildah")
    b.row("buildah info | grep -i runtime || true")
    builds(b, "oci")
    b.row("ls /run/$NAME 2>/dev/null || true", out=r"\A\Z", why="nothing is left in the runtime's directory")


def rootless(b):
    machine.register_podman(b.name, os.path.expanduser("~/.config/containers/containers.conf.d"))
    b.do("podman image exists bb || podman load -i /opt/bb.tar", 300)
    prepare(b, "buildah")
    builds(b, "rootless")
    b.row("ls /run/user/1000/$NAME 2>/dev/null || true", out=r"\A\Z", why="nothing is left in the runtime's directory")


def builds(b, isolation):
    build = f"cd ~/build; buildah bud --pull=never --isolation {isolation} --runtime $RUNTIME"
    b.row(f"{build} -t built -f Cf .", out=["uid=0", "^built$", "^1000$", "^/work$"], seconds=120)
    b.row(f"{build} --network none -f Cf .", out="^built$", seconds=120)
    b.row(f"{build} --network host -f Cf .", out="^built$", seconds=120)
    b.row(f"{build} --network none -f fails .", code=3, out="exit status 3")
    b.row(f"{build} --network none -f nosuch .", code=(1, 125, 127), out="nosuch")
    b.row(f"{build} --network none -f copy .", out=["^one$", "of the context"], seconds=120)
    b.row(f"{build} --network none -f mounts .", out=["tmpfs on /t", "of the context"], seconds=120)
    b.row(f"{build} --network none --memory 64m --cpu-shares 512 --ulimit nofile=512 --cap-add SYS_ADMIN --shm-size 1m -f Cf .", out="^built$", seconds=120)
    b.row(f"cd ~/build; timeout -s INT 5 buildah bud --pull=never --isolation {isolation} --runtime $RUNTIME --network none -f slow .; sleep 2; pgrep -x sleep -u $(id -u) | wc -l",
          out="^0$", why="^C during RUN")
    # ^C ends the process of Buildah's that calls the runtime, too. Where it is the first to go, nobody asks for a delete.
    b.do("for id in $(ls /run/$NAME /run/user/$(id -u)/$NAME 2>/dev/null); do $RUNTIME delete --force $id; done")
    b.do("buildah rm -a; buildah from --pull=never --name w docker.io/library/bb:latest")
    run = f"buildah run --isolation {isolation} --runtime $RUNTIME"
    b.row(f"{run} w echo hi", out="^hi$")
    b.row(f"{run} w sh -c 'exit 7'", code=7)
    b.row(f"{run} w nosuch", code=(1, 125, 127), out="nosuch")
    b.row(f"{run} --network none w ip -o link", out="^1: lo", never="^[2-9]:")
    b.row(f"{run} --user 1000 --cap-add CAP_NET_ADMIN --env A=b w sh -c 'id -u; echo $A'", out=["^1000$", "^b$"])
    b.row(f"{run} -v ~/build:/b:ro w cat /b/file", out="of the context")
    b.row(f"{run} --mount type=tmpfs,dst=/t,tmpfs-size=1m w df /t", out="1024 ")
    b.row(f"script -qec '{run} --tty w tty' /dev/null", out="/dev/(pts/0|console)")
    b.row(f"{run} w sh -c 'sh -c \"kill -9 \\$\\$\"; exit $?'", code=(1, 137))
    b.row("buildah run --runtime-flag debug --runtime $RUNTIME w echo hi", out="hi$")
    b.row("buildah commit w done; podman run --rm --net none done echo from", out="^from$", seconds=120)
    b.do("buildah rm -a; podman rmi -f built done")


def docker(b):
    """DOCKER_BUILDKIT_RUNC_COMMAND names the runtime: BuildKit does not ask for the daemon's default."""
    machine.start_docker(b.name, "cgroupfs")
    prepare(b, "docker")
    build = "cd ~/build; docker build --progress plain --no-cache --pull=false"
    b.row(f"{build} -t built -f Cf .", out=["uid=0", "built$", "1000$", "/work$"], seconds=120)
    b.row(f"{build} --network none -f Cf .", out="built$", seconds=120)
    b.row(f"{build} --network host -f Cf .", out="built$", seconds=120)
    b.row(f"{build} --network none -f fails .", code=1, out="exit code: 3")
    b.row(f"{build} --network none -f nosuch .", code=1, out="nosuch")
    b.row(f"{build} --network none -t two -f copy .; docker run --rm two", out=["one$", "of the context"], seconds=120)
    b.row(f"{build} --network none -f mounts .", out=["tmpfs on /t", "of the context"], seconds=120)
    b.row(f"{build} --network none --ulimit nofile=512 --shm-size 1m --memory 64m -f Cf .", out="built$", seconds=120)
    b.row("cd ~/build; timeout -s INT 6 docker build --progress plain --no-cache --network none -f slow .; sleep 3; pgrep -x sleep | wc -l", out="^0$", why="^C during RUN", seconds=120)
    b.row("cd ~/build; docker buildx build --no-cache --load -t three --progress plain --network none -f Cf .", out="built$", seconds=120)
    b.row("docker buildx ls", out="docker")
    b.row("docker run --rm built cat /built", out="^built$")
    b.row("cd ~/build; DOCKER_BUILDKIT=0 docker build --network none --no-cache -t four -f fails .", code=(3, 1), out="returned a non-zero code: 3|exit code: 3", why="the classic builder")
    b.row("cd ~/build; DOCKER_BUILDKIT=0 docker build --network none --no-cache -t four -f Cf .", out="built$", why="the classic builder")
    b.row("ls /run/$NAME 2>/dev/null || true", out=r"\A\Z", why="nothing is left in the runtime's directory")
    b.do("docker rmi -f built two three four; docker builder prune -af")
