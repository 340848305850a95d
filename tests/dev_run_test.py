"""`./dev run`: the main job on a machine where nothing runs yet."""

import fcntl
import os
import pathlib
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator

import pytest

from tests.harness import http, settings
from tests.harness.logfile import LogFile
from tests.harness.process import Program, heed_interrupts

pytestmark = pytest.mark.skipif(bool(settings.SANITIZER), reason="runs the programs of bazel-bin")


class DevRun(Program):
    def __init__(self, home, *directories: str):
        super().__init__("dev run", [str(settings.ROOT / "dev"), "run", *directories], home / "dev-run.log")
        self.data = home / "data"

    def spawn(self) -> None:
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "SLUICE_DATA_DIR": str(self.data)},
                start_new_session=True,
                preexec_fn=heed_interrupts,
            )

    def kill(self) -> None:
        """With all that it started, in case the stop failed."""
        if self.running:
            os.killpg(self.pid, signal.SIGKILL)
        super().kill()

    def ports(self) -> list[int]:
        return [int(port) for port in re.findall(r"http://127\.0\.0\.1:(\d+)/metrics", self.log())]



@pytest.fixture(autouse=True)
def one_at_a_time() -> Iterator[None]:
    """It looks for free ports before it takes them: two at the same moment could choose the same."""
    with open(pathlib.Path(tempfile.gettempdir()) / "sluice-dev-run-test.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_given_directories_are_tailed_and_ctrl_c_stops_all(sandbox):
    file = LogFile(sandbox.logs / "app" / "x.log")
    file.append("was there before")
    dev = DevRun(sandbox.home, str(sandbox.logs))
    sandbox.programs.append(dev)
    dev.spawn()
    dev.wait_log("was there before", 120)
    file.append("came later")
    dev.wait_log("came later")
    http_ports = dev.ports()
    assert len(http_ports) == 3 and all(http.get(port, "/healthz")[0] == 200 for port in http_ports)
    os.killpg(dev.pid, signal.SIGINT)  # as the terminal does
    dev.wait_exit(expect=0)
    assert all(http.get(port, "/healthz")[0] == 0 for port in http_ports)

    dev.log_path.unlink()
    dev.spawn()
    file.append("second run")
    dev.wait_log("second run", 120)
    assert "came later" not in dev.log(), "nothing comes twice"
    dev.stop(expect=0)
    file.close()


def test_without_directories_it_watches_var_log_and_a_demo(sandbox):
    dev = DevRun(sandbox.home)
    sandbox.programs.append(dev)
    dev.spawn()
    dev.wait_log(r"agent on /var/log and", 120)
    dev.wait_log(r"(?s)agent on.*\n.*(INFO|info)", 60)
    dev.stop(expect=0, with_signal=signal.SIGINT)
