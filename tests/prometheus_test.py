"""Metrics: the real promtool finds nothing to say, the real Prometheus scrapes both daemons."""

import json
import subprocess
import urllib.parse

import pytest

from tests.harness import http, ports, settings
from tests.harness.logfile import numbered
from tests.harness.process import Program
from tests.harness.waiting import wait_until

PROMTOOL, PROMETHEUS = settings.CACHE / "bin/promtool", settings.CACHE / "bin/prometheus"
pytestmark = pytest.mark.skipif(not PROMTOOL.exists(), reason="no prometheus; ./dev setup brings it")

AGENT_METRICS = {
    "sluice_agent_lines_read_total": "counter",
    "sluice_agent_bytes_read_total": "counter",
    "sluice_agent_records_acked_total": "counter",
    "sluice_agent_lag_bytes": "gauge",
    "sluice_agent_bytes_lost_total": "counter",
    "sluice_agent_files_open": "gauge",
    "sluice_agent_checkpoint_writes_total": "counter",
}
COLLECTOR_METRICS = {
    "sluice_collector_records_total": "counter",
    "sluice_collector_bytes_total": "counter",
    "sluice_collector_batches_duplicate_total": "counter",
    "sluice_collector_append_seconds": "histogram",
    "sluice_collector_subscribers": "gauge",
    "sluice_collector_records_sent_total": "counter",
    "sluice_collector_agent_last_seen_timestamp_seconds": "gauge",
}


@pytest.fixture
def pair(sandbox):
    """A collector and an agent that have some lines behind them."""
    file = sandbox.log_file("app/x.log")
    file.append(*numbered("ERROR x", 100))
    collector = sandbox.collector()
    agent = sandbox.agent(sandbox.logs)
    sandbox.expect("app", file.lines)
    return collector, agent


def test_promtool_finds_nothing_to_say(pair):
    for daemon in pair:
        done = subprocess.run(
            [str(PROMTOOL), "check", "metrics"], input=daemon.metrics(), text=True, capture_output=True, check=False
        )
        assert done.returncode == 0 and not (done.stdout + done.stderr).strip(), done.stdout + done.stderr


def test_the_promised_metrics_are_there(pair):
    for daemon, promised in zip(pair, (COLLECTOR_METRICS, AGENT_METRICS)):
        text = daemon.metrics()
        for name, kind in promised.items():
            assert f"# TYPE {name} {kind}\n" in text, f"{daemon.name} has no {kind} {name}"


def test_the_figures_are_true(pair):
    collector, agent = pair
    size = 100 * len("ERROR x line 00000000\n")
    agent.wait_metric("sluice_agent_records_acked_total", 100)
    assert agent.metric("sluice_agent_lines_read_total") == 100
    assert agent.metric("sluice_agent_bytes_read_total") == size
    wait_until(lambda: agent.metric("sluice_agent_lag_bytes") == 0, "no lag")
    assert agent.lost() == 0
    agent.wait_metric("sluice_agent_checkpoint_writes_total", 1)
    assert collector.records(topic="app") == 100
    assert collector.metric("sluice_collector_bytes_total", topic="app") >= size
    assert collector.metric("sluice_collector_append_seconds_count") >= 1
    assert collector.metric("sluice_collector_records_sent_total") >= 100
    assert collector.metric("sluice_collector_subscribers") == 0
    assert collector.metric("sluice_collector_agent_last_seen_timestamp_seconds", agent="agent-1") > 1.6e9


def test_severity_is_a_label(pair):
    collector, _ = pair
    found = {
        labels["severity"].lower(): value
        for name, labels, value in http.parse_metrics(collector.metrics())
        if name == "sluice_collector_records_total" and labels["topic"] == "app"
    }
    assert found.get("error") == 100


def test_a_subscriber_is_counted(sandbox, pair):
    collector, _ = pair
    tail = sandbox.tail()
    collector.wait_metric("sluice_collector_subscribers", 1)
    tail.stop()
    wait_until(lambda: collector.metric("sluice_collector_subscribers") == 0, "no subscriber")


def test_prometheus_scrapes_both(sandbox, pair):
    collector, agent = pair
    port = ports.free_port()
    config = sandbox.home / "prometheus.yml"
    config.write_text(
        json.dumps(
            {
                "global": {"scrape_interval": "1s"},
                "scrape_configs": [
                    {"job_name": d.name, "static_configs": [{"targets": [f"127.0.0.1:{d.http_port}"]}]} for d in pair
                ],
            }
        )
    )
    prometheus = Program(
        "prometheus",
        [
            str(PROMETHEUS),
            f"--config.file={config}",
            f"--storage.tsdb.path={sandbox.home}/prometheus",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        sandbox.home / "prometheus.log",
    )
    sandbox.programs.append(prometheus)
    prometheus.spawn()

    def value(query: str) -> float | None:
        status, body = http.get(port, "/api/v1/query?query=" + urllib.parse.quote(query))
        result = json.loads(body)["data"]["result"] if status == 200 else []
        return float(result[0]["value"][1]) if result else None

    wait_until(lambda: value("sum(up)") == 2, lambda: prometheus.log()[-2000:], 60)
    assert value('sum(sluice_collector_records_total{topic="app"})') == 100
    assert value("sluice_agent_records_acked_total") == 100


def test_health_and_readiness(pair):
    for daemon in pair:
        assert http.get(daemon.http_port, "/healthz")[0] == 200
        assert http.get(daemon.http_port, "/readyz")[0] == 200
        assert http.get(daemon.http_port, "/nothing")[0] == 404


def test_an_agent_without_collector_is_alive_but_not_ready(pair):
    collector, agent = pair
    collector.kill()
    agent.wait_http("/readyz", status=503)
    assert http.get(agent.http_port, "/healthz")[0] == 200
    collector.start()
    agent.wait_http("/readyz")
