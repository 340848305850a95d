"""The count at the end of `./dev test` is of what really ran."""

from tools.report import Report
from tools.workspace import test_results as results_of  # pytest takes a name with test_ for a test

GTEST = """<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="4" failures="1" disabled="1" errors="0" time="0" name="AllTests">
  <testsuite name="Glob" tests="4" failures="1" disabled="1" skipped="1" errors="0">
    <testcase name="Matches" status="run" result="completed" classname="Glob" />
    <testcase name="Breaks" status="run" result="completed" classname="Glob"><failure message="no" type=""/></testcase>
    <testcase name="DISABLED_Later" status="notrun" result="suppressed" classname="Glob" />
    <testcase name="Skips" status="run" result="skipped" classname="Glob"><skipped message="no"/></testcase>
  </testsuite>
</testsuites>
"""
PYTEST = """<testsuites><testsuite name="pytest" errors="1" failures="0" skipped="1" tests="3">
<testcase classname="tests.a" name="one" /><testcase classname="tests.a" name="two"><error message="x"/></testcase>
<testcase classname="tests.a" name="three"><skipped message="x"/></testcase></testsuite></testsuites>
"""


def test_counts_what_ran_and_names_what_failed(tmp_path, capsys):
    report = Report()
    for name, text in (("gtest.xml", GTEST), ("pytest.xml", PYTEST)):
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert report.add_junit(tmp_path / name) == 1
    assert (report.passed, report.failures) == (2, ["Glob.Breaks", "tests.a.two"])
    assert report.finish() == 1
    assert capsys.readouterr().out.splitlines()[-1] == "2 passed, 2 failed"


def test_nothing_that_ran_is_no_success(capsys):
    assert Report().finish() == 1
    assert capsys.readouterr().out == "0 passed, 0 failed\n"


def test_a_target_that_did_not_build_is_a_result():
    events = [
        {"id": {"testResult": {"label": "//a:t"}}, "testResult": {"status": "PASSED", "testActionOutput": [
            {"name": "test.log", "uri": "file:///l"}, {"name": "test.xml", "uri": "file:///x%20y/test.xml"}]}},
        {"id": {"targetCompleted": {"label": "//a:broken"}}, "completed": {}},
        {"id": {"targetCompleted": {"label": "//a:fine"}}, "completed": {"success": True}},
    ]  # fmt: skip
    found = [(label, status, str(xml)) for label, status, xml in results_of(events)]
    assert found == [("//a:t", "PASSED", "/x y/test.xml"), ("//a:broken", "NOT_BUILT", "None")]
