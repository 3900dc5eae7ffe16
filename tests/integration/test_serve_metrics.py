# SPDX-License-Identifier: Apache-2.0
"""`GET /metrics` and the events of memory: cgroups that were recorded, and one that is real."""

import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import unittest

import host
import service
import test_serve_streams
from real_service import RealService
from test_serve_containers import SLEEP, Case

FILES = {
    "cpu.stat": "usage_usec 12345678\nuser_usec 10000000\nsystem_usec 2345678\nnr_periods 10\nnr_throttled 3\nthrottled_usec 1500\n",
    "cpu.max": "50000 100000\n", "cpu.weight": "100\n",
    "memory.current": "1000000\n", "memory.peak": "2000000\n", "memory.max": "max\n", "memory.swap.current": "0\n",
    "memory.stat": "anon 4096\nfile 8192\nfile_mapped 1\nfile_dirty 2\nfile_writeback 3\ninactive_file 400000\npgfault 7\npgmajfault 1\n",
    "memory.events": "low 0\nhigh 0\nmax 5\noom 0\noom_kill 0\noom_group_kill 0\n",
    "io.stat": "8:0 rbytes=1024 wbytes=2048 rios=3 wios=4 dbytes=0 dios=0\n",
    "pids.current": "4\n", "pids.max": "256\n", "cgroup.procs": "11\n12\n",
    "cpu.pressure": "some avg10=0.00 avg60=0.00 avg300=0.00 total=2500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1\n",
    "hugetlb.2MB.current": "2097152\n",
}
SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)$')


def parse(text):
    """{(name, labels): number}; whatever a reader of the format may refuse is an error."""
    samples, types, helps, current = {}, {}, set(), None
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split()[2]
            assert name not in helps, f"{name}: HELP twice"
            helps.add(name)
            assert len(line.split()) > 3, line
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            assert name not in types and name in helps, f"{name}: TYPE twice, or before HELP"
            types[name], current = kind, name
        else:
            found = SAMPLE.match(line)
            assert found, line
            name, number = found[1], float(found[3])
            base = re.sub(r"_(bucket|sum|count)$", "", name) if types.get(current) == "histogram" else name
            assert base == current, f"{name} is not below its TYPE"
            key = (name, tuple(sorted(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', found[2] or ""))))
            assert key not in samples, f"{key} twice"
            assert types[base] != "counter" or (number >= 0 and name.endswith("_total")), line
            samples[key] = number
    return samples, types


class Recorded(Case):
    """Without tests. A cgroup is wherever the note of the runtime says."""

    def cgroup(self, name, files=None):
        identity = f"{name}_latest-{hashlib.sha256(f'{name}:latest'.encode()).hexdigest()[:8]}"
        place = self.folder / "cgroups" / identity
        place.mkdir(parents=True)
        for file, text in (FILES if files is None else files).items():
            (place / file).write_text(text)
        note = self.folder / "state" / identity
        note.mkdir(parents=True)
        self.addCleanup(shutil.rmtree, note)
        (note / "recovery").write_text(f"{self.folder}/cgroups\n/{identity}\n0\n")
        return place

    def samples(self, one):
        reply = one("GET", "/metrics")
        self.assertEqual((reply.status, reply.fields["content-type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
        return parse(reply.body.decode())[0]

    def of(self, samples, name, /, **labels):
        found = [number for (each, pairs), number in samples.items()
                 if each == name and set(labels.items()) <= set(pairs)]
        self.assertLessEqual(len(found), 1, (name, labels))
        return found[0] if found else None


class Numbers(Recorded):
    def test_the_numbers_of_a_container(self):
        self.cgroup("web")
        one = self.serve()
        self.up(one, image="registry.example/app:1")
        samples = self.samples(one)
        wanted = {"container_cpu_usage_seconds_total": 12.345678, "container_cpu_cfs_periods_total": 10,
                  "container_cpu_cfs_throttled_seconds_total": 0.0015, "container_spec_cpu_quota": 50000,
                  "container_spec_cpu_period": 100000, "container_spec_cpu_shares": 2597,
                  "container_memory_usage_bytes": 1000000, "container_memory_working_set_bytes": 600000,
                  "container_memory_rss": 4096, "container_memory_cache": 8192, "container_memory_failcnt": 5,
                  "container_memory_max_usage_bytes": 2000000, "container_memory_swap": 0,
                  "container_spec_memory_limit_bytes": None, "container_oom_events_total": 0, "container_threads": 4,
                  "container_threads_max": 256, "container_processes": 2,
                  "container_pressure_cpu_waiting_seconds_total": 2.5,
                  "container_pressure_cpu_stalled_seconds_total": 0.000001,
                  "container_pressure_memory_waiting_seconds_total": None,
                  "container_hugetlb_usage_bytes": 2097152}
        for name, number in wanted.items():
            self.assertEqual(self.of(samples, name, name="web:latest", image="registry.example/app:1"), number, name)
        self.assertEqual(self.of(samples, "container_memory_failures_total", failure_type="pgmajfault"), 1)
        self.assertEqual(self.of(samples, "container_fs_writes_bytes_total", device="8:0"), 2048)
        self.assertGreater(self.of(samples, "container_start_time_seconds"), 1.7e9)
        self.assertEqual(self.of(samples, "oci_rt_containers", state="running"), 1)
        self.to(one, "web", "stopped")
        self.assertTrue(host.until(lambda: self.of(self.samples(one), "container_processes") is None, 10))

    def test_what_is_not_there_is_no_zero(self):
        self.cgroup("web", {"cpu.stat": "usage_usec 1\n"})
        one = self.serve()
        self.up(one)
        self.up(one, "bare")
        names = {name for name, _ in self.samples(one) if name.startswith("container_")}
        self.assertEqual(names, {"container_cpu_usage_seconds_total", "container_start_time_seconds", "container_last_seen"})

    def test_the_numbers_of_the_service_only_grow(self):
        one = self.serve()
        before = self.samples(one)
        self.up(one)
        one("GET", "/nothing")
        one.raw("nonsense\r\n\r\n")
        later = lambda: self.of(self.samples(one), "oci_rt_http_requests_total", route="/containers/{name}", code="201")
        self.assertTrue(host.until(lambda: later() == 1, 10))
        text = one("GET", "/metrics").body.decode()
        after, types = parse(text)
        for key, number in before.items():
            if types[re.sub(r"_(bucket|sum|count)$", "", key[0])] in ("counter", "histogram"):
                self.assertGreaterEqual(after[key], number, key)
        self.assertEqual(self.of(after, "oci_rt_http_requests_total", route="other", code="404"), 1)
        self.assertEqual(self.of(after, "oci_rt_http_requests_total", route="other", code="400"), 1)
        self.assertEqual(self.of(after, "oci_rt_image_fetch_bytes_total", registry="docker.io"), 1000)
        self.assertGreater(self.of(after, "oci_rt_events_total"), 3)
        self.assertGreater(self.of(after, "process_resident_memory_bytes"), 100000)
        bound = lambda le: self.of(after, "oci_rt_http_request_duration_seconds_bucket", route="/metrics", le=le)
        self.assertLessEqual(bound("0.005"), bound("10"))
        self.assertEqual(bound("+Inf"), self.of(after, "oci_rt_http_request_duration_seconds_count", route="/metrics"))
        # Names that nobody knows make no numbers of their own.
        for each in range(50):
            one("GET", f"/nothing/{each}")
        self.assertLess(len(self.samples(one)), len(after) + 20)

    def test_labels_are_escaped(self):
        self.cgroup("web")
        odd = self.folder / "cgroups" / 'a"b\\c'
        shutil.copytree(next((self.folder / "cgroups").iterdir()), odd)
        note = next((self.folder / "state").glob("*/recovery"))
        note.write_text(f'{self.folder}/cgroups\n/{odd.name}\n0\n')
        one = self.serve()
        self.up(one)
        self.assertIn('/a\\"b\\\\c"', one("GET", "/metrics").body.decode())
        self.assertEqual(self.of(self.samples(one), "container_processes"), 2)

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    def test_promtool_has_nothing_to_say(self):
        self.cgroup("web")
        one = self.serve()
        self.up(one)
        self.samples(one)
        checked = subprocess.run(["promtool", "check", "metrics"], input=one("GET", "/metrics").body, capture_output=True)
        self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, b""))


class Memory(Recorded):
    listen = test_serve_streams.Streams.listen

    def events(self, one):
        reply = one("GET", "/metrics")  # which gives the service a turn
        self.assertEqual(reply.status, 200)
        with self.listen(one, "/events?since=0") as connection:
            text = service.read_until(connection, "never", 0.5)
        data = [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]
        return [(each["action"], each["attributes"]) for each in data if each["action"] in ("oom", "memory_limit")]

    def test_limits_that_are_met_and_processes_that_are_lost_are_told(self):
        place = self.cgroup("web")
        one = self.serve()
        self.up(one)
        (place / "memory.events").write_text(FILES["memory.events"].replace("oom_kill 0", "oom_kill 2"))
        self.assertTrue(host.until(lambda: self.events(one) == [("oom", {"oomKills": "2"})], 10), self.events(one))
        # A limit that is met again and again is told now and then.
        for times in (6, 7, 8):
            (place / "memory.events").write_text(f"high 1\nmax {times}\noom_kill 2\n")
        self.assertTrue(host.until(lambda: len(self.events(one)) == 2, 10), self.events(one))
        self.assertEqual(self.events(one)[1][0], "memory_limit")

    def test_of_a_container_that_has_ended_nothing_is_told(self):
        place = self.cgroup("web")
        one = self.serve()
        self.up(one)
        self.to(one, "web", "stopped")
        (place / "memory.events").write_text("oom_kill 9\n")
        self.assertEqual(self.events(one), [])


@unittest.skipUnless(service.program(), "oci-rt-serve is not built")
class Real(RealService):
    def test_a_container_that_is_one(self):
        one, body = self.one, {"image": self.image, "args": ["signals"]}
        self.assertEqual(one("PUT", "/containers/measured", body, Prefer="wait=60").status, 201)
        samples, _ = parse(one("GET", "/metrics").body.decode())
        labels = [dict(pairs) for (name, pairs), _ in samples.items() if name == "container_start_time_seconds"]
        self.assertEqual([each["name"] for each in labels], ["measured:latest"])
        cgroup = pathlib.Path(labels[0]["id"])
        if not (cgroup / "cpu.stat").exists():
            self.skipTest("the container has no cgroup of version 2")
        number = lambda name: [value for (each, _), value in samples.items() if each == name]
        self.assertEqual(number("container_processes"), [1.0])
        self.assertGreater(number("container_cpu_usage_seconds_total")[0], 0)
        self.assertEqual(one("DELETE", "/containers/measured?force=1").status, 204)


if __name__ == "__main__":
    unittest.main()
