"""The dashboard is whole as a file: every panel asks for what is really measured, in both languages."""

import json
import re
from pathlib import Path
from typing import Any

import promql
import pytest
import yaml

FOLDER = Path(__file__).parents[2] / "deploy" / "grafana"
BOARD: dict[str, Any] = json.loads((FOLDER / "khamdoan.json").read_text("utf-8"))
PANELS: list[dict[str, Any]] = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
VARIABLES = {variable["name"] for variable in BOARD["templating"]["list"]}


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_shows_metrics_that_a_service_has(panel: dict[str, Any]) -> None:
    expressions = [target["expr"] for target in panel["targets"]]
    named = set().union(*map(promql.metrics_of, expressions))
    variables = set(re.findall(r"\$(?!__)(\w+)", " ".join(expressions)))

    assert named
    assert named - promql.OF_PROMETHEUS <= promql.exposed()
    assert variables <= VARIABLES


def test_everything_that_is_measured_is_shown() -> None:
    shown = set().union(*(promql.metrics_of(target["expr"]) for panel in PANELS for target in panel["targets"]))

    assert families(promql.exposed()) <= families(shown)


def families(names: set[str]) -> set[str]:
    return {re.sub("_(total|bucket|sum|count)$", "", name) for name in names}


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in BOARD["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_grafana_is_told_where_the_dashboard_lies_and_nothing_secret() -> None:
    folder = FOLDER / "provisioning"
    (provider,) = yaml.safe_load((folder / "dashboards" / "khamdoan.yaml").read_text("utf-8"))["providers"]
    (source,) = yaml.safe_load((folder / "datasources" / "prometheus.yaml").read_text("utf-8"))["datasources"]

    assert provider["options"]["path"].endswith("/dashboards")
    assert source["url"] == "$PROMETHEUS_URL"
    assert not {"basicAuthPassword", "secureJsonData", "password"} & set(source)
