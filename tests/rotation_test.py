"""Files that are renamed, emptied, replaced and removed."""

import gzip
import shutil

import pytest

from tests.harness.logfile import LogFile, numbered
from tests.harness.waiting import wait_until


def test_renamed_files_are_finished_and_the_new_one_followed(sandbox):
    file = sandbox.log_file("app/x.log")
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    for n in range(8):
        file.append(*numbered("x", 500, first=n * 1000))
        file.rotate(f".{n}")
        file.append(*numbered("x", 500, first=n * 1000 + 500))
    wait_until(lambda: len(sandbox.raw("app")) >= len(file.lines), "all lines")
    assert sorted(sandbox.raw("app")) == sorted(file.lines)


def test_lines_written_to_a_file_after_its_rename_are_not_lost(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append("one")
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    sandbox.expect("app", [b"one"])
    file.path.rename(file.path.with_name("x.log.1"))  # the writer still has it open
    new = sandbox.log_file("app/x.log")
    new.append("new")
    sandbox.expect("app", [b"one", b"new"])
    file.append("late")
    sandbox.expect("app", [b"one", b"new", b"late"])


def test_several_rotations_while_the_agent_is_down(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append(*numbered("x", 100))
    sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    agent.stop()
    file.append(*numbered("tail", 100))
    for n in range(3):
        for old in range(3, 0, -1):  # x.log.1 → x.log.2 …, as logrotate does
            path = file.path.with_name(f"x.log.{old}")
            if path.exists():
                path.rename(file.path.with_name(f"x.log.{old + 1}"))
        file.rotate(".1")
        file.append(*numbered(f"gen{n}", 100))
    agent.start()
    wait_until(lambda: len(sandbox.raw("app")) >= len(file.lines), "all lines")
    found = sandbox.raw("app")
    assert sorted(found) == sorted(file.lines)
    for prefix in (b"x ", b"tail", b"gen0", b"gen1", b"gen2"):
        assert [f for f in found if f.startswith(prefix)] == [w for w in file.lines if w.startswith(prefix)]
    assert agent.lost() == 0


def test_compressed_rotations_are_left_alone(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append(*numbered("x", 100))
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    old = file.rotate()
    with gzip.open(str(old) + ".gz", "wb") as packed:
        packed.write(old.read_bytes())
    old.unlink()
    file.append("after")
    sandbox.expect("app", file.lines)


def test_a_file_emptied_in_place_begins_again(sandbox):
    file = sandbox.log_file("app/x.log")
    sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    for n in range(4):
        file.append(*numbered(f"round{n}", 300 - n * 50))
        sandbox.expect("app", file.lines)
        shutil.copy(file.path, sandbox.home / f"copy.{n}")
        file.path.open("r+b").truncate(0)
    file.append("last")
    sandbox.expect("app", file.lines)
    assert agent.lost() == 0


def test_a_file_emptied_and_longer_again_at_once(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append(*numbered("old", 100))
    sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    agent.stop()
    file.path.open("r+b").truncate(0)
    file.append(*numbered("new", 500))
    agent.start()
    sandbox.expect("app", file.lines)


def test_what_a_truncation_takes_is_counted(sandbox):
    """With the collector away the agent cannot have read it all: delivered and lost bytes add up to what was written."""
    file = sandbox.log_file("app/x.log")
    file.append("first")
    collector = sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    sandbox.expect("app", [b"first"])
    collector.kill()
    line = b"x" * 1023
    for _ in range(96):
        file.append(*[line] * 1024)
    written = file.path.stat().st_size
    agent.wait_metric("sluice_agent_lag_bytes", written - 6)
    file.path.open("r+b").truncate(0)
    file.append("after")
    collector.start()
    wait_until(lambda: sandbox.cli("tail", "--no-follow", "--contains=after", "--output=raw").stdout, "the new line", 60)
    agent.wait_metric("sluice_agent_bytes_lost_total", 1)
    delivered = sum(len(found) + 1 for found in sandbox.raw("app")) - len("after\n")
    assert delivered + agent.lost() == written
    assert agent.lost(reason="truncated") == agent.lost()
    assert agent.log().count("bytes_lost=") == 1
    assert f"bytes_lost={agent.lost():.0f}" in agent.log()


def test_a_deleted_file_is_finished_or_its_loss_counted(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append(*numbered("x", 100))
    sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    file.append(*numbered("late", 100))
    size = sum(len(line) + 1 for line in file.lines)
    file.path.unlink()
    file.append(*numbered("later", 100))
    size_after = sum(len(line) + 1 for line in file.lines)

    def accounted() -> bool:
        total = sum(len(line) + 1 for line in sandbox.raw("app")) + agent.lost()
        return size <= total <= size_after

    wait_until(accounted, "all bytes delivered or counted")
    found = sandbox.raw("app")
    assert found == file.lines[: len(found)]


def test_a_deleted_file_that_is_open_is_finished(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append("one")
    sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    sandbox.expect("app", [b"one"])
    assert agent.metric("sluice_agent_files_open") == 1
    file.append("two")
    sandbox.expect("app", file.lines)
    file.path.unlink()
    sandbox.expect("app", file.lines)
    file.close()
    wait_until(lambda: agent.metric("sluice_agent_files_open") == 0, "the deleted file to be closed", 30)
    assert agent.lost() == 0


def test_files_with_an_equal_beginning_are_different_files(sandbox):
    header = numbered("the same header", 200)
    files = [sandbox.log_file(f"{name}/x.log") for name in "abc"]
    for file in files:
        file.append(*header, f"own {file.path.parent.name}")
    sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    for file in files:
        sandbox.expect(file.path.parent.name, file.lines)
    agent.kill()
    for file in files:
        file.append("more")
    agent.start()
    for file in files:
        sandbox.expect(file.path.parent.name, file.lines)


def test_a_file_replaced_by_another_of_the_same_name(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append(*numbered("old", 100))
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    replacement = sandbox.home / "x.tmp"
    replacement.write_bytes(b"replaced 1\nreplaced 2\n")
    replacement.rename(file.path)
    sandbox.expect("app", [*file.lines, b"replaced 1", b"replaced 2"])


def test_a_link_whose_target_is_rotated_again_and_again(sandbox):
    """As Kubernetes lays out /var/log/containers: what the links lead to is in no directory that is watched."""
    target = sandbox.home / "elsewhere" / "0.log"
    target.parent.mkdir()
    file = LogFile(target)
    file.append("line 0")
    sandbox.logs.mkdir(exist_ok=True)
    (sandbox.logs / "app").mkdir()
    (sandbox.logs / "app" / "x.log").symlink_to(target)
    sandbox.collector()
    sandbox.agent(sandbox.logs)
    for n in range(1, 6):
        sandbox.expect("app", file.lines)
        file.rotate(f".{n}")
        file.append(f"line {n}")
    sandbox.expect("app", file.lines)


def test_an_inode_that_comes_again(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append(*numbered("old", 10))
    sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    agent.stop()
    inode = file.path.stat().st_ino
    lines = list(file.lines)
    file.close()
    file.path.unlink()
    for n in range(200):  # many file systems give the number away at once, others never
        file = sandbox.log_file("app/x.log")
        if file.path.stat().st_ino == inode:
            break
        file.path.rename(file.path.with_name(f"kept-{n}"))
    else:
        pytest.skip("this file system does not give a number away again")
    file.append(*numbered("new", 20))  # more than before
    agent.start()
    sandbox.expect("app", lines + file.lines)
    assert agent.lost() == 0
