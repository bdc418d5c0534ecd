"""Access rights on Kafka are those of the committed topic list, and no more."""

import re

import pytest
import yaml

from contracts import topics
from khamdoan import access, cli
from khamdoan.access import Principal, Right
from khamdoan.errors import SetupError

LISTED = topics.load()
EDGE = (access.IN, access.OUT)


def topics_with(operation: str, principal: Principal) -> set[str]:
    rights = [right for right in principal.rights if right.kind == "topic" and operation in right.operations]
    return {right.name for right in rights if not right.name.startswith(EDGE)}


@pytest.mark.parametrize("service", access.services(), ids=lambda service: service.name)
def test_a_service_writes_and_reads_exactly_what_the_list_says(service: Principal) -> None:
    assert topics_with("Write", service) == {topic.name for topic in LISTED if service.name in topic.writers}
    assert topics_with("Read", service) == {topic.name for topic in LISTED if service.name in topic.readers}


@pytest.mark.parametrize("service", access.services(), ids=lambda service: service.name)
def test_a_service_has_its_own_group_and_only_the_gateway_the_edge(service: Principal) -> None:
    groups = {right.name for right in service.rights if right.kind == "group"}
    prefixed = {right for right in service.rights if right.prefixed}

    is_edge = service.name == "gateway"
    assert groups == ({"gateway", "gateway-edge"} if is_edge else {service.name})
    assert {right.name for right in prefixed} == (set(EDGE) if is_edge else set())


def test_a_party_posts_to_its_own_topic_and_reads_its_own_and_nothing_else() -> None:
    clinic = access.party("clinics/0212A")

    assert clinic.name == "clinics.0212a"
    assert set(clinic.rights) == {
        Right("topic", "edge.in.clinics.0212A", ("Write",)),
        Right("topic", "edge.out.clinics.0212A", ("Read",)),
        Right("group", "clinics.0212a", ("Read",)),
    }


@pytest.mark.parametrize("named", ["clinics", "clinics/", "kitchens/1", "clinics/02123/x", "health/An"])
def test_what_is_no_party_gets_no_rights(named: str) -> None:
    with pytest.raises(SetupError, match="party-unknown"):
        access.party(named)


def test_commands_add_one_right_each_and_never_take_all(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["acls"])

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == sum(len(service.rights) for service in access.services())
    for line in lines:
        assert re.fullmatch(
            r'kafka-acls\.sh --bootstrap-server "\$\w+" --command-config "\$\w+" --add --allow-principal User:[a-z]+'
            r"( --operation (Read|Write|Create))+ --(topic|group) [a-z.-]+( --resource-pattern-type prefixed)?",
            line,
        )


def test_a_prefix_stands_before_every_topic_and_group(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["acls", "--prefix", "trial."])

    names = re.findall(r"--(?:topic|group) (\S+)", capsys.readouterr().out)
    assert names
    assert [name for name in names if not name.startswith("trial.")] == []


def test_a_partys_user_may_be_given_to_strimzi(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["acls", "--format", "strimzi", "--party", "clinics/02123"])

    (user,) = yaml.safe_load_all(capsys.readouterr().out)
    assert (user["kind"], user["metadata"]["name"]) == ("KafkaUser", "clinics.02123")
    assert [(acl["resource"]["name"], acl["operations"]) for acl in user["spec"]["authorization"]["acls"]] == [
        ("edge.in.clinics.02123", ["Write"]),
        ("edge.out.clinics.02123", ["Read"]),
        ("clinics.02123", ["Read"]),
    ]
