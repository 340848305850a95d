"""What ran and how it went: cases of every kind in one count."""

import dataclasses
import pathlib
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from contextlib import contextmanager


@dataclasses.dataclass
class Report:
    passed: int = 0
    failures: list[str] = dataclasses.field(default_factory=list)
    stages: list[tuple[str, float]] = dataclasses.field(default_factory=list)

    def add(self, name: str, ok: bool) -> None:
        if ok:
            self.passed += 1
        else:
            self.failures.append(name)

    def add_junit(self, path: pathlib.Path, prefix: str = "") -> int:
        """Adds the cases of a JUnit file, of GoogleTest, Bazel or pytest, that really ran; how many of them failed."""
        failed = 0
        for case in ElementTree.parse(path).iter("testcase"):
            if case.find("skipped") is not None or case.get("status") == "notrun" or case.get("result") == "skipped":
                continue
            ok = case.find("failure") is None and case.find("error") is None
            failed += not ok
            self.add(f"{prefix}{case.get('classname', '')}.{case.get('name')}", ok)
        return failed

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        print(f"== {name}", flush=True)
        begin, passed, failed = time.monotonic(), self.passed, len(self.failures)
        yield
        seconds = time.monotonic() - begin
        self.stages.append((name, seconds))
        print(
            f"== {name}: {self.passed - passed} passed, {len(self.failures) - failed} failed in {seconds:.0f} s\n",
            flush=True,
        )

    def finish(self) -> int:
        """Prints the failures and the count, which is the last line; the exit code."""
        if self.stages:
            print("time: " + ", ".join(f"{name} {seconds:.0f} s" for name, seconds in self.stages))
        for name in self.failures:
            print(f"FAILED {name}")
        print(f"{self.passed} passed, {len(self.failures)} failed", flush=True)
        return 1 if self.failures or not self.passed else 0
