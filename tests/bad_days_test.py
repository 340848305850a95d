"""Disks fill up, states rot, names are taken twice: a clear word or a counted loss, never a crash, a hang or silence."""

import os
import pathlib
import shutil
import subprocess

import pytest

from tests.conftest import needs_root
from tests.harness import http, settings
from tests.harness.logfile import numbered
from tests.harness.waiting import holds_for, wait_until


def state_files(agent) -> list[pathlib.Path]:
    return [p for p in agent.state_dir.rglob("*") if p.is_file() and p.stat().st_size > 0]


def flip_bits(path: pathlib.Path) -> None:
    data = bytearray(path.read_bytes())
    for at in range(0, len(data), 7):
        data[at] ^= 0x5A
    path.write_bytes(data)


def cut_in_half(path: pathlib.Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: pathlib.Path) -> None:
    path.write_bytes(b"")


def garbage(path: pathlib.Path) -> None:
    path.write_bytes(os.urandom(5000))


@pytest.mark.parametrize("damage", [flip_bits, cut_in_half, empty, garbage])
def test_damaged_state_neither_stops_nor_repeats(sandbox, damage):
    file = sandbox.log_file("app/x.log")
    file.append(*numbered("x", 1000))
    sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    agent.stop()
    found = state_files(agent)
    assert found, "the agent keeps a state"
    for path in found:
        damage(path)
    file.append(*numbered("y", 1000))
    agent.start()
    sandbox.expect("app", file.lines)
    agent.stop()
    agent.start()
    file.append("z")
    sandbox.expect("app", file.lines)


@pytest.mark.parametrize("damage", [flip_bits, cut_in_half])
def test_one_damaged_file_of_the_state_is_survived_too(sandbox, damage):
    file = sandbox.log_file("app/x.log")
    sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    file.append("first")
    sandbox.expect("app", file.lines)
    agent.stop()
    for path in sorted(state_files(agent)):
        if path.exists():
            damage(path)
        file.append(f"after damage to {path.name}")
        agent.start()
        sandbox.expect("app", file.lines)
        agent.stop()


def fill_up(file: pathlib.Path) -> None:
    with open(file, "ab") as hog:
        while True:
            try:
                os.write(hog.fileno(), b"x" * 4096)
            except OSError:
                return


@needs_root
def test_a_full_state_directory_does_not_stop_the_lines(sandbox):
    state = sandbox.tmpfs("state", "64k")
    file = sandbox.log_file("app/x.log")
    sandbox.collector()
    filler = state / "filler"
    filler.write_bytes(b"x" * (48 << 10))  # leaves room for the lock and the instance's id, not for a checkpoint
    agent = sandbox.agent(sandbox.logs, state_dir=state)
    file.append(*numbered("full", 500))
    sandbox.expect("app", file.lines)
    agent.wait_log(r"(?i)no space|ENOSPC|full")
    filler.unlink()
    agent.wait_log("can be written again")
    agent.kill()
    file.append("after")
    agent.start()
    sandbox.expect("app", file.lines)


@needs_root
def test_checkpoints_go_on_when_the_state_directory_fills_up(sandbox):
    state = sandbox.tmpfs("state", "64k")
    file = sandbox.log_file("app/x.log")
    sandbox.collector()
    agent = sandbox.agent(sandbox.logs, state_dir=state)
    file.append("before")
    agent.wait_metric("sluice_agent_checkpoint_writes_total", 1)
    file.append("both files are there")
    agent.wait_metric("sluice_agent_checkpoint_writes_total", 2)
    fill_up(state / "filler")
    file.append(*numbered("full", 500))
    sandbox.expect("app", file.lines)
    agent.wait_metric("sluice_agent_checkpoint_writes_total", 3)
    assert agent.metric("sluice_agent_checkpoint_failures_total") == 0


@needs_root
def test_a_read_only_state_directory_is_said_at_start(sandbox):
    state = sandbox.tmpfs("state", "64k")
    subprocess.run(["mount", "-o", "remount,ro", str(state)], check=True)
    sandbox.collector()
    agent = sandbox.agent(sandbox.logs, state_dir=state, start=False)
    agent.spawn()
    assert agent.wait_exit() == 1
    assert str(state) in agent.log() and "ead-only" in agent.log()


@needs_root
def test_a_full_collector_disk_makes_agents_wait_and_recovers(sandbox):
    data = sandbox.tmpfs("data", "48m")
    file = sandbox.log_file("app/x.log")
    collector = sandbox.collector(data_dir=data / "log")
    agent = sandbox.agent(sandbox.logs)
    file.append("before")
    sandbox.expect("app", file.lines)
    filler = data / "filler"
    fill_up(filler)
    noise = os.urandom(1 << 16).hex()
    for n in range(200):
        file.append(f"full {n:06d} {noise[n : n + 4000]}")
    acked = agent.metric("sluice_agent_records_acked_total")
    agent.wait_metric("sluice_agent_lag_bytes", 1)
    collector.wait_log(r"(?i)no space|disk|full", 60)
    assert collector.running and agent.running
    stored = collector.records()
    assert agent.metric("sluice_agent_records_acked_total") <= max(acked, stored), "acknowledged but not stored"
    filler.unlink()
    sandbox.expect("app", file.lines, timeout=90)
    collector.kill()
    collector.start()
    sandbox.expect("app", file.lines)


@needs_root
def test_a_collector_that_is_killed_with_its_disk_full_waits_for_room_when_it_is_started(sandbox):
    data = sandbox.tmpfs("data", "48m")
    file = sandbox.log_file("app/x.log")
    collector = sandbox.collector(data_dir=data / "log")
    sandbox.agent(sandbox.logs)
    file.append(*numbered("before", 500))
    sandbox.expect("app", file.lines)
    filler = data / "filler"
    fill_up(filler)
    collector.kill()
    file.append(*numbered("full", 500))

    collector.start(status=503)
    why = http.get(collector.http_port, "/readyz")[1]
    assert "No space left on device" in why and str(data) in why
    assert http.get(collector.http_port, "/healthz")[0] == 200
    assert collector.metric("sluice_collector_log_healthy") == 0
    collector.stop()
    assert "waiting for room on the disk" in collector.log()

    collector.start(status=503)
    filler.unlink()
    collector.wait_http("/readyz")
    sandbox.expect("app", file.lines)


def test_two_agents_with_one_id(sandbox):
    one, two = sandbox.log_file("one/a/x.log"), sandbox.log_file("two/b/x.log")
    one.append("one")
    two.append("two")
    sandbox.collector()
    first = sandbox.agent(sandbox.logs / "one", name="first", agent_id="same")
    sandbox.expect("a", [b"one"])
    second = sandbox.agent(sandbox.logs / "two", name="second", agent_id="same")
    second.wait_log(r"(?i)same.*|already", 30)
    one.append("one more")
    sandbox.expect("a", [b"one", b"one more"])
    holds_for(lambda: first.running and second.running, "an agent ended", 0.5)
    first.stop()
    sandbox.expect("b", [b"two"], timeout=60)


def test_a_state_directory_is_for_one_process(sandbox):
    sandbox.collector()
    first = sandbox.agent(sandbox.logs, name="first")
    second = sandbox.agent(sandbox.logs, name="second", state_dir=first.state_dir, start=False)
    second.spawn()
    assert second.wait_exit() == 1
    assert str(first.state_dir) in second.log()
    assert first.running


def test_a_data_directory_is_for_one_process(sandbox):
    first = sandbox.collector(name="first")
    second = sandbox.collector(name="second", data_dir=first.data_dir, start=False)
    second.spawn()
    assert second.wait_exit() == 1
    assert str(first.data_dir) in second.log()
    assert first.running and http.get(first.http_port, "/readyz")[0] == 200


@pytest.mark.parametrize("which", ["grpc_port", "http_port"])
def test_a_port_in_use_is_said(sandbox, which):
    first = sandbox.collector(name="first")
    second = sandbox.collector(name="second", start=False)
    flag = {"grpc_port": "--grpc-address", "http_port": "--http-address"}[which]
    port = getattr(first, which)
    second.argv = [a if not a.startswith(flag) else f"{flag}=127.0.0.1:{port}" for a in second.argv]
    second.spawn()
    assert second.wait_exit() == 1
    assert str(port) in second.log() and "in use" in second.log()
    assert first.running


def test_an_agents_port_in_use_is_said(sandbox):
    sandbox.collector()
    first = sandbox.agent(sandbox.logs, name="first", agent_id="first")
    second = sandbox.agent(sandbox.logs, name="second", agent_id="second", start=False)
    second.argv = [f"--http-address=127.0.0.1:{first.http_port}" if a.startswith("--http") else a for a in second.argv]
    second.spawn()
    assert second.wait_exit() == 1
    assert str(first.http_port) in second.log() and "in use" in second.log()


def test_a_damaged_event_log_is_told_not_hidden(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append(*[f"{n} {os.urandom(200).hex()}" for n in range(3000)])
    collector = sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    agent.stop()
    collector.stop()
    largest = max((p for p in collector.data_dir.rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
    data = bytearray(largest.read_bytes())
    for at in range(len(data) // 3, len(data) // 3 + 4096):
        data[at] ^= 0xFF
    largest.write_bytes(data)
    collector.spawn()
    wait_until(lambda: not collector.running or http.get(collector.http_port, "/readyz")[0] == 200, "up, or ended")
    if not collector.running:
        assert collector.process.returncode == 1 and str(collector.data_dir) in collector.log()
        return
    done = sandbox.cli("tail", "--no-follow", "--from=beginning", "--output=raw")
    found = done.stdout.split(b"\n")[:-1]
    assert found != file.lines and set(found) <= set(file.lines)
    assert done.returncode != 0 or done.stderr, "what is missing is said"


@needs_root
def test_a_reached_watch_limit_is_told_and_survived(sandbox):
    """Without inotify watches the rescan finds what is new."""
    for n in range(40):
        sandbox.log_file(f"d{n}/x.log").append(f"{n}")
    collector = sandbox.collector()
    # A user namespace of its own has its own limit of watches.
    limit = "echo 20 >/proc/sys/user/max_inotify_watches && exec \"$@\""
    prefix = ["unshare", "--user", "--map-root-user", "sh", "-c", limit, "sh"]
    if subprocess.run([*prefix, "true"], check=False).returncode != 0:
        pytest.skip("no user namespaces here")
    agent = sandbox.agent(sandbox.logs, prefix=prefix)
    wait_until(lambda: collector.records() >= 40, lambda: f"{collector.records()} records", 60)
    agent.wait_log(r"(?i)watch")
    for n in range(40):
        with open(sandbox.logs / f"d{n}/x.log", "ab") as file:
            file.write(b"more\n")
    wait_until(lambda: collector.records() >= 80, lambda: f"{collector.records()} records", 60)


def test_a_collector_that_hangs_does_not_make_the_agent_grow(sandbox):
    """Frozen: the connection stays, nothing is acknowledged. Memory stays in its bound, and all arrives later."""
    file = sandbox.log_file("app/x.log")
    collector = sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    file.append("first")
    sandbox.expect("app", file.lines)
    collector.freeze()
    block = [b"y" * 1000] * 1000
    for _ in range(150):
        file.append(*block)
    agent.wait_metric("sluice_agent_lag_bytes", 1)
    file.append("last")
    holds_for(lambda: agent.running, "the agent ended", 1)
    peak = agent.status_kib("VmHWM")
    collector.thaw()
    wait_until(lambda: sandbox.cli("tail", "--no-follow", "--contains=last", "--output=raw").stdout, "the last line", 60)
    assert len(sandbox.raw("app")) == len(file.lines)
    if not settings.SANITIZER:
        assert peak < 100_000, f"the agent used {peak} KiB"


def test_a_stop_while_the_collector_is_away_is_quick_and_loses_nothing(sandbox):
    file = sandbox.log_file("app/x.log")
    collector = sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    file.append(*numbered("x", 1000))
    sandbox.expect("app", file.lines)
    collector.kill()
    file.append(*numbered("y", 1000))
    agent.wait_metric("sluice_agent_lag_bytes", 1)
    agent.stop(timeout=15)
    collector.start()
    agent.start()
    sandbox.expect("app", file.lines)


def test_a_moved_data_directory_is_what_it_was(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append(*numbered("x", 1000))
    collector = sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    collector.stop()
    moved = sandbox.home / "moved"
    shutil.move(collector.data_dir, moved)
    again = sandbox.collector(name="again", data_dir=moved, grpc_port=collector.grpc_port)
    file.append("more")
    sandbox.expect("app", file.lines, timeout=40)
    assert again.running and agent.running
