"""The agent takes up another configuration while it runs: what changed, and only that; no line lost or repeated."""

import os
import pathlib
import random
import signal
import time

import pytest

from tests.harness import settings
from tests.harness.logfile import numbered
from tests.harness.waiting import wait_until


def source(name: str, root: pathlib.Path, **more: str) -> str:
    return "".join([f"  - name: {name}\n    root: {root}\n", *(f"    {k}: {v}\n" for k, v in more.items())])


def write(path: pathlib.Path, text: str) -> None:
    """As editors and configuration management do: aside, then renamed."""
    aside = path.with_name(f".{path.name}.new")
    aside.write_text(text)
    aside.rename(path)


def reloads(agent, result: str) -> float:
    return agent.metric("sluice_agent_config_reloads_total", result=result)


@pytest.fixture
def config(sandbox) -> pathlib.Path:
    """The path of the agent's configuration file."""
    directory = sandbox.home / "etc"
    directory.mkdir()
    return directory / "agent.yaml"


def start(sandbox, config: pathlib.Path, text: str):
    config.write_text(text)
    agent = sandbox.agent(start=False)
    agent.argv.append(f"--config={config}")
    agent.start()
    return agent


def test_sources_come_change_and_go_while_the_others_are_not_touched(sandbox, config):
    sandbox.collector()
    files = {name: sandbox.log_file(f"{name}/x.log") for name in "abc"}
    for name, file in files.items():
        file.append(f"{name} 1")
    roots = {name: sandbox.logs / name for name in "abc"}
    agent = start(sandbox, config, "sources:\n" + source("a", roots["a"]) + source("b", roots["b"]))
    sandbox.expect("a", [b"a 1"])
    sandbox.expect("b", [b"b 1"])

    write(config, "sources:\n" + source("a", roots["a"]) + source("b", roots["b"], topic="other") + source("c", roots["c"]))
    sandbox.expect("c", [b"c 1"])
    for name, file in files.items():
        file.append(f"{name} 2")
    sandbox.expect("a", [b"a 1", b"a 2"])
    sandbox.expect("other", [b"b 2"])
    sandbox.expect("b", [b"b 1"])
    sandbox.expect("c", [b"c 1", b"c 2"])
    assert "added=c" in agent.log() and "changed=b" in agent.log() and "unchanged=1" in agent.log()

    write(config, "sources:\n" + source("a", roots["a"]))
    wait_until(lambda: agent.metric("sluice_agent_files") == 1, "the files of the sources that are gone to be let go")
    files["c"].append("c 3")
    files["a"].append("a 3")
    sandbox.expect("a", [b"a 1", b"a 2", b"a 3"])
    sandbox.expect("c", [b"c 1", b"c 2"])

    write(config, "sources:\n" + source("a", roots["a"]) + source("c", roots["c"]))
    sandbox.expect("c", [b"c 1", b"c 2", b"c 3"])
    assert reloads(agent, "success") == 3


@pytest.mark.parametrize("bad", ["sources: [{name: a}]", "sources:\n- {name: a, root: /a, topik: x}\n", "{", "", "\0"])
def test_an_invalid_file_changes_nothing_and_is_told_once(sandbox, config, bad):
    sandbox.collector()
    file = sandbox.log_file("a/x.log")
    good = "sources:\n" + source("a", sandbox.logs / "a")
    agent = start(sandbox, config, good)
    assert agent.metric("sluice_agent_config_valid") == 1
    write(config, bad)
    wait_until(lambda: reloads(agent, "failure") == 1, "the reload to fail")
    assert agent.metric("sluice_agent_config_valid") == 0
    for count in range(2, 4):
        agent.process.send_signal(signal.SIGHUP)
        wait_until(lambda: reloads(agent, "failure") == count, "SIGHUP to be heeded")
    assert agent.log().count("the configuration cannot be used") == 1
    shown = wait_until(lambda: sandbox.json("agents")[0]["config_error"], "sluice agents to show it")
    assert "etc/agent.yaml" in shown or "nothing to watch" in shown
    assert "invalid" in sandbox.cli("agents").stdout.decode()
    file.append("still read")
    sandbox.expect("a", file.lines)
    write(config, good + "    labels: {a: b}\n")
    wait_until(lambda: agent.metric("sluice_agent_config_valid") == 1, "the good file to be taken up")
    wait_until(lambda: sandbox.json("agents")[0]["config_error"] == "", "sluice agents to show that it is good")
    file.append("and on")
    sandbox.expect("a", file.lines)


def test_conf_d_is_merged_in_the_order_of_names(sandbox, config):
    sandbox.collector()
    files = [sandbox.log_file(f"{name}/x.log") for name in "abc"]
    for file in files:
        file.append("first")
    agent = start(sandbox, config, "sources:\n" + source("a", sandbox.logs / "a"))
    sandbox.expect("a", [b"first"])
    conf_d = config.parent / "conf.d"
    conf_d.mkdir()
    write(conf_d / "20-c.yaml", "sources:\n" + source("c", sandbox.logs / "c"))
    write(conf_d / "10-b.yaml", "sources:\n" + source("b", sandbox.logs / "b") + "checkpoint: {interval: 2s}\n")
    sandbox.expect("b", [b"first"])
    sandbox.expect("c", [b"first"])
    write(conf_d / "30.yaml", "checkpoint: {interval: 3s}\n")
    wait_until(lambda: reloads(agent, "failure") > 0, "the conflict to be found")
    error = wait_until(lambda: sandbox.json("agents")[0]["config_error"], "sluice agents to show it")
    assert "30.yaml:1: checkpoint.interval" in error and "10-b.yaml:4" in error, "both places are named"
    (conf_d / "30.yaml").unlink()
    (conf_d / "20-c.yaml").unlink()
    wait_until(lambda: agent.metric("sluice_agent_files") == 2, "c to be let go")


def test_what_needs_a_restart_is_said_and_waits_for_it(sandbox, config):
    sandbox.collector()
    file = sandbox.log_file("a/x.log")
    file.append("1")
    agent = start(sandbox, config, "sources:\n" + source("a", sandbox.logs / "a", topic="'{agent}'"))
    write(config, "agent: {window: 32MiB}\nsources:\n" + source("a", sandbox.logs / "a", topic="'{agent}'"))
    agent.wait_log(r"next start.*agent\.window")
    file.append("2")
    sandbox.expect("agent-1", file.lines)


def test_links_that_kubernetes_swaps_are_seen(sandbox, config):
    sandbox.collector()
    for version, name in (("..1", "a"), ("..2", "b")):
        sandbox.log_file(f"{name}/x.log").append("first")
        directory = config.parent / version
        directory.mkdir()
        (directory / "agent.yaml").write_text("sources:\n" + source(name, sandbox.logs / name))
    os.symlink("..1", config.parent / "..data")
    os.symlink("..data/agent.yaml", config)
    agent = sandbox.agent(start=False)
    agent.argv.append(f"--config={config}")
    agent.start()
    sandbox.expect("a", [b"first"])
    os.symlink("..2", config.parent / "..data_tmp")
    os.rename(config.parent / "..data_tmp", config.parent / "..data")
    sandbox.expect("b", [b"first"], timeout=8)


def test_it_does_not_wait_for_a_collector_that_is_away(sandbox, config):
    sandbox.collector()
    file = sandbox.log_file("a/x.log")
    agent = start(sandbox, config, "sources:\n" + source("a", sandbox.logs / "a"))
    file.append("before")
    sandbox.expect("a", file.lines)
    sandbox.collector_process.kill()
    file.append(*numbered("away", 5000))
    other = sandbox.log_file("b/x.log")
    other.append("of b")
    begin = time.monotonic()
    write(config, "sources:\n" + source("b", sandbox.logs / "b"))
    wait_until(lambda: reloads(agent, "success") == 1, "the reload", timeout=5)
    agent.process.send_signal(signal.SIGHUP)
    wait_until(lambda: reloads(agent, "success") == 2, "the second", timeout=5)
    assert time.monotonic() - begin < settings.scaled(5)
    write(config, "sources:\n" + source("a", sandbox.logs / "a") + source("b", sandbox.logs / "b"))
    wait_until(lambda: reloads(agent, "success") == 3, "the third", timeout=5)
    sandbox.collector_process.start()
    sandbox.expect("a", file.lines)
    sandbox.expect("b", other.lines)


def test_a_storm_of_signals_and_writes_loses_nothing(sandbox, config):
    sandbox.collector()
    file = sandbox.log_file("a/x.log")
    agent = start(sandbox, config, "sources:\n" + source("a", sandbox.logs / "a", topic="all"))
    for n in range(300):
        file.append(f"line {n}")
        agent.process.send_signal(signal.SIGHUP)
        if n % 10 == 0:
            write(config, "sources:\n" + source("a", sandbox.logs / "a", topic="all", labels=f"{{n: '{n}'}}"))
        if n % 50 == 7:
            config.write_text("sources: [")  # and not by renaming
    write(config, "sources:\n" + source("a", sandbox.logs / "a", topic="all"))
    sandbox.expect("all", file.lines)
    wait_until(lambda: agent.metric("sluice_agent_config_valid") == 1, "the last file to be the one in use")
    agent.stop()


def test_kill_9_in_the_middle_of_reloads_loses_and_repeats_nothing(sandbox, config):
    dice = random.Random(settings.seed())
    sandbox.collector()
    files = {name: sandbox.log_file(f"{name}/x.log") for name in "abc"}

    def some_config(every: bool = False) -> str:
        names = [name for name in "abc" if every or dice.random() < 0.7] or ["a"]
        more = [source(n, sandbox.logs / n, topic=n, labels=f"{{n: '{dice.random()}'}}") for n in names]
        return "sources:\n" + "".join(more)

    agent = start(sandbox, config, some_config())
    for round_number in range(12):
        for _ in range(dice.randrange(1, 4)):
            for name, file in files.items():
                file.append(*numbered(f"{name} {round_number}", dice.randrange(300)))
            write(config, some_config())
        time.sleep(dice.random() * 0.3)  # the moment is what is tried
        agent.kill()
        if dice.random() < 0.3:
            sandbox.collector_process.kill()
            sandbox.collector_process.start()
        agent.start()
    write(config, some_config(every=True))
    for name, file in files.items():
        file.append("last")
        sandbox.expect(name, file.lines)
