"""`./dev lint [CHECK…]`: what can be said of the source without running it."""

import argparse
import subprocess
import sys
import time

from tools.report import Report
from tools.workspace import CACHE, ROOT, bazel, files


def format_check() -> list[str]:
    return ["clang-format-19", "--dry-run", "-Werror", *files("*.cc", "*.h")]


def layers() -> list[str]:
    return ["/usr/bin/python3", "tools/layers.py"]


def shell() -> list[str]:
    return ["shellcheck", "--external-sources", "dev", ".ci/run", *files("*.sh")]


def python() -> list[str]:
    return ["/usr/bin/python3", "-m", "pyflakes", *files("*.py")]


def proto() -> list[str]:
    return [str(CACHE / "bin/buf"), "lint"]


CHECKS = {"format": format_check, "layers": layers, "shell": shell, "python": python, "proto": proto}
ALL = [*CHECKS, "tidy"]


def run_tidy(report: Report) -> None:
    """clang-tidy over each of our files; Bazel keeps the results of those that did not change."""
    begin = time.monotonic()
    aspect = ["--aspects=//tools:tidy.bzl%tidy", "--output_groups=tidy", "--keep_going"]
    done = bazel("build", *aspect, "//...", text=True, stderr=subprocess.PIPE)
    _tell("tidy", done.returncode == 0, begin, done.stderr, report)


def run_check(name: str, report: Report) -> None:
    begin = time.monotonic()
    done = subprocess.run(CHECKS[name](), cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    _tell(name, done.returncode == 0, begin, done.stdout, report)


def _tell(name: str, ok: bool, begin: float, output: str, report: Report) -> None:
    report.add(f"lint {name}", ok)
    print(f"{'ok    ' if ok else 'FAILED'} {name} ({time.monotonic() - begin:.1f} s)", flush=True)
    if not ok:
        print(output, flush=True)


def run(report: Report, names: list[str]) -> None:
    for name in names:
        if name == "tidy":
            run_tidy(report)
        else:
            run_check(name, report)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev lint", description=__doc__)
    parser.add_argument("check", nargs="*", help=f"one of {', '.join(ALL)}; default all")
    args = parser.parse_args()
    if unknown := set(args.check) - set(ALL):
        parser.error(f"no check {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
    report = Report()
    run(report, args.check or ALL)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
