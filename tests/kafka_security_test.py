"""TLS, mTLS and SASL to a real broker: what works, and what is said when it does not."""

import subprocess

import pytest

from tests.harness import kafka, ports, settings
from tests.harness.logfile import numbered
from tests.harness.waiting import wait_until
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
        ("scram256", SASL, "sasl: {mechanism: SCRAM-SHA-256, username: app, password_file: PASSWORD}"),
        ("plain", SASL, "sasl: {mechanism: PLAIN, username: app, password: app-secret}"),
        ("scram", BOTH, "{tls: {ca: TLS/ca.pem}, sasl: {mechanism: SCRAM-SHA-512, username: app, password: app-secret}}"),
    ],
)
def test_delivers_over(sandbox, broker, name, port, security):
    security = security.removeprefix("{").removesuffix("}}") + "}" if security.startswith("{") else security
    security = security.replace("}, sasl", "}\n    sasl").replace("PASSWORD", str(sandbox.home / "password"))
    (sandbox.home / "password").write_text("app-secret\n")
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
        (SASL, "create_topics: true", "Disconnected"),
        (TLS, "create_topics: true", "requesting ApiVersion"),
    ],
)
def test_says_what_is_wrong(sandbox, broker, port, security, said):
    assert said in refused(sandbox, config(broker, port, security, "no"))


def test_says_that_a_certificate_has_expired(sandbox, make_broker):
    broker = make_broker(SLUICE_KAFKA_CERT_DAYS="0").start()
    said = refused(sandbox, config(broker, TLS, "tls: {ca: TLS/ca.pem}", "no"))
    assert "certificate" in said and "expired" in said


def test_a_broker_that_asks_for_a_certificate(sandbox, make_broker):
    """Mutual TLS: with one it delivers, without one it says what TLS answers."""
    broker = make_broker(SLUICE_KAFKA_CLIENT_AUTH="required").start()
    said = refused(sandbox, config(broker, TLS, "tls: {ca: TLS/ca.pem}", "no"))
    assert "alert bad certificate" in said, said
    sandbox.collector(config=config(broker, TLS, "tls: {ca: TLS/ca.pem, cert: TLS/client.pem, key: TLS/client.key}", "mtls"))
    file = sandbox.log_file("app/a.log")
    file.append(*numbered("app", 100))
    sandbox.agent(sandbox.logs)
    expect_in_kafka(broker, "mtls-app", file.lines)


# What docs/kafka.md says that a collector needs, but for CREATE; whoever comes in plain may do everything.
AUTHORIZER = """authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS"""
RIGHTS = ("Describe", "Read", "Write")


def test_a_collector_that_may_make_no_topics(sandbox, make_broker):
    """Nothing is acknowledged, and the reason is the broker's; a topic that is there is written."""
    broker = make_broker(SLUICE_KAFKA_CONFIG=AUTHORIZER).start()
    operations = [argument for operation in RIGHTS for argument in ("--operation", operation)]
    broker.acl("--add", "--allow-principal", "User:app", *operations, "--topic", "acl-", "--resource-pattern-type", "prefixed")
    for topic in ("acl-sluice-watermarks", "acl-there"):
        broker.admin("TopicCommand", "--create", "--topic", topic, "--partitions", "1")
    collector = sandbox.collector(
        config=config(broker, SASL, "sasl: {mechanism: PLAIN, username: app, password: app-secret}", "acl")
    )
    new, there = sandbox.log_file("new/a.log"), sandbox.log_file("there/a.log")
    for file in (new, there):
        file.append(*numbered("line", 100))
    agent = sandbox.agent(sandbox.logs, config="agent: {events: false}\n")
    agent.wait_metric("sluice_agent_batches_rejected_total", 1, timeout=30)
    wait_until(lambda: "topic 'acl-new' cannot be created" in collector.log(), "the reason in the log", 10)
    assert "uthorization" in collector.log()
    expect_in_kafka(broker, "acl-there", there.lines)
    assert agent.metric("sluice_agent_records_acked_total") == 100
    broker.admin("TopicCommand", "--create", "--topic", "acl-new", "--partitions", "1")
    expect_in_kafka(broker, "acl-new", new.lines)


@pytest.mark.parametrize("address, said", [("127.0.0.1:1", "Connection refused"), ("no.such.invalid:9092", "Failed to resolve")])
def test_a_broker_that_is_not_there(sandbox, address, said):
    assert said in refused(sandbox, f'log:\n  engine: kafka\n  kafka:\n    brokers: ["{address}"]\n')
