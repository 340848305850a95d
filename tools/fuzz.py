"""`./dev fuzz [TARGET…]`: fuzzes with libFuzzer. What it learns stays in the cache, a crash's input beside it."""

import argparse
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys

from tools.report import Report
from tools.workspace import CACHE, ROOT, bazel, bazel_output, bin_directory

CONFIG = "fuzz"


def all_targets() -> list[str]:
    return bazel_output("query", r'attr(tags, "\bfuzz\b", kind(cc_test, //...))').split()


def _path(label: str) -> str:
    return label.removeprefix("//").replace(":", "/")


def _seed_files(target: str) -> list[pathlib.Path]:
    return [ROOT / _path(label) for label in bazel_output("query", f"labels(data, {target})").split()]


def fuzz(target: str, binary: pathlib.Path, seconds: int) -> tuple[bool, str]:
    """Runs one target for `seconds`; whether it found nothing, and its last words."""
    home = CACHE / "fuzz" / _path(target).replace("/", ".")
    corpus, seeds = home / "corpus", home / "seeds"
    shutil.rmtree(seeds, ignore_errors=True)
    for directory in (corpus, seeds):
        directory.mkdir(parents=True, exist_ok=True)
    for seed in _seed_files(target):
        shutil.copyfile(seed, seeds / seed.name)
    command = [
        str(binary),
        f"-max_total_time={seconds}",
        "-timeout=10",
        "-rss_limit_mb=2048",
        "-print_final_stats=1",
        f"-artifact_prefix={home}/",
        str(corpus),
        str(seeds),
    ]
    done = subprocess.run(command, cwd=home, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode == 0, done.stdout


def run(report: Report, targets: list[str], seconds: int) -> None:
    if not targets:
        return
    if bazel("build", *targets, config=CONFIG).returncode != 0:
        report.add("fuzz: build", False)
        return
    bin_dir = bin_directory(CONFIG)
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        runs = {pool.submit(fuzz, t, bin_dir / _path(t), seconds): t for t in targets}
        for done in concurrent.futures.as_completed(runs):
            ok, output = done.result()
            report.add(f"fuzz {runs[done]}", ok)
            executed = [line.split()[-1] for line in output.splitlines() if "number_of_executed_units" in line]
            print(f"{'ok    ' if ok else 'FAILED'} {runs[done]} ({''.join(executed) or '?'} inputs)", flush=True)
            if not ok:
                print(output[-8000:], flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default 60)")
    parser.add_argument("target", nargs="*", help="Bazel targets; default all")
    args = parser.parse_args()
    report = Report()
    run(report, args.target or all_targets(), args.seconds)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
