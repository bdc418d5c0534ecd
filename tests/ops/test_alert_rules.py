"""The alerts speak when they must, about what is really measured, and say where to read on."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import promql
import pytest
import yaml

from shared.metrics import Metrics

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "prometheus"
(GROUP,) = yaml.safe_load((FOLDER / "alerts.yml").read_text("utf-8"))["groups"]
RULES: list[dict[str, Any]] = GROUP["rules"]
CHECKS = [("test", "rules", "alerts_test.yml"), ("check", "rules", "alerts.yml"), ("check", "config", "prometheus.yml")]


@pytest.fixture
def promtool() -> str:
    """Prometheus's own checker, from the package `prometheus`; without it these tests say that they were left out."""
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed (Debian: the package prometheus)")
    return found


@pytest.mark.parametrize("check", CHECKS, ids=" ".join)
def test_prometheus_itself_finds_nothing_wrong(promtool: str, check: tuple[str, ...]) -> None:
    told = subprocess.run([promtool, *check], cwd=FOLDER, capture_output=True, text=True, check=False)

    assert told.returncode == 0, told.stdout + told.stderr


def test_every_alert_is_tested() -> None:
    tests = yaml.safe_load((FOLDER / "alerts_test.yml").read_text("utf-8"))["tests"]

    spoken = {case["alertname"] for test in tests for case in test["alert_rule_test"] if case["exp_alerts"]}

    assert spoken == {rule["alert"] for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_is_about_metrics_that_a_service_has(rule: dict[str, Any]) -> None:
    named = promql.metrics_of(rule["expr"])

    assert named
    assert named - promql.OF_PROMETHEUS <= promql.exposed()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_is_wrong_twice_and_where_to_read_on(rule: dict[str, Any]) -> None:
    document, _, anchor = rule["annotations"]["runbook"].partition("#")

    assert set(rule["annotations"]) == {"summary_vi", "summary_en", "runbook"}
    assert f'<a id="{anchor}"></a>' in (ROOT / document).read_text("utf-8")


def test_what_is_declared_is_what_is_exposed() -> None:
    metrics = Metrics()
    metrics.events.labels("type", "handled").inc()
    metrics.handler_seconds.labels("type").observe(1)
    metrics.batches_retried.labels("world").inc()
    metrics.published.labels("topic").inc()
    metrics.lag.labels("topic").set(1)
    metrics.lag_seconds.labels("topic").set(1)
    metrics.deadline_minutes.labels("kind").set(1)
    metrics.waiting.labels("kind").set(1)

    scraped = set(re.findall(r"^(\w+)[ {]", metrics.text().decode(), re.MULTILINE))

    assert {name for name in scraped if not name.endswith("_created")} == promql.exposed()
