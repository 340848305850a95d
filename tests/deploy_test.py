"""What deploy/ ships is valid: configurations, Prometheus rules, systemd units."""

import shutil
import subprocess

import pytest

from tests.harness import settings

DEPLOY = settings.ROOT / "deploy"
PROMTOOL = settings.CACHE / "bin/promtool"


@pytest.mark.parametrize("program, file", [(settings.AGENT, "agent.yaml"), (settings.COLLECTOR, "collector.yaml")])
def test_the_example_configurations_are_accepted(program, file):
    command = [str(program), f"--config={DEPLOY / 'config' / file}", "--check-config"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not PROMTOOL.exists(), reason="no promtool; ./dev setup brings it")
def test_prometheus_accepts_its_configuration_and_alerts():
    command = [str(PROMTOOL), "check", "config", str(DEPLOY / "prometheus/prometheus.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze")
@pytest.mark.parametrize("name", ["sluice-agent", "sluice-collector"])
def test_the_systemd_units_are_valid_and_tight(name):
    unit = DEPLOY / "systemd" / f"{name}.service"
    verified = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    complaints = [line for line in verified.stderr.splitlines() if "is not executable" not in line]
    assert complaints == []
    rated = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=25", str(unit)], capture_output=True, check=False
    )
    assert rated.returncode == 0, rated.stdout.decode()[-500:]
