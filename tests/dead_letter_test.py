"""What cannot be stored where it belongs is kept in the topic of dead letters, once, and says why."""

import json

from tests.harness.waiting import holds_for, wait_until

# No topic sluice.events: these tests count topics.
QUIET = "agent: {events: false}\n"


def labels(sandbox, topic: str = "dead-letter") -> dict:
    return json.loads(sandbox.raw(topic, "--output=json")[0])["labels"]


def test_long_lines_are_split_where_they_belong(sandbox):
    file = sandbox.log_file("app/x.log")
    sandbox.collector(config="dead_letters: {line_bytes: 1KiB}\n")
    sandbox.agent(sandbox.logs)
    long = b"x" * 2500
    file.append("short", long, "end")
    sandbox.expect("app", [b"short", long[:1024], long[1024:2048], long[2048:], b"end"])
    parts = [json.loads(line).get("part") for line in sandbox.raw("app", "--output=json")]
    assert parts == [None, "FIRST", "MIDDLE", "LAST", None] or [bool(p) for p in parts] == [False, True, True, True, False]


def test_long_lines_become_dead_letters_if_that_is_asked_for(sandbox):
    file = sandbox.log_file("app/x.log")
    collector = sandbox.collector(config="dead_letters: {line_bytes: 1KiB, oversize: dead-letter}\n")
    sandbox.agent(sandbox.logs)
    file.append("short", b"x" * 1500, "end")
    sandbox.expect("app", [b"short", b"end"])
    sandbox.expect("dead-letter", [b"x" * 1024, b"x" * 476])
    assert labels(sandbox)["dead_letter.reason"] == "oversize"
    assert labels(sandbox)["dead_letter.topic"] == "app"
    assert "1500 bytes" in labels(sandbox)["dead_letter.error"]
    assert collector.metric("sluice_collector_dead_letters_total", reason="oversize") == 2


def test_tail_shows_why(sandbox):
    file = sandbox.log_file("app/x.log")
    sandbox.collector(config='routes: [{name: r, match: {topic: app}, topic: "{label.region}"}]\n')
    sandbox.agent(sandbox.logs)
    file.append("lost its way")
    sandbox.expect("dead-letter", file.lines)
    shown = sandbox.cli("tail", "dead-letter", "--no-follow", "--from=beginning").stdout.decode()
    assert "lost its way  [of app: route 'r': {label.region} is empty" in shown


def test_what_has_no_topic_waits_by_default(sandbox):
    first, second = sandbox.log_file("a/x.log"), sandbox.log_file("b/x.log")
    sandbox.collector(config="limits: {topics: 1}\n")
    agent = sandbox.agent(sandbox.logs, config=QUIET)
    first.append("a")
    sandbox.expect("a", first.lines)
    second.append("b")
    agent.wait_metric("sluice_agent_batches_rejected_total", 2, timeout=30)
    assert sandbox.raw() == first.lines


def test_what_has_no_topic_becomes_a_dead_letter_if_that_is_asked_for(sandbox):
    first, second = sandbox.log_file("a/x.log"), sandbox.log_file("b/x.log")
    collector = sandbox.collector(
        config="limits: {topics: 2}\ndead_letters: {no_topic: dead-letter, retries: 0}\n"
        'routes: [{match: {topic: a, regex: first}, copy_to: ["dead-letter"]}]\n'
    )
    sandbox.agent(sandbox.logs, config=QUIET)
    first.append("first")  # makes both topics that there may be
    sandbox.expect("a", first.lines)
    second.append("b 1", "b 2")
    sandbox.expect("dead-letter", first.lines + second.lines, timeout=30)
    assert collector.metric("sluice_collector_dead_letters_total", reason="no_topic") == 2
    second.append("b 3")
    sandbox.expect("dead-letter", first.lines + second.lines, timeout=30)
    holds_for(lambda: len(sandbox.raw("dead-letter")) == 4, "a repeat", 1)
    why = json.loads(sandbox.raw("dead-letter", "--output=json")[-1])["labels"]
    assert why["dead_letter.topic"] == "b" and "most topics" in why["dead_letter.error"]
    wait_until(lambda: collector.running, "the collector runs")
