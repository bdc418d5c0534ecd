"""The collector takes what services send, drops nothing unless told to, and has a backend of the operator's choice."""

from pathlib import Path

import yaml

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "deploy" / "otel" / "collector.yaml").read_text("utf-8"))
PIPELINES = CONFIG["service"]["pipelines"]


def test_every_part_that_a_pipeline_names_is_configured() -> None:
    named = {(kind, name) for pipeline in PIPELINES.values() for kind, names in pipeline.items() for name in names}

    assert [(kind, name) for kind, name in sorted(named) if name not in CONFIG[kind]] == []
    assert set(CONFIG["service"]["extensions"]) == set(CONFIG["extensions"])


def test_services_reach_it_over_http_and_it_reaches_a_backend_that_the_operator_names() -> None:
    assert CONFIG["receivers"]["otlp"]["protocols"]["http"]["endpoint"].endswith(":4318")
    assert {exporter["endpoint"] for exporter in CONFIG["exporters"].values()} == {"${env:TRACES_ENDPOINT}"}


def test_traces_are_batched_and_none_is_dropped_by_default() -> None:
    assert PIPELINES["traces"]["processors"] == ["memory_limiter", "batch"]
