# SPDX-License-Identifier: Apache-2.0
"""many_execs.py CONTAINER COUNT: as many `docker exec`, by Docker's own API: what counts is the daemon, not its client.

Prints how many printed and returned what they should.
"""

import http.client
import json
import socket
import sys


def call(method, path, body=None):
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect("/var/run/docker.sock")
    connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"})
    answer = connection.getresponse().read()
    connection.close()
    return answer


def execute(container, text, code):
    made = json.loads(call("POST", f"/containers/{container}/exec", {
        "AttachStdout": True, "AttachStderr": True, "Cmd": ["sh", "-c", f"echo {text}; exit {code}"]}))
    output = call("POST", f"/exec/{made['Id']}/start", {"Detach": False})
    state = json.loads(call("GET", f"/exec/{made['Id']}/json"))
    return text.encode() in output and state["ExitCode"] == code


if __name__ == "__main__":
    print(sum(execute(sys.argv[1], f"out-{number}", number % 5) for number in range(int(sys.argv[2]))))
