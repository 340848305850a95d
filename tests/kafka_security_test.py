"""TLS, mTLS and SASL to a real broker: what works, and what is said when it does not."""

import subprocess

import pytest

from tests.harness import kafka, ports, settings
from tests.harness.logfile import numbered
from tests.kafka_test import expect_in_kafka

# Beyond the plain port: TLS, SASL, SASL over TLS.
TLS, SASL, BOTH = 1, 2, 3


def config(broker: kafka.Broker, port: int, security: str, prefix: str) -> str:
    return (
        "log:\n  engine: kafka\n  kafka:\n    value_format: text\n"
        f'    brokers: ["127.0.0.1:{broker.port + port}"]\n    topic_prefix: {prefix}-\n    {security}\n'
    ).replace("TLS/", f"{broker.home}/tls/")


def refused(sandbox, text: str) -> str:
    """A collector that cannot start: exit 1, and why."""
    path = sandbox.home / "refused.yaml"
    path.write_text(text)
    command = [str(settings.COLLECTOR), f"--config={path}", f"--data-dir={sandbox.home / 'refused'}"]
    command += [f"--grpc-address=127.0.0.1:{ports.free_port()}", f"--http-address=127.0.0.1:{ports.free_port()}"]
    done = subprocess.run(command, stderr=subprocess.PIPE, timeout=settings.scaled(60), check=False)
    assert done.returncode == 1, done.stderr.decode()
    return done.stderr.decode()


@pytest.mark.parametrize(
    "name, port, security",
    [
        ("tls", TLS, "tls: {ca: TLS/ca.pem}"),
        ("mtls", TLS, "tls: {ca: TLS/ca.pem, cert: TLS/client.pem, key: TLS/client.key}"),
        ("plain", SASL, "sasl: {mechanism: PLAIN, username: app, password: app-secret}"),
        ("scram", BOTH, "{tls: {ca: TLS/ca.pem}, sasl: {mechanism: SCRAM-SHA-512, username: app, password: app-secret}}"),
    ],
)
def test_delivers_over(sandbox, broker, name, port, security):
    security = security.removeprefix("{").removesuffix("}}") + "}" if security.startswith("{") else security
    security = security.replace("}, sasl", "}\n    sasl")
    sandbox.collector(config=config(broker, port, security, name))
    file = sandbox.log_file("app/a.log")
    file.append(*numbered(name, 100))
    sandbox.agent(sandbox.logs)
    expect_in_kafka(broker, f"{name}-app", file.lines)


@pytest.mark.parametrize(
    "port, security, said",
    [
        (TLS, "tls: {ca: TLS/other-ca.pem}", "certificate verify failed"),
        (SASL, "sasl: {mechanism: PLAIN, username: app, password: wrong}", "Invalid username or password"),
        (SASL, "sasl: {mechanism: SCRAM-SHA-256, username: app, password: wrong}", "invalid credentials"),
        (SASL, "create_topics: true", "no Kafka broker answers"),
    ],
)
def test_says_what_is_wrong(sandbox, broker, port, security, said):
    assert said in refused(sandbox, config(broker, port, security, "no"))


def test_says_that_a_certificate_has_expired(sandbox):
    broker = kafka.Broker(sandbox.home / "expired", SLUICE_KAFKA_CERT_DAYS="0").start()
    try:
        said = refused(sandbox, config(broker, TLS, "tls: {ca: TLS/ca.pem}", "no"))
        assert "certificate" in said and "expired" in said
    finally:
        broker.kill()


def test_a_broker_that_asks_for_a_certificate(sandbox):
    """Mutual TLS: with one it delivers, without one it says what TLS answers."""
    broker = kafka.Broker(sandbox.home / "asking", SLUICE_KAFKA_CLIENT_AUTH="required").start()
    try:
        said = refused(sandbox, config(broker, TLS, "tls: {ca: TLS/ca.pem}", "no"))
        assert "alert bad certificate" in said, said
        sandbox.collector(config=config(broker, TLS, "tls: {ca: TLS/ca.pem, cert: TLS/client.pem, key: TLS/client.key}", "mtls"))
        file = sandbox.log_file("app/a.log")
        file.append(*numbered("app", 100))
        sandbox.agent(sandbox.logs)
        expect_in_kafka(broker, "mtls-app", file.lines)
    finally:
        broker.kill()


@pytest.mark.parametrize("address, said", [("127.0.0.1:1", "Connection refused"), ("no.such.invalid:9092", "Failed to resolve")])
def test_a_broker_that_is_not_there(sandbox, address, said):
    assert said in refused(sandbox, f'log:\n  engine: kafka\n  kafka:\n    brokers: ["{address}"]\n')
