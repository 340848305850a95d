"""The parts of the benchmark. Each takes a Bench and gives figures."""

import json
import os
import pathlib
import shutil
import statistics
import subprocess
import time

from bench import agent_parts, monitor_parts, publish_parts
from bench import kafka as kafka_part
from bench.figures import Figure
from bench.workbench import MIB, Bench, wait_acked
from tests.harness import settings
from tests.harness.process import Program
from tests.harness.programs import Agent
from tests.harness.waiting import wait_until


def end_to_end(bench: Bench) -> None:
    """A file of JSON lines through agent and collector into the synced log"""
    path = bench.place("shop")
    collector = bench.collector()
    agent = bench.agent(collector, start=False)
    idle = collector.cpu_seconds()
    begin = time.monotonic()
    agent.spawn()
    agent.wait_http("/healthz")
    wait_acked(agent, bench.lines)
    wall = time.monotonic() - begin
    agent_cpu, collector_cpu = agent.cpu_seconds(), collector.cpu_seconds() - idle
    full_size = bench.lines >= 2_000_000  # of less, the start is too large a part
    target = {} if not full_size else {"agent": 5e6, "both": 1.2e6, "wall": 1e6}
    bench.add("bytes a line", path.stat().st_size / bench.lines, "B")
    bench.add("wall", bench.lines / wall, "lines/s", at_least=target.get("wall"))
    bench.add("agent", bench.lines / agent_cpu, "lines per CPU-second", at_least=target.get("agent"))
    bench.add("collector", bench.lines / collector_cpu, "lines per CPU-second")
    bench.add("both", bench.lines / (agent_cpu + collector_cpu), "lines per CPU-second", at_least=target.get("both"))
    bench.add("agent, peak memory", agent.status_kib("VmHWM") / MIB, "MiB", at_most=25)
    bench.add("collector, peak memory", collector.status_kib("VmHWM") / MIB, "MiB", at_most=300)
    bench.add("on disk", directory_bytes(collector.data_dir) / path.stat().st_size, "bytes a byte of the file")


def directory_bytes(path: pathlib.Path) -> int:
    return sum(p.stat().st_blocks * 512 for p in path.rglob("*") if p.is_file())



def kafka(bench: Bench) -> None:
    """A file of JSON lines through agent and collector into Kafka, acks=all; and back; rsyslog to the same broker"""
    kafka_part.measure(bench, bench.add)


def sync_micros(directory: pathlib.Path, count: int = 300) -> list[float]:
    """What one fdatasync(2) of a few kilobytes costs on this disk."""
    times = []
    with open(directory / "sync-probe", "wb", buffering=0) as file:
        for _ in range(count):
            file.write(b"x" * 4096)
            begin = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - begin) * 1e6)
    return sorted(times)


def latency(bench: Bench) -> None:
    """From write(2) to a subscriber at 10,000 lines a second, beside one sync of the disk"""
    syncs = sync_micros(bench.home)
    file = bench.logs / "app" / "x.log"
    file.parent.mkdir()
    collector = bench.collector()
    bench.agent(collector)
    load = bench.load("latency", f"--collector={collector.address}", f"--file={file}", "--topic=app", "--rate=10000")
    found = json.loads(load.communicate()[0])
    assert found["received"] == found["written"], found
    sync = statistics.median(syncs)
    bench.add("one fdatasync, p50", sync / 1e3, "ms")
    bench.add("one fdatasync, p99", syncs[int(len(syncs) * 0.99)] / 1e3, "ms")
    bench.add("latency, p50", found["p50"] / 1e3, "ms")
    bench.add("latency, p99", found["p99"] / 1e3, "ms")
    bench.add("latency, max", found["max"] / 1e3, "ms")
    bench.add("beyond one sync, p50", (found["p50"] - sync) / 1e3, "ms", at_most=1)
    bench.add("beyond one sync, p99", (found["p99"] - sync) / 1e3, "ms", at_most=5)


def subscribe(bench: Bench) -> None:
    """An unfiltered subscription that reads all that is stored"""
    bench.place("shop")
    collector = bench.collector()
    wait_acked(bench.agent(collector), bench.lines)
    before = collector.cpu_seconds()
    load = bench.load("subscribers", f"--collector={collector.address}", "--topic=shop", f"--records={bench.lines}")
    found = json.loads(load.communicate()[0])
    assert found["records"] == bench.lines, found
    bench.add("wall", bench.lines / found["seconds"], "records/s", at_least=2e6)
    bench.add("collector", bench.lines / (collector.cpu_seconds() - before), "records per CPU-second")
    bench.add("client", bench.lines / found["cpu_seconds"], "records per CPU-second")


def subscribers(bench: Bench) -> None:
    """1,000 subscribers of one topic, live: what each line costs, and the collector's memory"""
    count, records = 1000, 20_000
    collector = bench.collector()
    agent = bench.agent(collector)
    args = [f"--collector={collector.address}", "--topic=app", f"--subscribers={count}", f"--records={records}"]
    load = bench.load("subscribers", *args, "--connections=50", "--live")
    assert load.stdout is not None and load.stdout.readline() == "ready\n"
    before, read_before = collector.cpu_seconds(), bytes_read(collector)
    file = bench.logs / "app" / "x.log"
    file.parent.mkdir()
    with open(bench.json_file(), "rb") as source:
        file.write_bytes(b"".join(source.readline() for _ in range(records)))
    found = json.loads(load.communicate()[0])
    wait_acked(agent, records)
    assert found["records"] >= count * records, found
    cpu = collector.cpu_seconds() - before
    bench.add("wall", found["records"] / found["seconds"], "records/s")
    bench.add("collector", found["records"] / cpu, "records per CPU-second")
    read = (bytes_read(collector) - read_before) / file.stat().st_size
    bench.add("read from the log", read, "bytes a byte that was written", at_most=1.1)
    bench.add("collector, peak memory", collector.status_kib("VmHWM") / MIB, "MiB", at_most=300)


def bytes_read(program: Program) -> int:
    """That a process read from files so far; what comes by sockets is not in it."""
    text = pathlib.Path(f"/proc/{program.pid}/io").read_text(encoding="ascii")
    return int(text.split("rchar:")[1].split()[0])


def idle(bench: Bench) -> None:
    """1,000 files that nobody writes to"""
    seconds = 30
    for n in range(1000):
        path = bench.logs / f"d{n % 20}" / f"{n}.log"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"INFO one line of file {n}\n")
    collector = bench.collector()
    agent = bench.agent(collector)
    wait_acked(agent, 1000)
    time.sleep(5)  # what belongs to the start is over
    before = agent.cpu_seconds(), collector.cpu_seconds()
    time.sleep(seconds)
    bench.add("agent", (agent.cpu_seconds() - before[0]) / seconds * 100, "% of a core", at_most=0.2)
    bench.add("agent, memory", agent.status_kib("VmRSS") / MIB, "MiB", at_most=20)
    bench.add("collector", (collector.cpu_seconds() - before[1]) / seconds * 100, "% of a core")
    bench.add("collector, memory", collector.status_kib("VmRSS") / MIB, "MiB")


def start(bench: Bench) -> None:
    """From the start of an agent to the first line in a tail"""
    collector = bench.collector()
    path = bench.logs / "app" / "x.log"
    path.parent.mkdir()
    path.write_text("INFO first line\n")
    times = []
    for _ in range(9):
        command = [str(settings.CLI), "tail", f"--collector={collector.address}", "--output=raw"]
        tail = subprocess.Popen(command, stdout=subprocess.PIPE)
        wait_until(lambda: collector.metric("sluice_collector_subscribers") == 1, "the tail to be there")
        agent = Agent(bench.home, collector.address, bench.logs, agent_id=f"agent-{len(times)}")
        bench.programs.append(agent)
        begin = time.monotonic()
        agent.spawn()
        assert tail.stdout is not None and tail.stdout.readline() == b"INFO first line\n"
        times.append((time.monotonic() - begin) * 1e3)
        agent.kill()
        shutil.rmtree(agent.state_dir)
        tail.terminate()
        tail.wait()
        wait_until(lambda: collector.metric("sluice_collector_subscribers") == 0, "the tail to be gone")
    bench.add("median of 9", statistics.median(times), "ms", at_most=100)
    bench.add("slowest of 9", max(times), "ms")


def rsyslog(bench: Bench) -> None:
    """The same file through rsyslog, file to file, where it is installed; ours as a multiple of its"""
    program = shutil.which("rsyslogd", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        print("  rsyslogd is not installed")
        return
    source, out = bench.json_file(), bench.home / "out.log"
    config = bench.home / "rsyslog.conf"
    config.write_text(
        f'global(workDirectory="{bench.home}" maxMessageSize="64k")\n'
        'module(load="imfile" mode="inotify")\n'
        'template(name="line" type="string" string="%msg%\\n")\n'
        f'input(type="imfile" File="{source}" Tag="bench:" Ruleset="out")\n'
        f'ruleset(name="out") {{ action(type="omfile" file="{out}" template="line") }}\n'
    )
    theirs = Program("rsyslog", [program, "-n", "-f", str(config), "-i", "NONE"], bench.home / "rsyslog.log")
    bench.programs.append(theirs)
    size = source.stat().st_size
    begin = time.monotonic()
    theirs.spawn()
    wait_until(lambda: out.exists() and out.stat().st_size >= size, lambda: f"all of the file\n{theirs.log()}", 600)
    wall, cpu = time.monotonic() - begin, theirs.cpu_seconds()
    memory = theirs.status_kib("VmHWM") / MIB
    theirs.kill()
    bench.add("rsyslog, wall", bench.lines / wall, "lines/s")
    bench.add("rsyslog", bench.lines / cpu, "lines per CPU-second")
    bench.add("rsyslog, peak memory", memory, "MiB")
    end_to_end_figures = {f.name: f.value for f in run("e2e", bench.home.parent, bench.lines)}
    bench.add("Sluice, wall", end_to_end_figures["wall"] * wall / bench.lines, "times rsyslog's")
    bench.add("Sluice, both processes", end_to_end_figures["both"] * cpu / bench.lines, "times rsyslog's per CPU-second")
    bench.add("Sluice, agent alone", end_to_end_figures["agent"] * cpu / bench.lines, "times rsyslog's per CPU-second")


PARTS = {
    "e2e": end_to_end,
    "latency": latency,
    "subscribe": subscribe,
    "subscribers": subscribers,
    "idle": idle,
    "start": start,
    "rsyslog": rsyslog,
    "kafka": kafka,
    **agent_parts.PARTS,
    **monitor_parts.PARTS,
    **publish_parts.PARTS,
}


def run(name: str, directory: pathlib.Path, lines: int) -> list[Figure]:
    bench = Bench(name, directory, lines)
    try:
        PARTS[name](bench)
    finally:
        bench.close()
    return bench.figures
