"""What deploy/ ships is valid: configurations, Prometheus rules, systemd units."""

import shutil
import subprocess

import pytest
import yaml

from tests.harness import settings

DEPLOY = settings.ROOT / "deploy"
PROMTOOL = settings.CACHE / "bin/promtool"


@pytest.mark.parametrize(
    "program, file",
    [([settings.AGENT], "agent.yaml"), ([settings.COLLECTOR], "collector.yaml"), ([settings.CLI, "monitor"], "monitor.yaml")],
)
def test_the_example_configurations_are_accepted(program, file):
    command = [*map(str, program), f"--config={DEPLOY / 'config' / file}", "--check-config"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_compose_file_is_whole():
    """There is no container engine here to start it: each file that it mounts is there, and the programs take theirs."""
    compose = yaml.safe_load((DEPLOY / "compose/compose.yaml").read_text(encoding="utf-8"))
    assert set(compose["services"]) == {"kafka", "collector", "agent", "prometheus"}
    for service in compose["services"].values():
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (DEPLOY / "compose" / source).is_file(), source
            elif not source.startswith("/"):
                assert source in compose["volumes"]
        for needed in service.get("depends_on", {}):
            assert needed in compose["services"]
    for program, file in [(settings.AGENT, "agent.yaml"), (settings.COLLECTOR, "collector.yaml")]:
        command = [str(program), f"--config={DEPLOY / 'compose' / file}", "--check-config"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not PROMTOOL.exists(), reason="no promtool; ./dev setup brings it")
def test_prometheus_accepts_its_configuration_and_alerts():
    command = [str(PROMTOOL), "check", "config", str(DEPLOY / "prometheus/prometheus.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze")
@pytest.mark.parametrize("name", ["sluice-agent", "sluice-collector", "sluice-monitor"])
def test_the_systemd_units_are_valid_and_tight(name):
    unit = DEPLOY / "systemd" / f"{name}.service"
    verified = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    complaints = [line for line in verified.stderr.splitlines() if "is not executable" not in line]
    assert complaints == []
    rated = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=25", str(unit)], capture_output=True, check=False
    )
    assert rated.returncode == 0, rated.stdout.decode()[-500:]
