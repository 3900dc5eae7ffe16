# SPDX-License-Identifier: Apache-2.0
"""Docker swarm, one node: two services that talk, are updated, fail, and are started again."""

import time

import machine


def until(b, command, out, seconds=60, why=None):
    """A row that may become true."""
    b.row(f"for i in $(seq {seconds}); do {command} | grep -E -q '{out}' && echo seen && break; sleep 1; done", out="^seen$", seconds=3 * seconds, why=why)


def rows(b):
    machine.start_docker(b.name, "systemd")
    b.do("docker swarm leave --force")
    b.row("docker swarm init --advertise-addr 10.99.0.1", out="is now a manager", seconds=120)
    b.row("docker network create -d overlay --attachable net")
    b.row("docker service create -d --name web --network net --endpoint-mode dnsrr --replicas 2 --limit-memory 64m --limit-pids 50 "
          "--init --health-cmd true --health-interval 2s bb httpd -f -p 80 -h /etc")
    b.row("docker service create -d --name client --network net --endpoint-mode dnsrr --read-only --cap-drop ALL --user 1000 bb sleep 1000")
    until(b, "docker service ls --format '{{.Name}} {{.Replicas}}'", "web 2/2")
    until(b, "docker service ls --format '{{.Name}} {{.Replicas}}'", "client 1/1")
    client = "$(docker ps -q -f name=client)"
    # Not by its name: the daemon's resolver wants IPv4 tables, which this kernel has not.
    address = "$(docker inspect -f '{{.NetworkSettings.Networks.net.IPAddress}}' $(docker ps -q -f name=web | head -1))"
    b.row(f"docker exec {client} wget -q -O - http://{address}/passwd", out="u1000", why="one service reaches the other")
    b.row("docker exec $(docker ps -q -f name=web | head -1) cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max", out=["^67108864$", "^50$"])
    b.row("docker inspect -f '{{.HostConfig.Runtime}}' $(docker ps -q -f name=web | head -1)", out="^$NAME$")
    b.row("docker service scale -d web=3")
    until(b, "docker service ls --format '{{.Name}} {{.Replicas}}'", "web 3/3")
    b.row("kill -9 $(docker inspect -f '{{.State.Pid}}' $(docker ps -q -f name=web | head -1))")
    until(b, "docker service ps web", "Failed|failed|Shutdown", why="the manager hears that it has ended")
    until(b, "docker service ls --format '{{.Name}} {{.Replicas}}'", "web 3/3", why="a task that was killed is replaced")
    b.row("docker service update -d --limit-memory 80m --update-parallelism 3 --update-delay 0s web")
    until(b, "docker exec $(docker ps -q -f name=web | head -1) cat /sys/fs/cgroup/memory.max", "83886080", 90, why="a rolling update")
    b.row("echo secret | docker secret create sec1 -; docker service create -d --name sec --secret sec1 --restart-condition none bb cat /run/secrets/sec1")
    b.row("echo conf | docker config create con1 -; docker service create -d --name con --config con1 --restart-condition none bb cat /con1")
    until(b, "docker service logs con 2>&1", "conf")
    until(b, "docker service logs sec 2>&1", "secret")
    b.row("docker service create -d --name bad --restart-condition none bb nosuch")
    until(b, "docker service ps --no-trunc bad", "executable file not found")
    b.row(f"docker run --rm --network net bb wget -q -O - http://{address}/passwd", out="u1000")
    b.row("docker service rm web client sec con bad")
    until(b, "docker ps -q | wc -l", "^0$")
    time.sleep(2)
    b.row("docker swarm leave --force", seconds=120)
    b.row("ls /run/docker/runtime-runc/moby 2>/dev/null || true", out=r"\A\Z", why="nothing is left in the runtime's root")
