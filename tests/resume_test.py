"""Nothing is repeated and nothing skipped, whoever stops, dies or forgets."""

import shutil

import pytest

from tests.harness.logfile import numbered
from tests.harness.waiting import wait_until


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_an_agent_goes_on_where_it_was(sandbox, how):
    file = sandbox.log_file("app/x.log")
    file.append(*numbered("x", 5000))
    sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    for _ in range(3):
        getattr(agent, how)()
        file.append(*numbered("y", 5000, first=len(file.lines)))
        agent.start()
        sandbox.expect("app", file.lines)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_collector_comes_back_with_all_that_it_acknowledged(sandbox, how):
    file = sandbox.log_file("app/x.log")
    collector = sandbox.collector()
    sandbox.agent(sandbox.logs)
    for n in range(3):
        file.append(*numbered("x", 5000, first=n * 5000))
        wait_until(lambda: len(sandbox.raw("app")) > 0, "a first record")
        getattr(collector, how)()
        file.append(*numbered("x", 5000, first=n * 5000 + 100_000))
        collector.start()
        sandbox.expect("app", file.lines)


def test_one_that_is_started_at_once_waits_until_the_killed_one_is_gone(sandbox):
    """Its lock, its ports, its database."""
    file = sandbox.log_file("app/x.log")
    collector = sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    for n in range(10):
        file.append(*numbered("x", 1000, first=n * 1000))
        agent.replace()
        collector.replace()
        for program in (collector, agent):
            program.wait_http("/readyz")
    sandbox.expect("app", file.lines)


def test_an_agent_waits_for_a_collector_that_is_not_there_yet(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append(*numbered("x", 1000))
    collector = sandbox.collector(start=False)
    agent = sandbox.agent(sandbox.logs)
    agent.wait_metric("sluice_agent_lag_bytes", 1)
    assert agent.metric("sluice_agent_records_acked_total") == 0
    collector.start()
    sandbox.expect("app", file.lines)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_an_agent_without_its_state_directory_neither_repeats_nor_skips(sandbox, how):
    growing, finished = sandbox.log_file("app/grow.log"), sandbox.log_file("old/done.log")
    growing.append(*numbered("x", 5000))
    finished.append(*numbered("old", 5000))
    sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    sandbox.expect("app", growing.lines)
    sandbox.expect("old", finished.lines)
    getattr(agent, how)()
    shutil.rmtree(agent.state_dir)
    growing.append(*numbered("y", 5000))
    agent.start()
    sandbox.expect("app", growing.lines)
    sandbox.expect("old", finished.lines)
    assert agent.lost() == 0


def test_a_file_rotated_while_an_agent_without_state_was_away_is_finished_first(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append(*numbered("x", 2000))
    sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    agent.kill()
    shutil.rmtree(agent.state_dir)
    file.append(*numbered("before", 2000))
    file.rotate()
    file.append(*numbered("after", 2000))
    agent.start()
    wait_until(lambda: len(sandbox.raw("app")) >= 6000, "6000 lines")
    found = sandbox.raw("app")
    assert len(found) == 6000
    assert found[:2000] == file.lines[:2000]
    assert [line for line in found if line.startswith(b"before")] == file.lines[2000:4000]
    assert [line for line in found if line.startswith(b"after")] == file.lines[4000:]


def test_start_at_end_is_remembered_not_applied_again(sandbox):
    file = sandbox.log_file("app/x.log")
    file.append(*numbered("old", 100))
    sandbox.collector()
    config = f"sources:\n  - {{name: s, root: {sandbox.logs}, start_at: end}}\n"
    agent = sandbox.agent(config=config)
    wait_until(lambda: agent.metric("sluice_agent_files_open") >= 1, "the file to be met")
    file.append("new 1")
    sandbox.expect("app", [b"new 1"])
    agent.stop()
    file.append("new 2")
    agent.start()
    sandbox.expect("app", [b"new 1", b"new 2"])


@pytest.mark.parametrize("state", ["kept", "lost"])
def test_start_at_end_leaves_out_nothing_that_is_made_while_the_agent_is_down(sandbox, state):
    """Also if only the collector remembers that the agent was there before."""
    file, new = sandbox.log_file("app/x.log"), sandbox.log_file("app/w.log")
    file.append("old")
    sandbox.collector()
    agent = sandbox.agent(config=f"sources:\n  - {{name: s, root: {sandbox.logs}, start_at: end}}\n")
    wait_until(lambda: agent.metric("sluice_agent_files_open") >= 1, "the file to be met")
    file.append("read")
    sandbox.expect("app", [b"read"])
    agent.stop()
    if state == "lost":
        shutil.rmtree(agent.state_dir)
    new.append("while-down")
    file.rotate()
    file.append("rotated-new")
    agent.start()
    wait_until(lambda: len(sandbox.raw("app")) >= 3, "the lines of the new files")
    assert sorted(sandbox.raw("app")) == [b"read", b"rotated-new", b"while-down"]


def test_checkpoints_are_written_by_count_too(sandbox):
    file = sandbox.log_file("app/x.log")
    sandbox.collector()
    config = f"checkpoint: {{interval: 1h, records: 100}}\nsources:\n  - {{name: s, root: {sandbox.logs}}}\n"
    agent = sandbox.agent(config=config)
    before = agent.metric("sluice_agent_checkpoint_writes_total")
    file.append(*numbered("x", 1000))
    agent.wait_metric("sluice_agent_checkpoint_writes_total", before + 1)


def test_two_agents_side_by_side(sandbox):
    one, two = sandbox.log_file("one/app/x.log"), sandbox.log_file("two/app/x.log")
    one.append(*numbered("one", 3000))
    two.append(*numbered("two", 3000))
    sandbox.collector()
    sandbox.agent(sandbox.logs / "one", name="one", agent_id="one")
    sandbox.agent(sandbox.logs / "two", name="two", agent_id="two")
    wait_until(lambda: sandbox.collector_process.records() >= 6000, "6000 records")
    found = sandbox.raw("app")
    assert len(found) == 6000
    assert [line for line in found if line.startswith(b"one")] == one.lines
    assert [line for line in found if line.startswith(b"two")] == two.lines
