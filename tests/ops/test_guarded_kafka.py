"""On a broker that enforces them, the access rights let services work and parties read nobody else's topics."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import guarded_broker
import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.cimpl import NewTopic
from guarded_broker import PASSWORD, Guarded

from contracts import topics
from gateway import app as gateway_app
from gateway import edge_topics
from gateway.settings import Settings as GatewaySettings
from khamdoan import access, places, stack
from results import app as results_app
from results.settings import Settings as ResultsSettings
from shared import kafka
from shared.database import Database
from shared.service import Service
from shared.settings import Settings
from shared.testing import Templates, running, until

pytestmark = [pytest.mark.stack, pytest.mark.slow]

CLINICS = ("clinics/02123", "clinics/02124")
REFUSED = {KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """All topics, the five services and two clinics with their passwords; services have their rights, clinics none."""
    folder = tmp_path_factory.mktemp("guarded") / "stack"
    installed = stack.install(folder, throwaway=True)
    with guarded_broker.running(installed.kafka, installed.places.logs) as guarded:
        committed = [NewTopic(topic.name, topic.partitions, 1) for topic in topics.load()]
        for done in guarded.admin.create_topics(committed).values():
            done.result(30)
        services = access.services()
        guarded.know(*(service.name for service in services), *(access.party(clinic).name for clinic in CLINICS))
        guarded.allow(services)
        yield guarded
    places.discard(places.of(folder))


def settings(broker: Guarded, user: str, kind: type[Settings] = Settings, **more: Any) -> Any:
    return kind(
        **{
            "database_url": "postgresql://",
            "kafka_bootstrap_servers": broker.bootstrap_servers,
            "kafka_security_protocol": "SASL_PLAINTEXT",
            "kafka_username": user,
            "kafka_password": PASSWORD,
            "khamdoan_environment": "test",
            "otel_exporter_otlp_endpoint": "",
            **more,
        }
    )


def said(broker: Guarded, user: str, topic: str) -> KafkaError | None:
    """What Kafka answers to one record."""
    answers: list[KafkaError | None] = []
    producer = Producer({**kafka.connection(settings(broker, user)), "message.timeout.ms": 10_000, "log_level": 0})
    producer.produce(topic, b"{}", on_delivery=lambda error, _: answers.append(error))
    producer.flush(15)
    return answers[0]


def heard(broker: Guarded, user: str, topic: str, group: str) -> KafkaError | None:
    """What Kafka answers to a reader: an error, or a record."""
    consumer = Consumer(
        {**kafka.connection(settings(broker, user)), "group.id": group, "auto.offset.reset": "earliest", "log_level": 0}
    )
    consumer.subscribe([topic])
    try:
        answer = consumer.poll(20)
        assert answer is not None, "neither a record nor an error"
        return answer.error()
    except KafkaException as refused:
        error: KafkaError = refused.args[0]
        return error
    finally:
        consumer.close()


def test_a_service_writes_its_own_topics_and_no_other(broker: Guarded) -> None:
    answers = {topic: said(broker, "results", topic) for topic in ("results.refusals", "registry.workers")}

    assert answers["results.refusals"] is None
    assert answers["registry.workers"].code() in REFUSED


def test_a_service_reads_no_topic_and_uses_no_group_that_is_not_its_own(broker: Guarded) -> None:
    said(broker, "scheduling", "scheduling.days")

    codes = [
        heard(broker, "results", "scheduling.days", "results").code(),
        heard(broker, "gateway", "scheduling.days", "results").code(),
    ]

    assert set(codes) <= REFUSED
    assert heard(broker, "gateway", "scheduling.days", "gateway") is None


async def test_parties_meet_only_their_own_topics(broker: Guarded) -> None:
    for clinic in CLINICS:
        await kafka.create_topics(settings(broker, "gateway"), edge_topics.topics_of(clinic))

    broker.allow(access.party(clinic) for clinic in CLINICS)

    one = access.party(CLINICS[0]).name
    assert said(broker, "gateway", "edge.out.clinics.02123") is None
    assert said(broker, "gateway", "edge.out.clinics.02124") is None
    assert said(broker, one, "edge.in.clinics.02123") is None
    assert heard(broker, one, "edge.out.clinics.02123", one) is None
    assert said(broker, one, "edge.in.clinics.02124").code() in REFUSED
    assert heard(broker, one, "edge.out.clinics.02124", one).code() in REFUSED
    assert heard(broker, one, "results.fitness", one).code() in REFUSED


@asynccontextmanager
async def fresh(templates: Templates, migrations: Path) -> AsyncIterator[Database]:
    """An open database with a service's tables, dropped afterwards."""
    database = Database(await templates.clone(migrations))
    await database.open()
    try:
        yield database
    finally:
        await database.close()
        await templates.drop(database.url.rpartition("/")[2])


@asynccontextmanager
async def started(service: Service) -> AsyncIterator[Service]:
    """The service, reading and publishing; its topics are there already."""
    async with running(service, wait=False):
        await service.started.wait()
        yield service


async def test_a_service_works_with_its_rights_alone(broker: Guarded, database_templates: Templates) -> None:
    async with fresh(database_templates, results_app.MIGRATIONS) as database:
        told = settings(broker, "results", ResultsSettings, database_url=database.url)
        async with started(results_app.make_service(told)) as service:
            assert await asyncio.to_thread(said, broker, "gateway", "clinics.examinations") is None

            # An empty record fits no contract: it parks, which is announced through the relay.
            await until(database, "SELECT EXISTS (SELECT FROM dead_letters)")
            await until(database, "SELECT NOT EXISTS (SELECT FROM outbox)")
            assert all((await service.ready()).values())


async def test_the_gateway_takes_in_what_a_party_posts_with_its_rights_alone(
    broker: Guarded, database_templates: Templates
) -> None:
    clinic = access.party("clinics/02125")
    broker.know(clinic.name)
    broker.allow([clinic])

    async with fresh(database_templates, gateway_app.MIGRATIONS) as database:
        more = {"database_url": database.url, "gateway_port": 0, "khamdoan_dev_secret": uuid4().hex}
        told = settings(broker, "gateway", GatewaySettings, **more)
        await kafka.create_topics(told, edge_topics.topics_of("clinics/02125"))
        async with started(gateway_app.make_service(told)):
            assert await asyncio.to_thread(said, broker, clinic.name, "edge.in.clinics.02125") is None

            # What it refuses it answers on the party's feed, whose topic it opens itself.
            await until(database, "SELECT EXISTS (SELECT FROM bridged WHERE topic = 'edge.in.clinics.02125')")
            await until(database, "SELECT EXISTS (SELECT FROM feeds WHERE on_kafka)")
            assert await asyncio.to_thread(heard, broker, clinic.name, "edge.out.clinics.02125", clinic.name) is None
