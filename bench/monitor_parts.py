"""The monitor: what a line costs, what many different things cost, how soon an alert is there."""

import json
import pathlib
import statistics
import time

from bench.workbench import MIB, Bench
from tests.harness.programs import Monitor, Tail
from tests.harness.waiting import wait_until

LINES_PER_SECOND = 1000  # event time: the windows slide over the file
TEN_RULES = """
high_traffic: {topics: [access]}
rules:
  - {name: errors, condition: count, filter: {severity: error}, window: 5m, above: 1e9}
  - {name: not-found, condition: count, filter: {contains: '" 404 '}, window: 5m, above: 1e9}
  - {name: failures, condition: ratio, of: {regex: '" 5\\d\\d '}, window: 5m, above: 0.9}
  - {name: posts, condition: rate, filter: {contains: '"POST '}, window: 1m, above: 1e9}
  - {name: traffic-by-host, condition: rate, group_by: [host], window: 1m, above: 1e9}
  - {name: traffic-by-topic, condition: rate, group_by: [topic], window: 10m, above: 1e9}
  - {name: by-severity, condition: count, group_by: [severity], window: 10m, above: 1e9}
  - {name: too-quiet, condition: count, filter: {topics: [access]}, window: 10m, below: 1}
  - {name: silence, condition: absence, filter: {topics: [access]}, window: 10m}
"""
MANY = """
rules:
  - {name: lines, condition: distinct, field: body, window: 1h, above: 150000}
  - {name: each, condition: count, group_by: [body], window: 1h, above: 1e9, groups_max: 10000}
"""


def write_access_log(path: pathlib.Path, lines: int) -> None:
    """A client and a section of its own for each line, up to a million of them; LINES_PER_SECOND."""
    path.parent.mkdir(parents=True, exist_ok=True)
    begin = int(time.time()) - lines // LINES_PER_SECOND - 3600
    with open(path, "w", encoding="ascii") as file:
        for second in range(lines // LINES_PER_SECOND):
            stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(begin + second))
            for n in range(second * LINES_PER_SECOND, (second + 1) * LINES_PER_SECOND):
                m = n * 2_654_435_761 % 1_000_000
                method = "POST" if n % 7 == 0 else "GET"
                status = 500 if n % 101 == 0 else 404 if n % 13 == 0 else 200
                file.write(
                    f'10.{m >> 16}.{m >> 8 & 255}.{m & 255} - - [{stamp}] "{method} /s{m}/item HTTP/1.1" {status} {n % 9999}'
                    ' "-" "Mozilla/5.0 (X11; Linux x86_64)"\n'
                )


def through(bench: Bench, collector, name: str, config: str, lines: int) -> Monitor:
    """A monitor that has read everything."""
    config = f"monitor: {{start_at: beginning, topics: [access]}}\nstatistics: {{topics: [access]}}\n{config}"
    monitor = Monitor(bench.home, collector.address, config, name=name, group=name)
    bench.programs.append(monitor)
    monitor.start("/healthz")
    wait_until(lambda: monitor.metric("sluice_monitor_records_total") >= lines, "all to be read", 600)
    return monitor


def alert_latency(bench: Bench, collector) -> list[float]:
    """Milliseconds from a line's writing to its alert in a tail."""
    config = "rules: [{name: each, condition: count, above: 0, window: 1s, group_by: [body], filter: {topics: [cause]}}]"
    monitor = Monitor(bench.home, collector.address, config, name="latency", group="latency")
    bench.programs.append(monitor)
    monitor.start()
    monitor.wait_active()
    # From the beginning: at "end" it would not see an alert that is quicker than its connection.
    tail = Tail(bench.home, collector.address, "alerts", "--from=beginning", "--output=json")
    bench.programs.append(tail)
    tail.spawn()
    taken = []
    path = bench.logs / "cause" / "x.log"
    path.parent.mkdir()

    def firing() -> set[str]:
        bodies = (json.loads(record["body"]) for record in tail.records())
        return {alert["group"]["body"] for alert in bodies if alert["rule"] == "each" and alert["state"] == "firing"}

    for n in range(50):
        begin = time.monotonic()
        with open(path, "a", encoding="ascii") as file:
            file.write(f"cause {n}\n")
        wait_until(lambda n=n: f"cause {n}" in firing(), f"no alert of line {n}")
        taken.append((time.monotonic() - begin) * 1e3)
    return taken


def monitor(bench: Bench) -> None:
    """The monitor: a line through statistics and ten rules; a million different things; how soon an alert is there"""
    write_access_log(bench.logs / "access" / "access.log", bench.lines)
    lines = bench.lines // LINES_PER_SECOND * LINES_PER_SECOND
    collector = bench.collector()
    bench.agent(collector)
    wait_until(lambda: collector.records(topic="access") >= lines, "all to be stored", 600)
    full_size = bench.lines >= 2_000_000  # of less, the start is too large a part
    for name, config, target in (("statistics and ten rules", TEN_RULES, 1e6), ("a million clients and lines", MANY, None)):
        running = through(bench, collector, name.split()[-1], config, lines)
        limit = {"at_least": target} if target and full_size else {}
        bench.add(name, lines / running.cpu_seconds(), "lines per CPU-second", **limit)
        bench.add(f"{name}, peak memory", running.status_kib("VmHWM") / MIB, "MiB", at_most=256)
        running.kill()
    taken = alert_latency(bench, collector)
    bench.add("from a line to its alert in a tail, median", statistics.median(taken), "ms")
    bench.add("the same, the slowest of 50", max(taken), "ms", at_most=1000)


PARTS = {"monitor": monitor}
