"""Limits hold back and never drop; a backlog does not keep live lines waiting."""

import subprocess
import time

import pytest

from tests.harness import settings
from tests.harness.logfile import numbered
from tests.harness.waiting import wait_until


def configured(sandbox, text: str):
    return sandbox.agent(config=text + f"\nsources:\n  - name: all\n    root: {sandbox.logs}\n")


def test_bytes_a_second_are_kept_and_nothing_is_lost(sandbox):
    sandbox.collector()
    file = sandbox.log_file("a/x.log")
    begin = time.monotonic()
    configured(sandbox, "limits: {bytes_per_second: 500KiB}")
    for _ in range(30):
        file.append(*numbered("line", 2500))  # about 50 KiB
        time.sleep(0.02)
    sandbox.expect("a", file.lines, timeout=60)
    size = file.path.stat().st_size
    took = time.monotonic() - begin
    # One second may be saved up.
    assert size / (500 << 10) - 1.2 < took, f"{size} bytes in {took:.1f} s"


def test_lines_a_second_of_one_source_do_not_hold_back_another(sandbox):
    sandbox.collector()
    for name, lines in (("slow", 600), ("fast", 200)):
        sandbox.log_file(f"{name}/x.log").append(*numbered(name, lines))
    config = "sources:\n"
    for name, limit in (("slow", 100), ("fast", 1_000_000)):
        config += f"  - {{name: {name}, root: {sandbox.logs}/{name}, limits: {{lines_per_second: {limit}}}}}\n"
    begin = time.monotonic()
    sandbox.agent(config=config)
    sandbox.expect("fast", numbered("fast", 200))
    slow, fast = sandbox.log_file("slow/y.log"), sandbox.log_file("fast/y.log")
    slow.append("held back")
    fast.append("at once")
    sandbox.expect("fast", [*numbered("fast", 200), b"at once"])
    assert len(sandbox.raw("slow")) < 601, "nothing of it was held back meanwhile"
    wait_until(lambda: len(sandbox.raw("slow")) == 601, "all that was held back", 30)
    assert time.monotonic() - begin > 4.5, "601 lines at 100 a second, of which one second's may come at once"


def test_a_limit_of_lines_lets_them_through_evenly(sandbox):
    sandbox.collector()
    file = sandbox.log_file("a/x.log")
    file.append(*numbered("line", 2000))
    begin = time.monotonic()
    agent = configured(sandbox, "limits: {lines_per_second: 50}")
    wait_until(lambda: agent.metric("sluice_agent_records_acked_total") >= 150, "three seconds' worth")
    took = time.monotonic() - begin
    assert took > 1.8, f"150 lines in {took:.1f} s"
    assert agent.metric("sluice_agent_records_acked_total") < 50 * (time.monotonic() - begin) + 60


def test_a_limit_can_be_lifted_by_a_reload(sandbox):
    sandbox.collector()
    file = sandbox.log_file("a/x.log")
    file.append(*numbered("line", 2000))
    agent = configured(sandbox, "limits: {lines_per_second: 1}")
    wait_until(lambda: agent.metric("sluice_agent_records_acked_total") > 0, "the first line")
    assert agent.metric("sluice_agent_records_acked_total") < 20
    file.append("held back for half an hour")
    (sandbox.home / "agent.yaml").write_text(f"sources:\n  - name: all\n    root: {sandbox.logs}\n")
    sandbox.expect("a", file.lines, timeout=10)


@pytest.mark.skipif(bool(settings.SANITIZER), reason="measures CPU time")
def test_the_cpu_limit_is_kept(sandbox):
    sandbox.collector()
    lines = numbered("line with some text in it, INFO", 20_000)
    files = [sandbox.log_file(f"t{n}/x.log") for n in range(4)]
    agent = configured(sandbox, "agent: {cpu_limit: 10%}")
    time.sleep(1)  # the start is not what is measured
    before, begin = agent.cpu_seconds(), time.monotonic()
    while time.monotonic() - begin < 6:
        for file in files:
            file.append(*lines)
    share = (agent.cpu_seconds() - before) / (time.monotonic() - begin)
    assert share < 0.15, f"{share:.0%} of a core"
    assert agent.metric("sluice_agent_lag_bytes") > 0, "there was enough to do"
    (sandbox.home / "agent.yaml").write_text(f"sources:\n  - name: all\n    root: {sandbox.logs}\n")
    wait_until(lambda: agent.metric("sluice_agent_lag_bytes") == 0, "all to be read without the limit", 60)
    for n, file in enumerate(files):
        assert len(sandbox.raw(f"t{n}")) == len(file.lines)


def test_nice_and_ionice_hold_for_all_threads(sandbox):
    sandbox.collector()
    agent = configured(sandbox, "agent: {nice: 5, ionice: idle}")
    agent.wait_http("/readyz")
    threads = list(open_tasks(agent.pid))
    assert len(threads) > 3
    assert {nice for _, nice in threads} == {5}
    classes = {subprocess.check_output(["ionice", "-p", task], text=True).strip() for task, _ in threads}
    assert classes == {"idle"}


def open_tasks(pid: int):
    import pathlib

    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        fields = (task / "stat").read_text().rpartition(")")[2].split()
        yield task.name, int(fields[16])


def test_idle_files_are_closed_and_followed_on(sandbox):
    sandbox.collector()
    files = [sandbox.log_file(f"a/{n:02}.log") for n in range(20)]
    for file in files:
        file.append("first")
    agent = configured(sandbox, "agent: {close_idle: 1s}")
    wait_until(lambda: agent.metric("sluice_agent_records_acked_total") == 20, "all lines")
    wait_until(lambda: agent.metric("sluice_agent_files_open") == 0, "idle files to be closed", 45)
    assert agent.metric("sluice_agent_files") == 20
    for file in files:
        file.append("second")
    wait_until(lambda: agent.metric("sluice_agent_records_acked_total") == 40, "lines of files that were closed")
    assert agent.lost() == 0


@pytest.mark.skipif(bool(settings.SANITIZER), reason="measures time")
def test_a_live_line_does_not_wait_for_a_backlog(sandbox):
    sandbox.collector()
    block = b"".join(line + b"\n" for line in numbered("an old line that is one of very many, INFO", 100_000))
    for n in range(4):
        path = sandbox.logs / f"old{n}" / "x.log"
        path.parent.mkdir()
        path.write_bytes(block * 10)
    live = sandbox.log_file("live/x.log")
    live.append("first")
    agent = configured(sandbox, "")
    tail = sandbox.tail("live", "--output=raw", "--from=beginning")
    tail.wait_lines(1)
    times = []
    for n in range(20):
        if agent.metric("sluice_agent_lag_bytes") < 20 << 20:
            break
        begin = time.monotonic()
        live.append(f"live {n}")
        tail.wait_lines(n + 2)
        times.append(time.monotonic() - begin)
    assert times and sorted(times)[len(times) // 2] < 1, times
