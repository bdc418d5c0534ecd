"""Alerts speak: faults are done to running services, and Prometheus judges by its rules what these then tell."""

import asyncio
import re
import shutil
import subprocess
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import yaml
from fault_report import Figure
from kernel_children import Proxy
from kernel_shop import MIGRATIONS, OrderStored, a_store, an_order, orders

from shared import outbox
from shared.database import Database
from shared.lateness import Deadline
from shared.service import Service
from shared.testing import Templates, Topics, running, until

RULES_FILE = Path(__file__).parents[2] / "deploy" / "prometheus" / "alerts.yml"
RULES: dict[str, Any] = {
    rule["alert"]: rule for group in yaml.safe_load(RULES_FILE.read_text("utf-8"))["groups"] for rule in group["rules"]
}
UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600}
STEP = 15
SERVICES = ("registry", "scheduling", "results", "coordination", "gateway")
PARKED_FOR_A_DAY = """
SELECT extract(epoch FROM min(parked_at) + interval '24 hours' - now())::float / 60 FROM dead_letters
WHERE state = 'parked'
"""

pytestmark = [pytest.mark.slow, pytest.mark.stack]


@pytest.fixture
def promtool() -> str:
    """Prometheus's own judge of rules."""
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed (Debian: the package prometheus)")
    return found


class Shop:
    """A service with servers that can be taken from it, and what it told about itself."""

    def __init__(self, service: Service, database: Database, topics: Topics) -> None:
        self.service, self.database, self.topics = service, database, topics

    async def told(self) -> str:
        """What a scrape finds."""
        async with httpx.AsyncClient(timeout=10) as client:
            return (await client.get(f"http://127.0.0.1:{await self.service.operations_port()}/metrics")).text

    async def until_told(self, metric: str, enough: Callable[[float], bool], seconds: float = 50) -> str:
        """Scrape until a metric says so."""
        began = monotonic()
        while True:
            text = await self.told()
            if any(enough(value) for name, _, value in samples(text) if name == metric):
                return text
            assert monotonic() - began < seconds, f"{metric} never said so"
            await asyncio.sleep(0.5)


Fault = Callable[[Shop, Proxy, Proxy], Awaitable[str]]


async def kafka_away(shop: Shop, _database: Proxy, kafka: Proxy) -> str:
    """Kafka is cut off while something is to be said."""
    await kafka.cut()
    async with shop.service.database.transaction() as tx:
        await outbox.append(tx, [outbox.outgoing(OrderStored(order_id=an_order().order_id, total=1))])
    await shop.until_told("outbox_oldest_seconds", lambda age: age > 10)
    return await shop.until_told("last_poll_age_seconds", lambda age: age > 20)


async def database_away(shop: Shop, database: Proxy, _kafka: Proxy) -> str:
    """The database is cut off while messages come, and nobody can renew a lease."""
    await database.cut()
    await shop.topics.say(*orders(5))
    await shop.until_told("relay_shards", lambda shards: shards == 0)
    return await shop.until_told("batches_retried_total", lambda times: times > 5)


async def poison(shop: Shop, _database: Proxy, _kafka: Proxy) -> str:
    """A message that no handler takes, and another about somebody whom nobody knows."""
    await shop.topics.say(an_order(poison=True), *(an_order(customer_id=an_order().order_id) for _ in range(3)))
    await until(shop.database, "SELECT count(*) = 1 FROM dead_letters")
    await shop.database.pool.execute("UPDATE dead_letters SET parked_at = now() - interval '21 hours'")
    await shop.until_told("parked_keys", lambda keys: keys == 1)
    return await shop.until_told("deadline_minutes", lambda minutes: minutes < 240)


async def handler_stuck(shop: Shop, _database: Proxy, _kafka: Proxy) -> str:
    """Somebody holds the table that every handler needs."""
    async with shop.database.pool.acquire() as other, other.transaction():
        await other.execute("LOCK TABLE orders")
        await shop.topics.say(*orders(10_500))
        return await shop.until_told("consumer_lag_seconds", lambda seconds: seconds > 20)


FAULTS: dict[str, tuple[Fault, set[str]]] = {
    "Kafka away": (kafka_away, {"EventsNotPublished", "ConsumerNotPolling"}),
    "database away": (database_away, {"RelayShardsUnheld", "DatabaseAway"}),
    "poison": (poison, {"MessagesParked", "MessagesWait", "DeadlineNear"}),
    "handler stuck": (handler_stuck, {"ConsumerLate", "ConsumerBehind"}),
}


async def test_every_fault_fires_its_alerts_and_no_others(
    promtool: str, database_templates: Templates, servers: Any, figure: Figure, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        shops = {name: await a_shop(stack, database_templates, servers) for name in FAULTS}
        before = {name: await shop.until_told("relay_shards", lambda n: n == 16) for name, (shop, *_) in shops.items()}
        under = dict(zip(FAULTS, await asyncio.gather(*(suffer(*shops[name], name) for name in FAULTS)), strict=True))

    assert fired(promtool, tmp_path, before["poison"], before["poison"]) == set()
    for name, (text, seconds) in under.items():
        loud = fired(promtool, tmp_path, before[name], text)
        figure(f"alert: {name}", fired=", ".join(sorted(loud)), told_after_seconds=round(seconds, 1))
        assert loud == FAULTS[name][1], name


async def a_shop(stack: AsyncExitStack, templates: Templates, servers: Any) -> tuple[Shop, Proxy, Proxy]:
    """A running service behind two proxies, with a database and topics of its own."""
    url = await templates.clone(MIGRATIONS)
    stack.push_async_callback(templates.drop, urlsplit(url).path.removeprefix("/"))
    direct = Database(url, max_connections=4, idle_seconds=120)
    await direct.open()
    stack.push_async_callback(direct.close)
    topics = Topics(servers.kafka)
    stack.push_async_callback(topics.drop)
    at_database, at_kafka = _proxy(url, of_kafka=False), _proxy(f"kafka://{servers.kafka}", of_kafka=True)
    for proxy in (at_database, at_kafka):
        await proxy.mend()
        stack.push_async_callback(proxy.cut)
    parts = urlsplit(url)
    told = topics.settings(
        direct,
        database_url=parts._replace(netloc=parts.netloc.replace(f":{parts.port}", f":{at_database.own_port}")).geturl(),
        kafka_bootstrap_servers=f"127.0.0.1:{at_kafka.own_port}",
        shutdown_seconds=3,
    )
    await topics.create("shop.orders", "shop.customers", "store.orders", "store.deliveries")
    service = Service("store", told, consumer=a_store().consumer, deadlines=[Deadline("conclusion", PARKED_FOR_A_DAY)])
    await stack.enter_async_context(running(service, wait=False))
    await service.started.wait()
    return Shop(service, direct, topics), at_database, at_kafka


async def suffer(shop: Shop, at_database: Proxy, at_kafka: Proxy, name: str) -> tuple[str, float]:
    """Do the harm; what the service tells then, and after how long. Everything is mended again."""
    began = monotonic()
    try:
        return await FAULTS[name][0](shop, at_database, at_kafka), monotonic() - began
    finally:
        for proxy in (at_database, at_kafka):
            if proxy._server is None:
                await proxy.mend()


def _proxy(url: str, *, of_kafka: bool) -> Proxy:
    parts = urlsplit(url)
    return Proxy(str(parts.hostname), int(parts.port or 0), of_kafka=of_kafka)


def fired(promtool: str, folder: Path, before: str, under: str) -> set[str]:
    """The alerts that fire where one scrape holds for a while and then the other for as long as each rule wants."""
    files = []
    for seconds in sorted({seconds_of(rule) for rule in RULES.values()}):
        step = max(STEP, seconds // 20)
        expectations = [
            {
                "expr": f'count(ALERTS{{alertname="{name}", alertstate="firing"}}) or vector(0)',
                "eval_time": f"{14 * step + seconds}s",
                "exp_samples": [{"labels": "{}", "value": 0}],
            }
            for name, rule in RULES.items()
            if seconds_of(rule) == seconds
        ]
        series = series_of(before, under, seconds // step + 20)
        case = {"interval": f"{step}s", "input_series": series, "promql_expr_test": expectations}
        files.append(folder / f"held_for_{seconds}.yml")
        files[-1].write_text(
            yaml.safe_dump({"rule_files": [str(RULES_FILE)], "evaluation_interval": f"{step}s", "tests": [case]})
        )
    told = subprocess.run([promtool, "test", "rules", *map(str, files)], capture_output=True, text=True, check=False)
    found = set(re.findall(r'alertname=\\*"(\w+)', told.stdout + told.stderr))
    assert found or told.returncode == 0, told.stdout + told.stderr
    return found


def series_of(before: str, under: str, length: int) -> list[dict[str, str]]:
    """As promtool takes them: ten scrapes as it was, then as it is until the rule has had its time."""
    first = {(name, labels): value for name, labels, value in samples(before)}
    last = {(name, labels): value for name, labels, value in samples(under)}
    return [{"series": f'up{{job="{job}"}}', "values": f"1x{length + 10}"} for job in SERVICES] + [
        {
            "series": f'{name}{{job="results", instance="a"{", " + labels if labels else ""}}}',
            "values": f"{_lasting(first.get(one), 9)} {_lasting(last.get(one), length)}",
        }
        for one in sorted(first.keys() | last.keys())
        if any(one[0] in rule["expr"] for rule in RULES.values())
        for name, labels in [one]
    ]


def _lasting(value: float | None, scrapes: int) -> str:
    return f"{'_' if value is None else value}x{scrapes}"


def samples(text: str) -> Iterable[tuple[str, str, float]]:
    """Name, labels and value of every line of a scrape."""
    for line in text.splitlines():
        found = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
        if found and not line.startswith("#") and not found[1].endswith("_created"):
            yield found[1], found[2] or "", float(found[3])


def seconds_of(rule: dict[str, Any]) -> int:
    """How long a rule wants a state to last."""
    lasts = rule.get("for", "0s")
    return int(lasts[:-1]) * UNIT_SECONDS[lasts[-1]]
