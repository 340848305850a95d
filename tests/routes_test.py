"""`routes:` of the collector: which records go where, exactly once."""

import json
import random
import subprocess

import pytest

from tests.harness import settings
from tests.harness.logfile import numbered
from tests.harness.programs import Collector
from tests.harness.waiting import wait_until

LEVELS = ("DEBUG", "INFO", "WARN", "ERROR")


def leveled(count: int, first: int = 0) -> list[str]:
    """Lines whose severity changes from one to the next."""
    return [f"2026-11-20 09:15:39,123 {LEVELS[n % 4]} line {n}" for n in range(first, first + count)]


def of_levels(lines: list[bytes], *levels: str) -> list[bytes]:
    return [line for line in lines if line.split()[2].decode() in levels]


def test_records_are_copied_renamed_and_dropped_by_severity(sandbox):
    file = sandbox.log_file("app/x.log")
    collector = sandbox.collector(
        config="""
routes:
  - {name: severe, match: {severity: error}, topic: "{topic}.errors", copy_to: [critical]}
  - {name: noise, match: {regex: " DEBUG "}, drop: true}
"""
    )
    sandbox.agent(sandbox.logs)
    file.append(*leveled(4000))
    sandbox.expect("app", of_levels(file.lines, "INFO", "WARN"))
    sandbox.expect("app.errors", of_levels(file.lines, "ERROR"))
    sandbox.expect("critical", of_levels(file.lines, "ERROR"))
    assert collector.metric("sluice_collector_records_dropped_total", route="noise") == 1000
    assert collector.metric("sluice_collector_records_total", topic="critical", severity="error") == 1000


def test_the_first_route_that_matches_wins(sandbox):
    shop, bank = sandbox.log_file("shop/x.log"), sandbox.log_file("bank/x.log")
    config = f"""
routes:
  - {{match: {{path: "{sandbox.logs}/shop/**"}}, topic: "{{label.team}}.{{agent}}"}}
  - {{match: {{labels: {{team: "*"}}}}, topic: team}}
"""
    sandbox.collector(config=config)
    agent = f"sources: [{{name: all, root: {sandbox.logs}, labels: {{team: red/blue}}}}]"
    sandbox.agent(agent_id="a-1", config=agent)
    shop.append("one", "two")
    bank.append("three")
    sandbox.expect("red_blue.a-1", shop.lines)
    sandbox.expect("team", bank.lines)
    assert json.loads(sandbox.raw("team", "--output=json")[0])["labels"] == {"team": "red/blue"}


def test_a_template_without_a_value_makes_dead_letters(sandbox):
    file = sandbox.log_file("app/x.log")
    collector = sandbox.collector(
        config="""
dead_letters: {topic: rejects}
routes: [{name: by-region, match: {severity: warn}, topic: "{label.region}"}]
"""
    )
    sandbox.agent(sandbox.logs)
    file.append(*leveled(8))
    sandbox.expect("rejects", of_levels(file.lines, "WARN", "ERROR"))
    sandbox.expect("app", of_levels(file.lines, "DEBUG", "INFO"))
    labels = json.loads(sandbox.raw("rejects", "--output=json")[0])["labels"]
    assert labels["dead_letter.reason"] == "route"
    assert labels["dead_letter.topic"] == "app"
    assert "route 'by-region': {label.region} is empty" in labels["dead_letter.error"]
    assert collector.metric("sluice_collector_dead_letters_total", reason="route") == 4


def test_a_file_that_is_dropped_whole_is_not_read_again(sandbox):
    file = sandbox.log_file("noise/x.log")
    other = sandbox.log_file("app/x.log")
    collector = sandbox.collector(config="routes: [{name: noise, match: {topic: noise}, drop: true}]")
    agent = sandbox.agent(sandbox.logs)
    file.append(*numbered("x", 3000))
    other.append("here")
    sandbox.expect("app", other.lines)
    collector.wait_metric("sluice_collector_records_dropped_total", 3000, route="noise")
    agent.wait_metric("sluice_agent_records_acked_total", 3001)
    # Also an agent that has lost all that it knew takes the collector's word for it.
    agent.kill()
    reborn = sandbox.agent(sandbox.logs, name="reborn")
    file.append(*numbered("more", 10))
    collector.wait_metric("sluice_collector_records_dropped_total", 3010, route="noise")
    reborn.wait_metric("sluice_agent_records_acked_total", 10)
    assert collector.metric("sluice_collector_records_dropped_total", route="noise") == 3010
    assert sandbox.raw("noise") == []


def routed_whoever_is_killed(sandbox, victims: str, config: str = "", rounds: int = 6) -> None:
    """Batches that are divided and copied are stored with one watermark: no part twice, none missing."""
    files = [sandbox.log_file(f"app/{n}.log") for n in range(3)]
    routes = """
routes:
  - {match: {regex: " DEBUG "}, drop: true}
  - {match: {severity: warn}, copy_to: [critical, "{topic}.all"]}
  - {match: {}, topic: "{topic}.all"}
"""
    collector = sandbox.collector(config=routes + config)
    agent = sandbox.agent(sandbox.logs)
    chance = random.Random(settings.seed())
    for _ in range(rounds):
        for number, file in enumerate(files):
            lines = leveled(2000, first=len(file.lines))
            file.append(*(f"{line} of {number}" for line in lines))
        wait_until(lambda: chance.random() < 0.3, "chance")
        for program in (collector, agent):
            if victims in (program.name, "both"):
                program.kill()
                program.start()
    for number, file in enumerate(files):
        own = b" of %d" % number
        for topic, levels in {
            "app": ("WARN", "ERROR"),
            "critical": ("WARN", "ERROR"),
            "app.all": ("INFO", "WARN", "ERROR"),
        }.items():
            wanted = of_levels(file.lines, *levels)

            def of_file(topic=topic, own=own) -> list[bytes]:
                return [line for line in sandbox.raw(topic) if line.endswith(own)]

            wait_until(lambda: len(of_file()) >= len(wanted), f"the records of {number} in {topic}", 60)
            assert of_file() == wanted, (topic, number)


@pytest.mark.parametrize("victims", ["collector", "agent", "both"])
def test_what_is_routed_arrives_exactly_once_whoever_is_killed(sandbox, victims):
    routed_whoever_is_killed(sandbox, victims)


def run_collector(*args: str, stdin: bytes = b"") -> subprocess.CompletedProcess:
    return subprocess.run([str(settings.COLLECTOR), *args], input=stdin, capture_output=True, timeout=30, check=False)


def test_routes_are_checked_with_the_configuration(sandbox):
    path = sandbox.home / "c.yaml"
    path.write_text('routes:\n  - {match: {regex: "("}, drop: true}\n  - {match: {topik: a}, topic: "a b"}\n')
    done = run_collector(f"--config={path}", "--check-config")
    assert done.returncode == 2
    text = done.stderr.decode()
    assert "c.yaml:2: routes[0].match.regex" in text and "missing )" in text
    assert "topik" in text and "did you mean" in text
    assert "c.yaml:3: routes[1].topic" in text


def test_routes_are_explained_without_running(sandbox):
    path = sandbox.home / "c.yaml"
    path.write_text(
        "routes:\n  - {name: noise, match: {topic: 'health*'}, drop: true}\n"
        "  - {name: severe, match: {severity: warn}, copy_to: [critical]}\n"
    )
    records = sandbox.home / "records.jsonl"
    lines = [{"topic": "healthz"}, {"topic": "shop", "severity": "ERROR"}, {"topic": "shop", "body": "fine"}]
    records.write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = run_collector(f"--config={path}", f"--explain-route={records}")
    assert done.stdout.decode() == (
        "1: route noise -> dropped\n2: route severe -> shop, critical\n3: no route -> shop\n"
    )
    assert done.returncode == 0
    assert run_collector(f"--config={path}", "--explain-route=-", stdin=b'{"topic":"a"}\n').stdout == b"1: no route -> a\n"
    done = run_collector(f"--config={path}", "--explain-route=-", stdin=b'{"topic":"a","colour":1}\n')
    assert done.returncode == 1 and b"unknown key 'colour'" in done.stdout
    assert run_collector(f"--config={path}", f"--explain-route={sandbox.home}/missing").returncode == 1


def test_a_copy_that_the_log_has_no_topic_for_holds_the_file_back_and_loses_nothing(sandbox):
    file = sandbox.log_file("app/x.log")
    config = 'limits: {topics: %d}\nroutes: [{match: {severity: warn}, copy_to: [critical]}]\n'
    collector = sandbox.collector(config=config % 1)
    agent = sandbox.agent(sandbox.logs, config="agent: {events: false}\n")
    file.append(*leveled(2))
    sandbox.expect("app", file.lines)
    file.append(*leveled(200, first=2))
    agent.wait_metric("sluice_agent_batches_rejected_total", 1)
    assert sandbox.raw("app") == file.lines[:2]
    collector.stop()
    again = Collector(
        sandbox.home, "again", data_dir=collector.data_dir, grpc_port=collector.grpc_port, config=config % 2
    )
    sandbox.programs.append(again)
    again.start()
    sandbox.collector_process = again
    sandbox.expect("critical", of_levels(file.lines, "WARN", "ERROR"))
    sandbox.expect("app", file.lines)
