"""The layer rules find what they are for, and nothing else."""

import pytest

from tools import layers


def problems(path: str, *lines: str) -> list[str]:
    text = "\n".join(lines)
    if path.endswith(".h"):
        text = "#pragma once\n" + text
    return [v.problem for v in layers.check_file(path, text + "\n", machine_paths=["/srv/clone"])]


@pytest.mark.parametrize(
    "path, header",
    [
        ("agent/tail/tailer.cc", "agent/tail/tailer.h"),
        ("agent/tail/tailer.cc", "base/clock.h"),
        ("agent/tail/tailer.cc", "sluice/v1/log.pb.h"),
        ("agent/main.cc", "agent/tail/tailer.h"),
        ("agent/ship/shipper.cc", "grpcpp/grpcpp.h"),
        ("base/file_system.cc", "unistd.h"),
        ("collector/ingest/service.cc", "collector/log/event_log.h"),
        ("collector/log/rocksdb/engine.cc", "collector/log/event_log.h"),
        ("collector/log/rocksdb/engine.cc", "rocksdb/db.h"),
        ("collector/main.cc", "collector/log/rocksdb/engine.h"),
        ("consumer/cli/tail.cc", "consumer/client/client.h"),
        ("examples/follow.cc", "consumer/client/client.h"),
        ("agent/testing/test_host.h", "agent/tail/tailer.h"),
        ("collector/ingest/service_test.cc", "collector/testing/test_log.h"),
    ],
)
def test_allows(path, header):
    assert problems(path, f'#include "{header}"') == []


@pytest.mark.parametrize(
    "path, header",
    [
        ("agent/parse/json.cc", "agent/tail/tailer.h"),
        ("agent/tail/tailer.cc", "agent/options.h"),
        ("agent/tail/tailer.cc", "collector/log/event_log.h"),
        ("agent/tail/tailer.cc", "grpcpp/grpcpp.h"),
        ("agent/tail/tailer.cc", "sluice/v1/ingest_service.grpc.pb.h"),
        ("agent/tail/tailer.cc", "sys/stat.h"),
        ("base/clock.cc", "agent/tail/tailer.h"),
        ("collector/ingest/service.cc", "collector/log/rocksdb/engine.h"),
        ("collector/ingest/service.cc", "rocksdb/db.h"),
        ("collector/log/event_log.h", "collector/log/rocksdb/engine.h"),
        ("collector/log/kafka/engine.cc", "collector/log/rocksdb/engine.h"),
        ("consumer/cli/tail.cc", "grpcpp/grpcpp.h"),
        ("consumer/client/client.cc", "collector/log/event_log.h"),
        ("collector/ingest/service.cc", "collector/testing/test_log.h"),
        ("agent/testing/test_host.h", "collector/log/event_log.h"),
    ],
)
def test_refuses_include(path, header):
    assert len(problems(path, f'#include "{header}"')) == 1


@pytest.mark.parametrize(
    "path, line",
    [
        ("agent/tail/tailer.cc", "// TO" "DO: later"),
        ("docs/config.md", "FIX" "ME"),
        ("agent/tail/tailer_test.cc", "absl::SleepFor(absl::Seconds(1));"),
        ("agent/tail/tailer.cc", "auto now = absl::Now();"),
        ("agent/tail/tailer.h", "  std::mutex mutex_;"),
        ("agent/tail/tailer.cc", "thread.detach();"),
        ("agent/tail/tailer.cc", '#include "../parse/json.h"'),
        ("agent/BUILD.bazel", 'srcs = glob(["*.cc"]),'),
        ("docs/run.md", "see /srv/clone/docs"),
        ("base/text.cc", "int x;  "),
    ],
)
def test_refuses_line(path, line):
    assert len(problems(path, line)) == 1


def test_refuses_long_files_and_headers_without_guard():
    assert len(problems("base/text.cc", *[";"] * (layers.LINES_MAX + 1))) == 1
    assert len(list(layers.check_file("base/text.h", "int x;\n", []))) == 1


def test_says_where():
    (violation,) = layers.check_file("base/text.cc", "int x;\nthread.detach();\n", [])
    assert str(violation).startswith("base/text.cc:2: ")
