"""Consumer groups: every record to one of the members, at least once, whoever dies."""

import collections
import json
import random
import time

import pytest

from tests.grpcurl_test import grpcurl, needs_grpcurl, records
from tests.harness import settings
from tests.harness.logfile import numbered
from tests.harness.waiting import holds_for, wait_until

CONFIG = "groups: {rebalance_timeout: 2s}\n"
PATIENT = "groups: {rebalance_timeout: 60s}\n"  # only who is dead loses its share, however slow the machine is


def members(sandbox, group: str = "g") -> list[dict]:
    groups = [json.loads(line) for line in sandbox.cli("groups", "--output=json").stdout.splitlines()]
    return next((g["members"] for g in groups if g["name"] == group), [])


def lag(sandbox, group: str = "g") -> int:
    groups = [json.loads(line) for line in sandbox.cli("groups", "--output=json").stdout.splitlines()]
    return next(g["lag_records"] for g in groups if g["name"] == group)


def wait_members(sandbox, count: int, group: str = "g") -> None:
    """Until there are so many, and all slots are shared out among them."""
    wait_until(
        lambda: len(members(sandbox, group)) == count and sum(m["slots"] for m in members(sandbox, group)) == 64,
        lambda: f"members: {members(sandbox, group)}",
    )


def write(sandbox, files: int, lines: int, first: int = 0, tag: str = "x") -> list[bytes]:
    """Lines to each of some files; all lines."""
    written = []
    for n in range(files):
        new = [line + b" of %d" % n for line in map(to_bytes, numbered(tag, lines, first=first))]
        path = f"app/{n}.log"
        file = next((f for f in sandbox._files if f.path == sandbox.logs / path), None) or sandbox.log_file(path)
        file.append(*new)
        written += new
    return written


def to_bytes(line) -> bytes:
    return line if isinstance(line, bytes) else line.encode()


def all_lines(tails) -> collections.Counter:
    return collections.Counter(line for tail in tails for line in tail.lines())


def wait_all(tails, expected: list[bytes], timeout: float = 60) -> collections.Counter:
    """Until every line was seen by one of the tails; how often each was."""
    wanted = set(expected)
    wait_until(
        lambda: wanted <= set(all_lines(tails)),
        lambda: f"{len(wanted - set(all_lines(tails)))} of {len(wanted)} lines are missing",
        timeout,
    )
    seen = all_lines(tails)
    assert set(seen) == wanted
    return seen


def wait_while_lines_come(tails, expected: list[bytes], patience: float = 60) -> collections.Counter:
    """As wait_all, however long it takes: fails when no new line has come for `patience` seconds."""
    wanted = set(expected)
    seen: set[bytes] = set()
    while not wanted <= seen:
        before = len(seen)

        def more(before=before) -> bool:
            seen.update(line for tail in tails for line in tail.lines())
            time.sleep(0.2)  # it reads all of them each time
            return len(seen) > before

        wait_until(more, lambda: f"{len(wanted - seen)} of {len(wanted)} lines are missing, and none comes any more", patience)
    counted = all_lines(tails)
    assert set(counted) == wanted
    return counted


def repeats(seen: collections.Counter) -> int:
    return sum(count - 1 for count in seen.values())


@pytest.fixture
def running(sandbox):
    sandbox.collector(config=CONFIG)
    sandbox.agent(sandbox.logs)
    return sandbox


def test_members_share_the_records_and_each_file_stays_with_one(running):
    tails = [running.tail("--group=g", "--output=raw", name=f"m{n}") for n in range(3)]
    wait_members(running, 3)
    written = write(running, files=30, lines=200)
    assert repeats(wait_all(tails, written)) == 0
    for tail in tails:
        assert len(tail.lines()) > 0
    owners = collections.defaultdict(set)
    for n, tail in enumerate(tails):
        for line in tail.lines():
            owners[line.split(b" of ")[1]].add(n)
    assert all(len(o) == 1 for o in owners.values())
    # In the order of the file.
    for tail in tails:
        by_file = collections.defaultdict(list)
        for line in tail.lines():
            by_file[line.split(b" of ")[1]].append(line)
        for file, lines in by_file.items():
            assert lines == [line for line in written if line.endswith(b" of " + file)]


def test_two_groups_are_independent(running):
    a, b = (running.tail(f"--group={g}", "--output=raw", name=g) for g in ("a", "b"))
    wait_members(running, 1, "a")
    wait_members(running, 1, "b")
    written = write(running, files=10, lines=100)
    assert repeats(wait_all([a], written)) == 0
    assert repeats(wait_all([b], written)) == 0


def test_a_group_goes_on_where_it_was_acknowledged(running):
    first = running.tail("--group=g", "--output=raw", name="first")
    wait_members(running, 1)
    written = write(running, files=10, lines=100)
    wait_all([first], written)
    wait_until(lambda: lag(running) == 0, lambda: f"lag {lag(running)}")
    first.stop(expect=0)
    more = write(running, files=10, lines=100, first=100)
    wait_until(lambda: lag(running) == 1000, lambda: f"lag {lag(running)}")
    second = running.tail("--group=g", "--output=raw", name="second")
    assert repeats(wait_all([second], more)) == 0


def test_history_is_worked_off_with_no_follow_and_limit(running):
    written = write(running, files=10, lines=100)
    wait_until(lambda: running.collector_process.records() >= 1000, "1,000 records")
    args = ("tail", "--no-follow", "--group=g", "--from=beginning", "--output=raw")
    some = running.cli(*args, "--limit=300").stdout.split(b"\n")[:-1]
    assert len(some) == 300
    rest = running.cli(*args).stdout.split(b"\n")[:-1]
    assert sorted(some + rest) == sorted(written)
    assert running.cli(*args).stdout == b""
    assert lag(running) == 0


def test_a_member_that_joins_takes_its_share_without_a_repeat(running):
    tails = [running.tail("--group=g", "--output=raw", name="m0")]
    wait_members(running, 1)
    written = []
    for n in range(1, 5):
        written += write(running, files=20, lines=50, first=n * 1000)
        tails.append(running.tail("--group=g", "--output=raw", name=f"m{n}"))
        written += write(running, files=20, lines=50, first=n * 1000 + 500)
        wait_members(running, n + 1)
    assert repeats(wait_all(tails, written)) == 0
    tails[0].stop(expect=0)
    wait_members(running, 4)
    written += write(running, files=20, lines=50, first=9000)
    assert repeats(wait_all(tails, written)) == 0


@pytest.fixture
def patient(sandbox):
    sandbox.collector(config=PATIENT)
    sandbox.agent(sandbox.logs)
    return sandbox


def test_what_a_killed_member_has_not_acknowledged_goes_to_the_others(patient):
    """Members are killed with -9 as soon as they read: none is missing, and only what was under way is repeated."""
    chance = random.Random(settings.seed())
    living = [patient.tail("--group=g", "--output=raw", name=f"m{n}") for n in range(3)]
    tails, rounds, written = list(living), [], []
    for round_ in range(10):
        wait_members(patient, 3)
        new = write(patient, files=30, lines=200, first=round_ * 1000)
        written += new
        victim = living.pop(chance.randrange(3))
        wait_until(lambda victim=victim, new=set(new): new.intersection(victim.lines()), "lines of the victim")
        victim.kill()
        rounds.append((new, victim))
        wait_while_lines_come(tails, written)
        wait_until(lambda: lag(patient) == 0, lambda: f"lag {lag(patient)}")
        living.append(patient.tail("--group=g", "--output=raw", name=f"n{round_}"))
        tails.append(living[-1])
    assert all(repeats(all_lines([tail])) == 0 for tail in tails)
    for new, victim in rounds:  # only the victim has what others have too, and only of its last round
        others = all_lines(tail for tail in tails if tail is not victim)
        assert all(others[line] <= 1 for line in new)
    print(f"{repeats(all_lines(tails))} repeats among {len(written)} records")


def test_nothing_is_skipped_when_members_die_while_shares_move(patient):
    """Members come and are killed without a pause: none is missing, and only the dead have what others have too."""
    chance = random.Random(settings.seed())
    living = [patient.tail("--group=g", "--output=raw", name=f"m{n}") for n in range(3)]
    tails, written = list(living), []
    wait_members(patient, 3)
    for round_ in range(10):
        written += write(patient, files=20, lines=100, first=round_ * 100)
        living.pop(chance.randrange(3)).kill()
        living.append(patient.tail("--group=g", "--output=raw", name=f"n{round_}"))
        tails.append(living[-1])
    wait_while_lines_come(tails, written)
    assert all(repeats(all_lines([tail])) == 0 for tail in tails)
    assert repeats(all_lines(living)) == 0


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_no_record_is_skipped_when_the_collector_restarts(running, how):
    tails = [running.tail("--group=g", "--output=raw", name=f"m{n}") for n in range(2)]
    wait_members(running, 2)
    written = []
    for round_ in range(5):
        written += write(running, files=20, lines=100, first=round_ * 100)
        getattr(running.collector_process, how)()
        running.collector_process.start()
    seen = wait_all(tails, written)
    print(f"{repeats(seen)} repeats among {len(written)} records")
    assert repeats(seen) < len(written) / 2


def test_a_new_group_is_remembered_from_its_first_member_on(running):
    """Nothing that comes after it is skipped, also if the member dies before it acknowledged anything."""
    member = running.tail("--group=g", "--output=raw", name="m0")
    wait_members(running, 1)
    member.kill()
    running.collector_process.kill()
    running.collector_process.start()
    written = write(running, files=5, lines=10)
    second = running.tail("--group=g", "--output=raw", name="m1")
    assert repeats(wait_all([second], written)) == 0


def test_a_member_that_is_stuck_loses_its_share_in_time(running):
    stuck = running.tail("--group=g", "--output=raw", name="stuck")
    wait_members(running, 1)
    written = write(running, files=20, lines=10)
    wait_all([stuck], written)
    wait_until(lambda: lag(running) == 0, "lag 0")
    stuck.freeze()
    more = write(running, files=20, lines=10, first=100)
    wait_until(lambda: lag(running) == 200, lambda: f"lag {lag(running)}")
    other = running.tail("--group=g", "--output=raw", name="other")
    wait_members(running, 2)  # half of them are its own by now, after the time-out
    wait_until(lambda: len(other.lines()) > 0, "records for the other member")
    stuck.thaw()
    seen = wait_all([stuck, other], written + more)
    assert repeats(seen) <= len(more)


def test_members_ask_for_the_same(running):
    running.tail("shop", "--group=g", name="m0")
    wait_members(running, 1)
    done = running.cli("tail", "bank", "--group=g", "--no-follow")
    assert done.returncode == 1 and b"all members of a group ask for the same" in done.stderr
    done = running.cli("tail", "--group=a/b", "--no-follow")
    assert done.returncode == 2 and b"allowed are 1 to 249 characters" in done.stderr


def test_groups_are_listed_and_measured(running):
    tail = running.tail("app", "--group=g", "--output=raw", name="m0")
    wait_members(running, 1)
    table = running.cli("groups").stdout.decode()
    assert "GROUP" in table and "64/64" in table and "127.0.0.1" in table
    collector = running.collector_process
    assert collector.metric("sluice_collector_group_members", group="g") == 1
    written = write(running, files=3, lines=10)
    wait_all([tail], written)
    tail.stop(expect=0)
    more = write(running, files=3, lines=10, first=50)
    assert len(more) == 30
    collector.wait_metric("sluice_collector_group_lag_records", 30, group="g")
    wait_until(lambda: collector.metric("sluice_collector_group_members", group="g") == 0, "no members")
    listed = json.loads(running.cli("groups", "--output=json").stdout)
    assert listed["topics"] == ["app"] and listed["members"] == [] and listed["last_used"] is not None


@needs_grpcurl
def test_records_come_again_to_whoever_does_not_acknowledge(running):
    """A member that reads everything, acknowledges nothing and ends: the next one gets all of it."""
    written = write(running, files=5, lines=10)
    wait_until(lambda: running.collector_process.records() >= 50, "50 records")
    request = {"group": "g", "start": {"beginning": True}}

    def read() -> list[bytes]:
        done = grpcurl(running, "sluice.v1.LogService/Subscribe", data=request)
        return sorted(record["body"].encode() for record in records(done.stdout))

    # Who comes while slots are still shared out may have nothing yet, and is at its end.
    wait_until(lambda: read() == sorted(written), "all records", 40)
    second = running.tail("--group=g", "--output=raw", name="second")
    assert repeats(wait_all([second], written)) == 0
    wait_until(lambda: lag(running) == 0, lambda: f"lag {lag(running)}")
    second.stop(expect=0)
    third = running.tail("--group=g", "--output=raw", name="third")
    wait_members(running, 1)
    holds_for(lambda: third.lines() == [], "a repeat", 1)
