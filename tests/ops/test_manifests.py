"""The Kubernetes manifests fit the services that they start; no cluster is needed to see it."""

import re
import subprocess
from base64 import b64encode
from pathlib import Path
from typing import Any

import manifests
import promql
import pytest
import yaml
from manifests import BASE, FILES, FOLDER, ROOT

from contracts import topics
from coordination.settings import Settings as CoordinationSettings
from gateway.settings import Settings as GatewaySettings
from khamdoan import access, strimzi
from khamdoan.services import NAMES
from registry.settings import Settings as RegistrySettings
from results.settings import Settings as ResultsSettings
from scheduling.settings import Settings as SchedulingSettings
from shared import operations
from shared.consuming import Consumer
from shared.database import Database
from shared.delivery import Delivery
from shared.settings import Settings

SETTINGS: dict[str, type[Settings]] = {
    "registry": RegistrySettings,
    "scheduling": SchedulingSettings,
    "results": ResultsSettings,
    "coordination": CoordinationSettings,
    "gateway": GatewaySettings,
}
IN_PRODUCTION = {
    "registry": {"khamdoan_master_key_file", "vault_database_url", "identity_port"},
    "coordination": {"signing_seed"},
    "gateway": {"pseudonym_key", "token_issuer", "token_jwks_url", "registry_identity_url", "registry_identity_token"},
}
"""What a service must be told although its settings have a default, which is for development."""
SECRET = re.compile("PASSWORD|TOKEN$|SEED|MASTER_KEY$|PSEUDONYM_KEY|DATABASE_URL")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_a_file_has_resources_of_a_kind_and_no_secret(path: Path) -> None:
    for resource in manifests.read(path):
        assert resource["apiVersion"]
        assert resource["kind"] != "Secret"


def test_every_service_is_started() -> None:
    (everything,) = manifests.read(BASE / "kustomization.yaml")

    started = {path.name for path in (BASE / "services").iterdir()}
    assert started == set(NAMES)
    assert {f"services/{name}" for name in NAMES} <= set(everything["resources"])


@pytest.mark.parametrize("service", NAMES)
def test_a_service_is_told_all_that_it_needs_in_production_and_nothing_unknown(service: str) -> None:
    fields = SETTINGS[service].model_fields
    told = {name.lower() for name in manifests.environment(service)}

    required = {name for name, field in fields.items() if field.is_required()} | IN_PRODUCTION.get(service, set())
    assert required <= told
    assert told <= set(fields)


@pytest.mark.parametrize("service", NAMES)
def test_a_service_starts_with_what_it_is_told(service: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, variable in manifests.environment(service).items():
        monkeypatch.setenv(name, variable.get("value", "5ec1e7" * 8))

    settings = SETTINGS[service]()

    assert settings.khamdoan_environment == "production"
    if isinstance(settings, GatewaySettings):
        settings.check()
    if isinstance(settings, RegistrySettings):
        mounted = settings.khamdoan_master_key_file
        assert mounted is not None
        settings.khamdoan_master_key_file = tmp_path / mounted.name
        settings.khamdoan_master_key_file.write_text(f"1:{b64encode(bytes(32)).decode()}")
        assert settings.master_keys()


@pytest.mark.parametrize("service", NAMES)
def test_secrets_come_from_secrets(service: str) -> None:
    inline = [
        v["name"] for v in manifests.environment(service).values() if "secretKeyRef" not in v.get("valueFrom", {})
    ]

    assert [name for name in inline if SECRET.search(name)] == []


@pytest.mark.parametrize("service", NAMES)
def test_probes_ask_routes_that_the_operations_port_has(service: str) -> None:
    container = manifests.container(service)
    app = operations.make_app(Delivery(Consumer(service), Database("postgresql://")), ready=_ready)

    probes = [container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")]
    ports = {port["name"]: str(port["containerPort"]) for port in container["ports"]}
    assert {probe["path"] for probe in probes} <= {route.path for route in app.routes}
    assert {ports[probe["port"]] for probe in probes} == {manifests.environment(service)["OPERATIONS_PORT"]["value"]}


@pytest.mark.parametrize("service", NAMES)
def test_a_service_listens_where_its_container_says(service: str) -> None:
    told = {name: variable.get("value") for name, variable in manifests.environment(service).items()}
    named = {"operations": "OPERATIONS_PORT", "identity": "IDENTITY_PORT", "edge": "GATEWAY_PORT"}

    ports = {port["name"]: str(port["containerPort"]) for port in manifests.container(service)["ports"]}
    assert ports == {name: told[variable] for name, variable in named.items() if variable in told}


def test_pods_may_write_nowhere_and_are_nobody_in_particular() -> None:
    pod = _pod()
    (container,) = pod["containers"]

    assert pod["securityContext"]["runAsNonRoot"]
    assert str(pod["securityContext"]["runAsUser"]) in (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    assert {"requests", "limits"} <= set(container["resources"])


def test_there_is_time_to_drain() -> None:
    shutdown = float(manifests.environment("gateway")["SHUTDOWN_SECONDS"]["value"])

    waits = [manifests.container(name).get("lifecycle", {}) for name in NAMES]
    before = max(wait["preStop"]["sleep"]["seconds"] for wait in waits if wait)
    assert _pod()["terminationGracePeriodSeconds"] >= shutdown + before + 10


def test_scaling_asks_what_is_measured_and_stops_at_the_partitions() -> None:
    (scaling,) = manifests.read(BASE / "service" / "scaling.yaml")
    (trigger,) = scaling["spec"]["triggers"]

    assert promql.metrics_of(trigger["metadata"]["query"]) == {"consumer_lag"} & promql.exposed()
    assert scaling["spec"]["maxReplicaCount"] == max(topic.partitions for topic in topics.load())


def test_only_the_gateway_reaches_identities_and_only_it_is_reached_from_outside() -> None:
    policies = [policy for path in sorted((BASE / "network").glob("[!k]*.yaml")) for policy in manifests.read(path)]
    entries = [
        (policy["spec"]["podSelector"]["matchLabels"], rule["from"], [port["port"] for port in rule["ports"]])
        for policy in policies
        for rule in policy["spec"]["ingress"]
    ]
    name = "app.kubernetes.io/name"

    (identity,) = [entry for entry in entries if 8090 in entry[2]]
    assert identity[:2] == ({name: "registry"}, [{"podSelector": {"matchLabels": {name: "gateway"}}}])
    assert [who for who, _, ports in entries if 8080 in ports] == [{name: "gateway"}]
    ingresses = [r for path in FILES for r in manifests.read(path) if r["kind"] == "Ingress"]
    assert [ingress["metadata"]["name"] for ingress in ingresses] == ["gateway"]


def test_topics_and_users_are_those_of_the_committed_list() -> None:
    kafka = BASE / "kafka"

    made = strimzi.text(strimzi.topic(topic) for topic in topics.load())
    assert (kafka / "topics.yaml").read_text("utf-8") == made, "khamdoan topics > deploy/k8s/base/kafka/topics.yaml"
    made = strimzi.text(strimzi.user(service) for service in access.services())
    assert (kafka / "users.yaml").read_text("utf-8") == made, "khamdoan acls --format strimzi > …/users.yaml"


def test_kafka_keeps_three_copies_of_which_two_acknowledge() -> None:
    resources = manifests.read(BASE / "kafka" / "cluster.yaml")
    (cluster,) = [resource["spec"]["kafka"] for resource in resources if resource["kind"] == "Kafka"]
    pools = {pool["metadata"]["name"]: pool["spec"]["replicas"] for pool in resources if "roles" in pool["spec"]}

    assert pools == {"controller": 3, "broker": 3}
    assert (cluster["config"]["default.replication.factor"], cluster["config"]["min.insync.replicas"]) == (3, 2)
    assert cluster["authorization"] == {"type": "simple"}
    assert {listener["tls"] for listener in cluster["listeners"]} == {True}


def test_the_alerts_can_be_given_to_prometheus_operator() -> None:
    folder = ROOT / "deploy" / "prometheus"

    said = subprocess.run(["sh", folder / "as-rule.sh"], capture_output=True, text=True, check=True).stdout

    rule = yaml.safe_load(said)
    assert rule["kind"] == "PrometheusRule"
    assert rule["spec"] == yaml.safe_load((folder / "alerts.yml").read_text("utf-8"))


async def _ready() -> dict[str, bool]:
    return {}


def _pod() -> dict[str, Any]:
    (shape,) = manifests.read(BASE / "service" / "deployment.yaml")
    return dict(shape["spec"]["template"]["spec"])
