"""The benchmark's part with a real Kafka broker on the same machine, and rsyslog beside it."""

import json
import pathlib
import subprocess
import time

from tests.harness import kafka, settings
from tests.harness.process import Program
from tests.harness.programs import Agent, Collector
from tests.harness.waiting import wait_until

_RSYSLOG = """
module(load="imfile")
module(load="omkafka")
global(workDirectory="{home}")
main_queue(queue.type="LinkedList" queue.size="100000" queue.dequeueBatchSize="4096")
template(name="raw" type="string" string="%msg%")
input(type="imfile" file="{file}" tag="shop" ruleset="out" freshStartTail="off")
ruleset(name="out") {{
  action(type="omkafka" broker=["{broker}"] topic="rsyslog-shop" template="raw" partitions.auto="on"
         confParam=["acks=all", "enable.idempotence=true", "queue.buffering.max.messages=200000"])
}}
"""


def _messages(broker: kafka.Broker, topic: str) -> int:
    """The ends of its partitions."""
    total = 0
    for partition in range(3):
        done = subprocess.run(["kcat", "-b", broker.address, "-Q", "-t", f"{topic}:{partition}:-1"],
                              stdout=subprocess.PIPE, text=True, check=True)
        total += int(done.stdout.strip().rsplit(" ", 1)[1])
    return total


def measure(bench, add) -> None:
    path = bench.place("shop")
    broker = kafka.Broker(bench.home / "broker", SLUICE_KAFKA_MEMORY="512m").start()
    try:
        _warm_up(broker)
        _sluice(bench, broker, add)
        if pathlib.Path("/usr/lib/x86_64-linux-gnu/rsyslog/omkafka.so").exists():
            _rsyslog(bench, broker, path, add)
        else:
            print("  rsyslog's omkafka (Debian's rsyslog-kafka) is not installed: no comparison")
    finally:
        broker.stop()


def _warm_up(broker: kafka.Broker) -> None:
    """A broker compiles itself while it works: whoever came first would pay for all."""
    broker.admin("TopicCommand", "--create", "--topic", "warm-up", "--partitions", "3")
    command = [settings.BIN / "bench/micro_librdkafka", f"--brokers={broker.address}", "--topic=warm-up", "--partitions=3",
               "--headers=8", "--messages=2000000"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _sluice(bench, broker: kafka.Broker, add) -> None:
    collector = Collector(bench.home, config=kafka.config(broker, "protobuf"))
    agent = Agent(bench.home, collector.address, bench.logs)
    bench.programs += [collector, agent]
    collector.start()
    idle = collector.cpu_seconds()
    begin = time.monotonic()
    agent.spawn()
    agent.wait_http("/healthz")
    wait_until(lambda: agent.metric("sluice_agent_records_acked_total") >= bench.lines, "all acks", 900)
    wall = time.monotonic() - begin
    both = agent.cpu_seconds() + collector.cpu_seconds() - idle
    assert _messages(broker, "shop") == bench.lines
    add("wall", bench.lines / wall, "lines/s", at_least=350e3)
    add("agent + collector", bench.lines / both, "lines per CPU-second", at_least=0.8e6)
    add("collector, peak memory", collector.status_kib("VmHWM") / 1024, "MiB", at_most=150)
    bench.sluice = bench.lines / both
    before = collector.cpu_seconds()
    load = bench.load("subscribers", f"--collector={collector.address}", "--topic=shop", f"--records={bench.lines}")
    found = json.loads(load.communicate()[0])
    assert found["records"] == bench.lines, found
    add("reading back", bench.lines / found["seconds"], "records/s", at_least=500e3)
    add("reading back, collector", bench.lines / (collector.cpu_seconds() - before), "records per CPU-second")
    agent.kill()
    collector.kill()


def _rsyslog(bench, broker: kafka.Broker, path: pathlib.Path, add) -> None:
    broker.admin("TopicCommand", "--create", "--topic", "rsyslog-shop", "--partitions", "3")
    config = bench.home / "rsyslog.conf"
    config.write_text(_RSYSLOG.format(home=bench.home, file=path, broker=broker.address))
    rsyslog = Program("rsyslog", ["/usr/sbin/rsyslogd", "-n", "-f", str(config), "-i", str(bench.home / "rsyslog.pid")],
                      bench.home / "rsyslog.log")
    bench.programs.append(rsyslog)
    rsyslog.spawn()
    wait_until(lambda: _messages(broker, "rsyslog-shop") >= bench.lines, lambda: f"all of rsyslog's:\n{rsyslog.log()}", 200)
    theirs = bench.lines / rsyslog.cpu_seconds()
    rsyslog.kill()
    add("rsyslog with omkafka, one hop", theirs, "lines per CPU-second")
    add("agent + collector, to rsyslog", bench.sluice / theirs, "times")
