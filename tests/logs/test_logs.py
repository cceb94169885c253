"""Log lines: JSON, plain values, the id of the request or job; and metrics under their enumerated names."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask

from assessments.outbox import JobKind
from plumbline import logs, metrics
from plumbline.logs import NotPlain
from plumbline.metrics import Metric
from plumbline.settings import Settings, from_environment
from tests.conftest import environment


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return from_environment(environment(tmp_path) | {"PLUMBLINE_LOG_LEVEL": "INFO"})


@pytest.fixture
def lines(settings: Settings) -> Iterator[list[dict[str, Any]]]:
    """The lines logged in the test, read when asked for."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    stream = io.StringIO()
    logs.configure(settings, stream=stream)

    class Lines(list[dict[str, Any]]):
        def __iter__(self) -> Iterator[dict[str, Any]]:
            return iter([json.loads(line) for line in stream.getvalue().splitlines()])

    yield Lines()
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_line_is_json_with_time_level_and_name(lines: list[dict[str, Any]]) -> None:
    logs.logger("plumbline.jobs").info(
        "job_done", kind=JobKind.SEND_LETTER, seconds=0.5, count=3, again=False
    )
    (line,) = lines
    at = datetime.fromisoformat(line.pop("at"))
    assert at.tzinfo is not None
    assert line == {
        "event": "job_done", "level": "info", "logger": "plumbline.jobs", "kind": "send_letter",
        "seconds": 0.5, "count": 3, "again": False,
    }  # fmt: skip


def test_ids_stand_on_every_line_of_their_block(lines: list[dict[str, Any]]) -> None:
    log = logs.logger("x")
    with logs.about(job="one"):
        log.info("inside")
    log.info("outside")
    assert [line.get("job") for line in lines] == ["one", None]


@pytest.mark.parametrize(
    "value", [["an answer"], {"text": "an answer"}, ("an answer",), b"an answer", {"an answer"}]
)
def test_what_is_not_plain_is_refused(value: object, settings: Settings, lines: list[dict[str, Any]]) -> None:
    logs.logger("x").info("saved", answer=value)
    (line,) = lines
    assert line["answer"] == f"refused: {type(value).__name__}"
    assert "an answer" not in json.dumps(line)
    logs.configure(settings, stream=io.StringIO(), strict=True)
    with pytest.raises(NotPlain, match="answer: "):
        logs.logger("x").info("saved", answer=value)


def test_plain_values_are_written_as_json_knows_them(lines: list[dict[str, Any]]) -> None:
    one, day = uuid.uuid4(), datetime(2026, 5, 4, tzinfo=UTC)
    logs.logger("x").info("e", id=one, at_day=day, wait=timedelta(seconds=90), none=None, place=Path("/x"))
    (line,) = lines
    assert (line["id"], line["wait"], line["none"], line["place"]) == (str(one), 90.0, None, "/x")
    assert line["at_day"] == "2026-05-04T00:00:00+00:00"


def test_long_texts_are_cut(lines: list[dict[str, Any]]) -> None:
    logs.logger("x").info("e", text="a" * 5000)
    (line,) = lines
    assert len(line["text"]) == 501


def test_an_exception_is_logged_by_type_and_place_and_not_by_its_words(lines: list[dict[str, Any]]) -> None:
    def fail() -> None:
        raise LookupError("what a worker told us")

    try:
        fail()
    except LookupError as fault:
        logs.logger("x").error("failed", exc_info=fault)
    logging.getLogger("foreign").error("other libraries, too", exc_info=LookupError("what a worker told us"))
    shown = json.dumps(list(lines))
    assert "what a worker told us" not in shown
    first, second = lines
    assert first["fault"] == second["fault"] == "LookupError"
    assert first["places"].startswith("test_logs.py:")
    assert "fail <" in first["places"]


def test_lines_of_other_libraries_are_json_too(lines: list[dict[str, Any]]) -> None:
    logging.getLogger("sqlalchemy").warning("pool of %s", 5)
    (line,) = lines
    assert (line["event"], line["logger"], line["level"]) == ("pool of 5", "sqlalchemy", "warning")


def test_lines_below_the_level_are_left_out(lines: list[dict[str, Any]]) -> None:
    logs.logger("x").debug("detail")
    assert list(lines) == []


@pytest.fixture
def app() -> Flask:
    made = Flask("probe")
    logs.init_app(made)

    @made.get("/grievances/<name>")
    def grievance(name: str) -> str:
        logs.logger("x").info("seen")
        return "ok"

    return made


def test_a_request_has_an_id_one_line_and_no_trace_of_who_asked(
    app: Flask, lines: list[dict[str, Any]]
) -> None:
    answer = app.test_client().get(
        "/grievances/canary-in-the-path?canary-in-the-query",
        headers={"User-Agent": "canary-agent", "X-Forwarded-For": "203.0.113.9", "Referer": "http://canary/"},
    )
    request_id = answer.headers["X-Request-Id"]
    assert len(request_id) == 16
    seen, answered = lines
    assert seen["request"] == answered["request"] == request_id
    assert (answered["endpoint"], answered["method"], answered["status"]) == ("grievance", "GET", 200)
    assert "canary" not in json.dumps([seen, answered])
    assert "203.0.113.9" not in json.dumps([seen, answered])
    logs.logger("x").info("after")
    assert "request" not in list(lines)[-1]


def test_an_id_from_outside_is_not_taken_over(app: Flask, lines: list[dict[str, Any]]) -> None:
    answer = app.test_client().get("/grievances/x", headers={"X-Request-Id": "forged"})
    assert answer.headers["X-Request-Id"] != "forged"


def test_made_up_methods_and_paths_become_no_label(app: Flask, lines: list[dict[str, Any]]) -> None:
    app.test_client().open("/nowhere/at-all", method="CANARY")
    page = metrics.exposition()[0].decode()
    assert 'endpoint="unknown",method="other",status="404"' in page
    assert "CANARY" not in page
    assert "at-all" not in page


def test_metrics_are_counted_under_their_names() -> None:
    metrics.count(Metric.JOBS_DONE, kind="send_letter")
    metrics.observe(Metric.JOB_SECONDS, 0.2, kind="send_letter")
    metrics.put(Metric.SEAL_LAG_SECONDS, 1.5)
    page, media_type = metrics.exposition()
    text = page.decode()
    assert 'plumbline_jobs_done_total{kind="send_letter"}' in text
    assert 'plumbline_job_seconds_bucket{kind="send_letter",le="0.25"}' in text
    assert "plumbline_seal_lag_seconds 1.5" in text
    assert media_type.startswith("text/plain")


def test_a_metric_is_used_as_what_it_is() -> None:
    with pytest.raises(TypeError, match="SEAL_LAG_SECONDS is a gauge"):
        metrics.count(Metric.SEAL_LAG_SECONDS)
    with pytest.raises(TypeError, match="JOBS_DONE is a counter"):
        metrics.put(Metric.JOBS_DONE, 1, kind="x")
    with pytest.raises(TypeError, match="JOBS_DONE is a counter"):
        metrics.observe(Metric.JOBS_DONE, 1, kind="x")
    with pytest.raises(ValueError, match="label"):
        metrics.count(Metric.JOBS_DONE, supplier="somebody")


def test_metric_names_are_told_apart_and_say_what_they_are() -> None:
    names = [metric.value.name for metric in Metric]
    assert len(set(names)) == len(names)
    assert all(
        name.startswith("plumbline_") and metric.value.says.endswith(".")
        for name, metric in zip(names, Metric, strict=True)
    )


def test_processes_that_share_a_folder_answer_for_each_other(tmp_path: Path) -> None:
    program = (
        "import sys; from plumbline import metrics; from plumbline.metrics import Metric\n"
        "metrics.count(Metric.JOBS_DONE, kind='send_letter')\n"
        "metrics.put(Metric.OUTBOX_DUE, float(sys.argv[1]))\n"
        "print(metrics.exposition()[0].decode())"
    )
    shared = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
    for due in ("7", "4"):
        ran = subprocess.run(
            [sys.executable, "-c", program, due], env=shared, capture_output=True, text=True, check=True
        )
    assert 'plumbline_jobs_done_total{kind="send_letter"} 2.0' in ran.stdout
    assert "plumbline_outbox_due 4.0" in ran.stdout
