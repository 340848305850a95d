"""`./dev bench [PART…]`: speed and memory of the real programs, each figure beside its target.

Every part starts its own collector and agent on free ports, in a directory on a real disk, and measures CPU seconds and
peak memory of each process from /proc. Other load on the machine spoils the figures: the load average is printed.
"""

import argparse
import json
import os
import pathlib
import platform
import sys

from bench import agent_parts, parts
from bench.figures import Figure, table


def machine() -> dict[str, object]:
    cpu = next(
        (line.split(":")[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8") if line.startswith("model name")),
        platform.machine(),
    )
    return {"cpu": cpu, "cores": os.cpu_count(), "kernel": platform.release(), "load": round(os.getloadavg()[0], 2)}


def main() -> int:
    names = list(parts.PARTS)
    described = "\n".join(f"  {name:12} {function.__doc__.splitlines()[0]}" for name, function in parts.PARTS.items())
    parser = argparse.ArgumentParser(
        prog="./dev bench",
        description=__doc__,
        epilog=f"parts (agent: all that begin with it):\n{described}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("part", nargs="*", help=f"default all: {', '.join(names)}")
    parser.add_argument("--lines", type=int, default=2_000_000, help="of the generated file (default 2,000,000)")
    parser.add_argument("--dir", default="sluice-data/bench", help="where the files lie (default sluice-data/bench)")
    parser.add_argument("--json", metavar="FILE", help="write the figures there, too")
    args = parser.parse_args()
    # "agent" stands for all parts of the agent.
    args.part = [name for part in args.part for name in (agent_parts.PARTS if part == "agent" else [part])]
    if unknown := set(args.part) - set(names):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(names)}")

    host = machine()
    print("machine: " + ", ".join(f"{key} {value}" for key, value in host.items()), flush=True)
    directory = pathlib.Path(args.dir).absolute()
    directory.mkdir(parents=True, exist_ok=True)
    figures: list[Figure] = []
    for name in args.part or names:
        print(f"== {name}: {parts.PARTS[name].__doc__.splitlines()[0]}", flush=True)
        found = parts.run(name, directory, args.lines)
        figures += found
        print(table(found), flush=True)
    if args.json:
        content = {"machine": host, "lines": args.lines, "figures": [f.as_dict() for f in figures]}
        pathlib.Path(args.json).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    missed = [f for f in figures if f.reached is False]
    judged = [f for f in figures if f.reached is not None]
    print(f"{len(judged) - len(missed)} of {len(judged)} targets reached")
    return 0


if __name__ == "__main__":
    sys.exit(main())
