"""Records that no agent reads: what they cost by each of the ways in."""

import http.client
import os
import subprocess
import threading
import time

from bench.workbench import Bench
from tests.harness import settings

BATCH = 1000  # records in a request
SENDERS = 4
HTTP_BODY = b"\n".join(
    b'{"service":"http","environment":"prod","severity":"info","message":"order %d taken %s","order":{"id":%d},'
    b'"http":{"method":"POST"},"region":"eu-central-1"}' % (n, b"x" * 120, n)
    for n in range(BATCH)
)


def publish(bench: Bench, collector) -> tuple[float, float]:
    """`sluice publish` of a file: seconds on the wall, and its own CPU seconds."""
    path = bench.home / "lines"
    line = "2026-11-20T09:15:39Z INFO order taken " + "x" * 120 + "\n"
    path.write_text(line * bench.lines, encoding="ascii")
    with open(path, "rb") as file:
        begin = time.monotonic()
        command = [settings.CLI, "publish", "lines", f"--collector={collector.address}"]
        process = subprocess.Popen(command, stdin=file)
        _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, f"sluice publish ended with {status}"
    return time.monotonic() - begin, usage.ru_utime + usage.ru_stime


def post_logs(bench: Bench, collector) -> float:
    """POST /v1/logs by some at a time, a connection for each request: seconds on the wall."""
    requests = iter(range(bench.lines // BATCH))
    lock = threading.Lock()
    failures: list[str] = []

    def send() -> None:
        while not failures:
            with lock:
                if next(requests, None) is None:
                    return
            connection = http.client.HTTPConnection("127.0.0.1", collector.http_port, timeout=60)
            connection.request("POST", "/v1/logs", HTTP_BODY, {"Content-Type": "application/x-ndjson"})
            answer = connection.getresponse()
            if answer.status != 202:
                failures.append(f"{answer.status} {answer.read()!r}")
            connection.close()

    begin = time.monotonic()
    threads = [threading.Thread(target=send) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures[0]
    return time.monotonic() - begin


def otlp(bench: Bench, collector) -> float:
    process = bench.load("otlp", f"--collector={collector.address}", f"--records={bench.lines}", f"--batch={BATCH}")
    seconds, _ = process.communicate(timeout=600)
    assert process.returncode == 0
    return float(seconds)


def direct(bench: Bench) -> None:
    """sluice publish, POST /v1/logs and OTLP: what a record costs, and how many a second are taken"""
    bench.lines = bench.lines // 2 // BATCH * BATCH  # of each kind
    collector = bench.collector()

    def spent(name: str, send) -> None:
        before = collector.cpu_seconds()
        wall = send(bench, collector)
        if isinstance(wall, tuple):
            wall, own = wall
            bench.add(f"{name}, itself", bench.lines / own, "records per CPU-second")
        bench.add(f"{name}, the collector", bench.lines / (collector.cpu_seconds() - before), "records per CPU-second")
        bench.add(f"{name}, wall", bench.lines / wall, "records/s")

    spent("sluice publish", publish)
    spent("POST /v1/logs", post_logs)
    spent("OTLP", otlp)
    stored = sum(collector.records(topic=topic) for topic in ("lines", "http", "otlp"))
    assert stored == 3 * bench.lines, f"{stored} records stored, not {3 * bench.lines}"
    bench.add("the collector, peak memory", collector.status_kib("VmHWM") / 1024, "MiB", at_most=300)


PARTS = {"direct": direct}
