"""The agent alone: what a line, a file and a reload cost, by kind of work."""

import pathlib
import shutil
import signal
import statistics
import subprocess
import time

from bench.workbench import MIB, Bench, wait_acked
from tests.harness import settings
from tests.harness.programs import Agent
from tests.harness.waiting import wait_until

STACK = (
    "2026-11-20T10:52:48.896Z ERROR [checkout] order rejected: java.lang.IllegalStateException: no stock\n"
    + "".join(f"\tat com.example.shop.order.OrderService.step{n}(OrderService.java:{100 + n})\n" for n in range(9))
).encode()


def generated(bench: Bench, kind: str) -> pathlib.Path:
    """A file of `bench.lines` lines of one kind; made once."""
    if kind == "json":
        return bench.json_file()
    path = bench.corpus.parent / f"{kind}.log"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "stack":
        path.write_bytes(STACK * (bench.lines // STACK.count(b"\n")))
        return path
    made = bench.home / "generated"
    command = [str(settings.CLI), "generate", f"--dir={made}", f"--kind={kind}", f"--count={bench.lines}"]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    (file,) = [p for p in made.rglob("*") if p.is_file()]
    shutil.move(file, path)
    return path


def configured(bench: Bench, collector, options: str) -> Agent:
    config = f"sources:\n  - name: all\n    root: {bench.logs}\n{options}"
    agent = Agent(bench.home, collector.address, config=config)
    bench.programs.append(agent)
    return agent


def lines_per_cpu_second(bench: Bench, name: str, kind: str, options: str, target: float) -> None:
    """One file through an agent with these options of its source."""
    source = generated(bench, kind)
    shutil.rmtree(bench.logs)
    (bench.logs / "t").mkdir(parents=True)
    path = bench.logs / "t" / "x.log"
    path.hardlink_to(source)
    lines = 0
    with open(path, "rb") as file:
        while block := file.read(1 << 22):
            lines += block.count(b"\n")
    collector = bench.collector()
    agent = configured(bench, collector, options)
    agent.spawn()
    try:
        agent.wait_http("/healthz")
    except AssertionError:
        print(f"  {name}: this build does not know an option of it: {agent.log().strip().splitlines()[-1]}")
        bench.stop()
        return
    size = path.stat().st_size
    wait_until(lambda: agent.metric("sluice_agent_bytes_read_total") >= size, "all to be read", 600)
    wait_until(lambda: agent.metric("sluice_agent_lag_bytes") == 0, "all to be acknowledged", 600)
    full_size = bench.lines >= 2_000_000  # of less, the start is too large a part
    bench.add(name, lines / agent.cpu_seconds(), "lines per CPU-second", at_least=target if full_size else None)
    bench.add(f"{name}, peak memory", agent.status_kib("VmHWM") / MIB, "MiB", at_most=25)
    bench.stop()
    shutil.rmtree(collector.data_dir, ignore_errors=True)
    shutil.rmtree(agent.state_dir, ignore_errors=True)


def agent_lines(bench: Bench) -> None:
    """What a line costs the agent: JSON, fields, access logs, multiline, redaction"""
    lines_per_cpu_second(bench, "JSON, auto", "json", "", 5e6)
    lines_per_cpu_second(bench, "JSON, fields: all", "json", "    parser: json\n    fields: all\n", 3e6)
    lines_per_cpu_second(bench, "access log, auto", "access", "", 4e6)
    lines_per_cpu_second(bench, "multiline: indented", "stack", "    multiline: {indented: true}\n", 4e6)
    presets = "    redact: [{preset: card}, {preset: token}, {preset: email}]\n"
    lines_per_cpu_second(bench, "JSON, three presets redacted", "json", presets, 1e6)


def spread(bench: Bench, files: int) -> int:
    """The JSON lines, evenly over that many files; how many lines."""
    shutil.rmtree(bench.logs)
    lines = 0
    with open(generated(bench, "json"), "rb") as source:
        each = bench.lines // files
        for n in range(files):
            path = bench.logs / f"d{n % 50}" / f"{n}.log"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"".join(source.readline() for _ in range(each)))
            lines += each
    return lines


def agent_files(bench: Bench) -> None:
    """What a file costs: a backlog in 1 to 10,000 files, and 10,000 files that nobody writes to"""
    cost: dict[int, float] = {}
    for files in (1, 100, 1000, 10_000):
        lines = spread(bench, files)
        collector = bench.collector()
        agent = configured(bench, collector, "")
        agent.start()
        wait_acked(agent, lines)
        cost[files] = agent.cpu_seconds() / lines * 1e9
        bench.add(f"{files:,} files in backlog", cost[files], "ns of CPU a line")
        if files == 1000:
            bench.add("1,000 files in backlog, peak memory", agent.status_kib("VmHWM") / MIB, "MiB", at_most=25)
        if files == 10_000:
            idle(bench, agent)
        bench.stop()
        shutil.rmtree(collector.data_dir, ignore_errors=True)
        shutil.rmtree(agent.state_dir, ignore_errors=True)
    bench.add("1,000 files, a line", cost[1000] / cost[1], "times that of one file", at_most=1.5)
    bench.add("10,000 files, a line", cost[10_000] / cost[1], "times that of one file", at_most=2)


def idle(bench: Bench, agent: Agent, seconds: int = 40) -> None:
    """More than one interval of the scan of all directories."""
    time.sleep(5)  # what belongs to the backlog is over
    before = agent.cpu_seconds()
    time.sleep(seconds)
    bench.add("10,000 idle files", (agent.cpu_seconds() - before) / seconds * 100, "% of a core", at_most=0.5)
    bench.add("10,000 idle files, memory", agent.status_kib("VmRSS") / MIB, "MiB", at_most=40)


def agent_reload(bench: Bench) -> None:
    """A reload of 100 sources, from SIGHUP until it is in use"""
    sources = 100
    for n in range(sources):
        for name in ("a", "b"):
            path = bench.logs / f"s{n}" / f"{name}.log"
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"INFO a line of {n}\n")

    def text(version: int) -> str:
        return "sources:\n" + "".join(
            f"  - {{name: s{n}, root: {bench.logs}/s{n}, labels: {{version: '{version}'}}}}\n" for n in range(sources)
        )

    config = bench.home / "reload.yaml"
    config.write_text(text(0))
    agent = Agent(bench.home, bench.collector().address)
    agent.argv.append(f"--config={config}")
    bench.programs.append(agent)
    agent.start()
    wait_acked(agent, 2 * sources)
    times = []
    for version in range(1, 12):
        aside = config.with_suffix(".new")
        aside.write_text(text(version))
        begin = time.monotonic()
        aside.rename(config)
        assert agent.process is not None
        agent.process.send_signal(signal.SIGHUP)
        while agent.metric("sluice_agent_config_reloads_total", result="success") < version:
            pass
        times.append((time.monotonic() - begin) * 1e3)
        time.sleep(0.5)  # the change is seen by inotify, too, and is none any more
    bench.add("all 100 changed, median of 11", statistics.median(times), "ms", at_most=100)
    bench.add("all 100 changed, slowest", max(times), "ms", at_most=100)


def live_beside_backlog(bench: Bench) -> None:
    """How long a live line takes while 1 GB of backlog is read beside it"""
    block = b"".join(open(generated(bench, "json"), "rb").readlines(1 << 24))
    for n in range(8):
        path = bench.logs / f"old{n}" / "x.log"
        path.parent.mkdir()
        with open(path, "wb") as file:
            for _ in range(max(1, (1 << 30) // 8 // len(block))):
                file.write(block)
    live = bench.logs / "live" / "x.log"
    live.parent.mkdir()
    live.write_text("INFO first\n")
    collector = bench.collector()
    command = [str(settings.CLI), "tail", "live", f"--collector={collector.address}", "--output=raw", "--from=beginning"]
    times: list[float] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE) as tail:
        assert tail.stdout is not None
        agent = bench.agent(collector)
        tail.stdout.readline()
        with open(live, "ab", buffering=0) as file:
            while agent.metric("sluice_agent_lag_bytes") > 64 << 20 or not times:
                begin = time.monotonic()
                file.write(b"INFO live\n")
                tail.stdout.readline()
                times.append((time.monotonic() - begin) * 1e3)
                time.sleep(0.02)
        tail.terminate()
    times.sort()
    bench.add("live lines", len(times), "")
    bench.add("latency, p50", statistics.median(times), "ms")
    bench.add("latency, p99", times[int(len(times) * 0.99)], "ms")
    bench.add("latency, max", times[-1], "ms", at_most=1000)


PARTS = {
    "agent-lines": agent_lines,
    "agent-files": agent_files,
    "agent-reload": agent_reload,
    "agent-live": live_beside_backlog,
}
