"""What the monitor has told in topic `alerts`."""

import json

from tests.harness.waiting import wait_until


def alerts(sandbox, topic: str = "alerts") -> list[dict]:
    """The bodies of the records, in the log's order, with their publisher."""
    records = map(json.loads, sandbox.cli("tail", topic, "--from=beginning", "--no-follow", "--output=json").stdout.splitlines())
    return [json.loads(r["body"]) | {"publisher": r["agent"], "id": r["attributes"]["id"]} for r in records]


def wait_alerts(sandbox, count: int, timeout: float = 30) -> list[dict]:
    return wait_until(
        lambda: found if len(found := alerts(sandbox)) >= count else [], lambda: f"alerts: {alerts(sandbox)}", timeout
    )
