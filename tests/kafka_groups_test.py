"""Consumer groups whose log is in Kafka: what holds for groups in general, and for members at several collectors.

`./dev test --long` plays the chaos for minutes.
"""

import random
import re
import time

import pytest

from tests import groups_test as groups
from tests.harness import kafka, settings
from tests.harness.waiting import wait_until

# What holds in general, with the fixtures `running` and `patient` below.
test_a_group_goes_on_where_it_was_acknowledged = groups.test_a_group_goes_on_where_it_was_acknowledged
test_a_member_that_is_stuck_loses_its_share_in_time = groups.test_a_member_that_is_stuck_loses_its_share_in_time
test_a_member_that_joins_takes_its_share_without_a_repeat = groups.test_a_member_that_joins_takes_its_share_without_a_repeat
test_a_new_group_is_remembered_from_its_first_member_on = groups.test_a_new_group_is_remembered_from_its_first_member_on
test_groups_are_listed_and_measured = groups.test_groups_are_listed_and_measured
test_members_ask_for_the_same = groups.test_members_ask_for_the_same
test_members_share_the_records_and_each_file_stays_with_one = groups.test_members_share_the_records_and_each_file_stays_with_one
test_nothing_is_skipped_when_members_die_while_shares_move = groups.test_nothing_is_skipped_when_members_die_while_shares_move
test_records_come_again_to_whoever_does_not_acknowledge = groups.test_records_come_again_to_whoever_does_not_acknowledge
test_two_groups_are_independent = groups.test_two_groups_are_independent
test_what_a_killed_member_has_not_acknowledged_goes_to_the_others = groups.test_what_a_killed_member_has_not_acknowledged_goes_to_the_others

KILLS = 40 if settings.LONG else 6


@pytest.fixture
def config(request, broker) -> str:
    """Of a collector, with topics of the test's own; a collector that died is noticed as soon as brokers allow."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[-60:]
    more = f'    topic_prefix: g-{name}-\n    properties: {{session.timeout.ms: "6000", linger.ms: "1"}}\n'
    return groups.CONFIG + kafka.config(broker, "protobuf", more)


@pytest.fixture
def running(sandbox, config):
    sandbox.collector(config=config)
    sandbox.agent(sandbox.logs)
    return sandbox


@pytest.fixture
def patient(sandbox, config):
    sandbox.collector(config=config.replace(groups.CONFIG, groups.PATIENT))
    sandbox.agent(sandbox.logs)
    return sandbox


@pytest.fixture
def two(sandbox, config):
    """Two collectors of one cluster, and an agent at the first one."""
    patient = config.replace(groups.CONFIG, groups.PATIENT)
    collectors = [sandbox.collector(config=patient, name=f"collector{n}") for n in range(2)]
    sandbox.collector_process = collectors[0]
    addresses = ", ".join(c.address for c in collectors)
    sandbox.agent(sandbox.logs, config=f"collector: {{addresses: [{addresses}]}}\n", collector="")
    return collectors


def member_at(sandbox, collector, name: str):
    before, sandbox.collector_process = sandbox.collector_process, collector
    try:
        return sandbox.tail("--group=g", "--output=raw", name=name)
    finally:
        sandbox.collector_process = before


def test_history_is_worked_off_and_a_position_holds_on_every_collector(sandbox, two):
    written = groups.write(sandbox, files=10, lines=100)
    wait_until(lambda: sum(c.records() for c in two) >= 1000, "1,000 records")
    # The first one makes topics of many partitions.
    args = ("tail", "--no-follow", "--group=g", "--from=beginning", "--output=raw", "--timeout=60s")
    seen = sandbox.cli(*args, "--limit=300").stdout.split(b"\n")[:-1]
    assert len(seen) == 300, len(seen)
    sandbox.collector_process = two[1]
    wait_until(lambda: groups.members(sandbox) == [], "no members")
    # Who comes while Kafka still shares out may have nothing yet, and is at its end.
    def sees_all() -> bool:
        seen.extend(sandbox.cli(*args).stdout.split(b"\n")[:-1])
        return set(seen) >= set(written)

    wait_until(sees_all, lambda: f"{len(seen)} of {len(written)} records")
    # Members that ended as they should, one after the other, cause no repeat.
    assert sorted(seen) == sorted(written)
    wait_until(lambda: groups.lag(sandbox) == 0, lambda: f"lag {groups.lag(sandbox)}")


def test_members_at_two_collectors_share_the_records(sandbox, two):
    tails = [member_at(sandbox, two[n % 2], f"m{n}") for n in range(4)]
    groups.wait_members(sandbox, 4)
    written = groups.write(sandbox, files=40, lines=50)
    assert groups.repeats(groups.wait_all(tails, written)) == 0
    assert all(len(tail.lines()) > 0 for tail in tails)
    # Who ends as it should causes no repeat at the other collector.
    tails[1].stop(expect=0)
    groups.wait_members(sandbox, 3)
    written += groups.write(sandbox, files=40, lines=50, first=100)
    assert groups.repeats(groups.wait_all(tails, written)) == 0


def test_a_collector_that_dies_leaves_its_share_to_the_members_at_the_other(sandbox, two):
    tails = [member_at(sandbox, two[n % 2], f"m{n}") for n in range(4)]
    groups.wait_members(sandbox, 4)
    written = groups.write(sandbox, files=40, lines=50)
    groups.wait_all(tails, written)
    two[1].kill()
    written += groups.write(sandbox, files=40, lines=50, first=100)
    groups.wait_members(sandbox, 2)
    dead = groups.all_lines([tails[1], tails[3]])
    wanted = {line for line in written if line not in dead}
    wait_until(lambda: wanted <= set(groups.all_lines([tails[0], tails[2]])), "the rest, at the other collector", 60)
    two[1].start()
    groups.wait_members(sandbox, 4)
    written += groups.write(sandbox, files=40, lines=50, first=200)
    seen = groups.wait_all(tails, written)
    print(f"{groups.repeats(seen)} repeats among {len(written)} records")
    assert groups.repeats(seen) < len(written) / 4


def test_nothing_is_missing_whoever_is_killed(sandbox, two):
    """Members and collectors are killed at random while writers write."""
    rng = random.Random(settings.seed())
    tails = [member_at(sandbox, two[n % 2], f"m{n}") for n in range(4)]
    living = list(tails)
    groups.wait_members(sandbox, 4)
    written = []
    for kill in range(KILLS):
        written += groups.write(sandbox, files=20, lines=50, first=kill * 1000)
        time.sleep(rng.uniform(0, 1.5))  # the pace of the chaos, not a wait for anything
        if rng.random() < 0.5:
            victim = living.pop(rng.randrange(len(living)))
            victim.kill()
            tail = member_at(sandbox, rng.choice(two), f"n{kill}")
            tails.append(tail)
            living.append(tail)
        else:
            victim = rng.choice(two)
            victim.kill()
            written += groups.write(sandbox, files=20, lines=20, first=kill * 1000 + 500)
            victim.start()
    seen = groups.wait_while_lines_come(tails, written)
    print(f"{groups.repeats(seen)} repeats among {len(written)} records")
