"""What kustomize makes of the manifests: five whole services, with every name in its place."""

import shutil
import subprocess
from collections import defaultdict

import manifests
import pytest
import yaml
from manifests import FOLDER, Resource

from khamdoan.services import NAMES

BY_NAME = "app.kubernetes.io/name"
Made = dict[str, dict[str, Resource]]


@pytest.fixture(scope="module")
def made() -> Made:
    """The resources of the example, by kind and name; without a kustomize these tests say that they were left out."""
    command = ["kustomize", "build"] if shutil.which("kustomize") else ["kubectl", "kustomize"]
    if shutil.which(command[0]) is None:
        pytest.skip("neither kustomize nor kubectl is installed")
    said = subprocess.run([*command, FOLDER / "example"], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    by_kind: Made = defaultdict(dict)
    for resource in yaml.safe_load_all(said.stdout):
        by_kind[resource["kind"]][resource["metadata"]["name"]] = resource
    return by_kind


def test_no_placeholder_is_left(made: Made) -> None:
    found = manifests.mappings([list(kind.values()) for kind in made.values()])
    words = {value for mapping in found for value in mapping.values() if isinstance(value, str)}

    assert [word for word in words if word == "NAME" or word.startswith("NAME-") or '"NAME"' in word] == []


@pytest.mark.parametrize("service", NAMES)
def test_a_service_has_its_own_of_everything(made: Made, service: str) -> None:
    deployment = made["Deployment"][service]["spec"]
    scaling = made["ScaledObject"][service]["spec"]
    entry = made["NetworkPolicy"][f"{service}-database"]["spec"]
    initdb = made["Cluster"][f"{service}-database"]["spec"]["bootstrap"]["initdb"]
    labels = deployment["template"]["metadata"]["labels"]

    assert labels[BY_NAME] == service
    assert deployment["selector"]["matchLabels"] == {BY_NAME: service}
    assert deployment["template"]["spec"]["serviceAccountName"] in made["ServiceAccount"]
    assert made["PodDisruptionBudget"][service]["spec"]["selector"]["matchLabels"] == {BY_NAME: service}
    assert scaling["scaleTargetRef"] == {"name": service}
    assert scaling["triggers"][0]["metadata"]["query"] == f'sum(consumer_lag{{job="{service}"}})'
    assert (initdb["database"], initdb["owner"]) == (service, service)
    assert entry["podSelector"]["matchLabels"] == {"cnpg.io/cluster": f"{service}-database"}
    assert entry["ingress"][0]["from"] == [{"podSelector": {"matchLabels": {BY_NAME: service}}}]


@pytest.mark.parametrize("service", NAMES)
def test_a_service_gets_the_secrets_that_the_operators_make_for_it(made: Made, service: str) -> None:
    (container,) = made["Deployment"][service]["spec"]["template"]["spec"]["containers"]
    told = {variable["name"]: variable for variable in container["env"]}

    assert container["command"] == ["python", "-m", service]
    assert told["KAFKA_USERNAME"]["value"] == service
    assert told["KAFKA_PASSWORD"]["valueFrom"]["secretKeyRef"]["name"] in made["KafkaUser"]
    database = told["DATABASE_URL"]["valueFrom"]["secretKeyRef"]["name"]
    assert database.removesuffix("-app") in made["Cluster"]
    assert told.keys() == manifests.environment(service).keys()


def test_the_vault_lies_apart_and_every_database_survives_the_loss_of_one_copy(made: Made) -> None:
    clusters = {name: cluster["spec"] for name, cluster in made["Cluster"].items()}

    assert set(clusters) == {*(f"{name}-database" for name in NAMES), "registry-vault"}
    assert {cluster["instances"] for cluster in clusters.values()} == {3}
    assert {cluster["postgresql"]["synchronous"]["dataDurability"] for cluster in clusters.values()} == {"required"}


def test_what_pods_mount_and_are_told_from_configuration_is_there(made: Made) -> None:
    pods = [deployment["spec"]["template"]["spec"] for deployment in made["Deployment"].values()]

    named = [m["configMapKeyRef"]["name"] for m in manifests.mappings(pods) if "configMapKeyRef" in m]
    named += [m["configMap"]["name"] for m in manifests.mappings(pods) if "configMap" in m]
    assert set(named) <= set(made["ConfigMap"])


def test_parties_on_kafka_have_a_listener_of_their_own_and_an_edge_that_listens(made: Made) -> None:
    (gateway,) = made["Deployment"]["gateway"]["spec"]["template"]["spec"]["containers"]
    listeners = {listener["name"]: listener for listener in made["Kafka"]["khamdoan"]["spec"]["kafka"]["listeners"]}

    assert {"name": "EDGE_TOPICS", "value": "true"} in gateway["env"]
    assert listeners["parties"]["authentication"] == {"type": "scram-sha-512"}
