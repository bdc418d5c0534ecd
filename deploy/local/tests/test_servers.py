"""The servers that tests are given are real."""

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient

from khamdoan.testing.servers import Servers


async def test_the_given_database_lets_its_user_create_databases(servers: Servers) -> None:
    connection = await asyncpg.connect(servers.database_url)
    try:
        may = await connection.fetchval("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
    finally:
        await connection.close()

    assert may


async def test_the_given_broker_answers(servers: Servers) -> None:
    client = AIOKafkaAdminClient(bootstrap_servers=servers.kafka)
    await client.start()
    try:
        cluster = await client.describe_cluster()
    finally:
        await client.close()

    assert len(cluster["brokers"]) == 1
