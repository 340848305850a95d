"""What is dropped, sampled and redacted, and what labels say, end to end: what docs/processing.md says."""

import random
import re

from tests.framing_test import records, source, wait_for_bodies
from tests.harness import settings
from tests.harness.waiting import wait_until


def test_drop_and_keep_are_counted(sandbox):
    file = sandbox.log_file("shop/a.log")
    file.append("DEBUG a", "INFO b", "ERROR GET /healthz", "WARN c", "no severity", "INFO audit d")
    sandbox.collector()
    agent = sandbox.agent(config=source(sandbox, "keep: [{severity: warn}, {regex: audit}]", "drop: [{regex: /healthz}]"))
    wait_for_bodies(sandbox, "shop", ["WARN c", "no severity", "INFO audit d"])
    agent.wait_metric("sluice_agent_records_dropped_total", 3, source="app", reason="filter")


def test_the_checkpoint_passes_what_is_dropped(sandbox):
    file = sandbox.log_file("shop/a.log")
    file.append("ERROR a", *[f"INFO {n}" for n in range(5000)])
    sandbox.collector()
    agent = sandbox.agent(config=source(sandbox, "drop: [{severity: warn}]"))
    wait_for_bodies(sandbox, "shop", ["ERROR a"])
    agent.wait_metric("sluice_agent_records_dropped_total", 5000, source="app", reason="filter")
    wait_until(lambda: agent.metric("sluice_agent_lag_bytes") == 0, "what is dropped lags")
    agent.stop()
    agent.start()
    file.append("ERROR b")
    wait_for_bodies(sandbox, "shop", ["ERROR a", "ERROR b"])
    assert agent.metric("sluice_agent_lines_read_total") == 1, "dropped lines were read again"
    assert agent.metric("sluice_agent_collector_behind_bytes_total") == 0


def test_kills_change_neither_what_is_kept_nor_what_is_sampled(sandbox):
    rng = random.Random(settings.seed())
    collector = sandbox.collector()
    agent = sandbox.agent(
        config=source(
            sandbox, "drop: [{regex: noise}]", "sample: {rate: 4, severity_below: warn}", "redact: [{preset: email}]"
        )
    )
    file = sandbox.log_file("shop/a.log")
    important = []
    for n in range(4000):
        kind = rng.random()
        if kind < 0.3:
            file.append(f"ERROR noise {n}")
        elif kind < 0.6:
            file.append(f"ERROR {n} from user{n}@example.org")
            important.append(f"ERROR {n} from ***")
        else:
            file.append(f"INFO {n} user{n}@example.org")
        if n % 500 == 250:
            agent.kill()
            agent.start()
        if n % 1500 == 900:
            collector.kill()
            collector.start()
    file.append("ERROR the end")
    important.append("ERROR the end")

    def bodies() -> list[str]:
        return [r["body"] for r in records(sandbox, "shop")]

    wait_until(lambda: "ERROR the end" in bodies(), "the end is missing", 40)
    first = bodies()
    assert [b for b in first if b.startswith("ERROR")] == important
    sampled = [b for b in first if b.startswith("INFO")]
    assert len(set(sampled)) == len(sampled) and 200 < len(sampled) < 600
    assert not any("@" in b or "noise" in b for b in first)

    # An agent that knows nothing, and a collector that knows nothing, choose the same.
    agent.stop()
    collector.stop()
    sandbox.collector(name="other-collector")
    other = sandbox.agent(config=agent_config_of(agent), name="other-agent")
    wait_until(lambda: "ERROR the end" in bodies(), "the end is missing", 40)
    assert bodies() == first
    dropped = {r: other.metric("sluice_agent_records_dropped_total", source="app", reason=r) for r in ("filter", "sampled")}
    assert dropped["sampled"] == sum(line.startswith(b"INFO") for line in file.lines) - len(sampled)
    assert sum(dropped.values()) + len(first) == len(file.lines)


def agent_config_of(agent) -> str:
    path = next(a.removeprefix("--config=") for a in agent.argv if a.startswith("--config="))
    with open(path, encoding="utf-8") as file:
        return file.read()


def test_secrets_leave_neither_in_bodies_nor_in_attributes(sandbox):
    file = sandbox.log_file("shop/a.log")
    file.append(
        "paid with 4111 1111 1111 1111 by ann@example.org",
        '{"level":"info","password":"hunter2","msg":"Bearer abcdef0123456789"}',
        "user=bob order=1795176000000",
        """curl -H 'Authorization: Digest username="M", response="66"' -H 'proxy-authorization: Token 9944b0' https://x""",
    )
    sandbox.collector()
    agent = sandbox.agent(
        config=source(
            sandbox,
            "parser: regex",
            r"pattern: '(?P<user>user=\w+)|(?P<mail>\S+@\S+)'",
            r"redact: [{preset: card}, {preset: token}, {preset: email, mask: <email>}, {regex: 'user=(\w)\w*', mask: 'user=\1*'}]",
        )
    )
    found = wait_for_bodies(
        sandbox,
        "shop",
        [
            "paid with *** by <email>",
            '{"level":"info","password":"***","msg":"Bearer ***"}',
            "user=b* order=1795176000000",
            "curl -H 'Authorization: Digest ***' -H 'proxy-authorization: Token ***' https://x",
        ],
    )
    assert found[0]["attributes"]["mail"] == "<email>"
    assert found[2]["attributes"]["user"] == "user=b*"
    agent.wait_metric("sluice_agent_redactions_total", 9, source="app")


def test_what_a_regex_takes_out_of_a_body_is_in_no_attribute(sandbox):
    file = sandbox.log_file("shop/a.log")
    file.append("level=info iban=DE8937 x=1", b"user name=J\xe9r\xf4me Dupont", b"drop \xe9 me", '{"iban":"DE8937","x":1}')
    sandbox.collector()
    sandbox.agent(
        config=source(
            sandbox,
            "parser: auto",
            "fields: all",
            r"redact: [{regex: 'iban\W{1,3}\w+', mask: 'iban=***'}, {regex: 'name=.*', mask: 'name=***'}]",
            "drop: [{regex: 'drop.*me'}]",
        )
    )
    found = wait_for_bodies(sandbox, "shop", ["level=info iban=*** x=1", "user name=***", '{"iban=***","x":1}'])
    assert found[0]["attributes"] == {"level": "info", "iban": "***", "x": "1"}
    assert "raw_body" not in found[1]
    assert found[2]["attributes"] == {"iban": "***", "x": "1"}, "a mask that breaks the format"


def test_labels_from_the_path_the_host_and_the_environment(sandbox, monkeypatch):
    monkeypatch.setenv("SLUICE_TEST_TEAM", "payments")
    sandbox.log_file("cart/prod/a.log").append("one")
    sandbox.log_file("search/dev/b.txt").append("not included")
    sandbox.collector()
    config = source(
        sandbox,
        'include: ["*.log"]',
        'topic: "shop.{service}-{dir}"',
        'labels: {team: "${SLUICE_TEST_TEAM}", host: "${HOSTNAME}"}',
    ).replace(str(sandbox.logs), f"{sandbox.logs}/{{service}}/{{env}}")
    sandbox.agent(config=config)
    wait_until(lambda: records(sandbox, "shop.cart-cart.prod"), "nothing came")
    [record] = records(sandbox, "shop.cart-cart.prod")
    labels = record["labels"]
    assert labels["service"] == "cart" and labels["env"] == "prod" and labels["team"] == "payments"
    assert re.fullmatch(r"\S+", labels["host"]) and "$" not in labels["host"]
