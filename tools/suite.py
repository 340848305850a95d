"""`./dev test`: lint, unit tests, fuzz targets for a moment, end-to-end tests, and one count at the end."""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

from tools import fuzz, lint
from tools.report import Report
from tools.workspace import CACHE, PROGRAMS, ROOT, bazel, bazel_test, bin_directory, test_results

STAGES = ["lint", "unit", "fuzz", "e2e"]
FUZZ_SECONDS = 10
FUZZ_SECONDS_LONG = 300
MODEL_RUNS_LONG = 5000
BAZEL_INTERRUPTED = 8
# Programs under a sanitizer are slower by about as much; the tests' time-outs grow with it.
TIMEOUT_SCALE = {None: 1, "asan": 3, "tsan": 8}


def run_unit(report: Report, config: str | None, long: bool) -> None:
    """All tests that stand beside the code, run anew each time (compiled only if something changed)."""
    run_unit_tests(report, config, long, "//...")
    if long:  # the other version of Kafka that is promised
        run_unit_tests(report, config, long, "//collector/log/kafka:all", "--test_env=SLUICE_KAFKA_VERSION=4.3.1")


def run_unit_tests(report: Report, config: str | None, long: bool, targets: str, *more: str) -> None:
    flags = ["--keep_going", "--nocache_test_results", "--test_output=errors", *more]
    if long:
        flags += [f"--test_env=SLUICE_MODEL_RUNS={MODEL_RUNS_LONG}", "--test_timeout=7200"]
    if config == "tsan":
        flags.append(f"--test_env=TSAN_OPTIONS=suppressions={ROOT / 'tests/tsan.supp'} ignore_noninstrumented_modules=1")
    if config == "asan":
        flags.append(f"--test_env=LSAN_OPTIONS=suppressions={ROOT / 'tests/lsan.supp'}")
    code, events = bazel_test(*flags, targets, config=config)
    if code == BAZEL_INTERRUPTED:
        report.add(f"bazel test {targets} (interrupted)", False)
        return
    failed = 0
    for label, status, xml in test_results(events):
        in_file = report.add_junit(xml, prefix=f"{label} ") if xml and xml.is_file() else 0
        if status != "PASSED" and not in_file:
            report.add(f"{label} ({status.lower()})", False)
        failed += status != "PASSED"
    if code != 0 and not failed:
        report.add(f"bazel test {targets} (exit {code})", False)


def run_e2e(report: Report, config: str | None, long: bool, expression: str | None) -> None:
    """The tests with the real programs, and those of the tools."""
    if bazel("build", *PROGRAMS, config=config).returncode != 0:
        report.add("build of the programs", False)
        return
    environment = dict(
        os.environ,
        SLUICE_BIN=str(bin_directory(config)),
        SLUICE_CACHE=str(CACHE),
        SLUICE_TIMEOUT_SCALE=str(TIMEOUT_SCALE[config]),
        SLUICE_SANITIZER=config or "",
        SLUICE_LONG="1" if long else "",
    )
    with tempfile.TemporaryDirectory() as directory:
        junit = pathlib.Path(directory) / "junit.xml"
        workers = max(2, (os.cpu_count() or 2) * 2)  # most of them wait for most of their time
        command = ["/usr/bin/python3", "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider", f"--numprocesses={workers}"]
        command += [f"--junitxml={junit}", "tests", "tools"]
        command += ["-k", expression] if expression else []
        code = subprocess.run(command, cwd=ROOT, env=environment).returncode
        failed = report.add_junit(junit) if junit.is_file() else 0
        if code != 0 and not failed:
            report.add(f"pytest (exit {code})", False)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev test", description=__doc__)
    sanitizer = parser.add_mutually_exclusive_group()
    sanitizer.add_argument("--asan", dest="config", action="store_const", const="asan", help="AddressSanitizer, UBSan")
    sanitizer.add_argument("--tsan", dest="config", action="store_const", const="tsan", help="ThreadSanitizer")
    parser.add_argument("--long", action="store_true", help="many more seeds and rounds")
    parser.add_argument("--only", action="append", choices=STAGES, help="only this stage; may be given again")
    parser.add_argument("-k", dest="expression", help="only these end-to-end tests (pytest's -k); implies --only e2e")
    args = parser.parse_args()

    stages = args.only or (["e2e"] if args.expression else STAGES)
    if args.config:  # what has no threads and no memory of its own is not looked at again
        stages = [s for s in stages if s in ("unit", "e2e")]
    if args.config == "tsan":
        subprocess.run([ROOT / "tools/librdkafka_tsan.sh"], env=dict(os.environ, SLUICE_CACHE=str(CACHE)), check=True)
    report = Report()
    if "lint" in stages:
        with report.stage("lint"):
            lint.run(report, lint.ALL)
    if "unit" in stages:
        with report.stage("unit"):
            run_unit(report, args.config, args.long)
    if "fuzz" in stages:
        with report.stage("fuzz"):
            fuzz.run(report, fuzz.all_targets(), FUZZ_SECONDS_LONG if args.long else FUZZ_SECONDS)
    if "e2e" in stages:
        with report.stage("e2e"):
            run_e2e(report, args.config, args.long, args.expression)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
