"""What a service is told by its environment."""

import socket
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from environment variables of the same names; a service may subclass it."""

    model_config = SettingsConfigDict(extra="ignore", case_sensitive=False)

    database_url: str = Field(repr=False)
    kafka_bootstrap_servers: str
    kafka_topic_prefix: str = ""
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_username: str = ""
    kafka_password: str = Field("", repr=False)
    kafka_ca_file: str = ""
    kafka_instance_id: str = ""
    """A stable name of this process turns on static membership: a restart within the session moves no partition."""
    kafka_session_timeout_ms: int = 15_000
    kafka_max_records: int = 1_000
    kafka_lanes: int = 3
    """So many batches may be under way at once, of different partitions, where much waits: see `lanes.py`."""

    operations_host: str = "127.0.0.1"
    operations_port: int = 0
    http_host: str = "127.0.0.1"

    otel_exporter_otlp_endpoint: str = ""
    otel_traces_sampler_arg: float = 1.0
    log_level: str = "INFO"
    khamdoan_environment: Literal["development", "test", "production"] = "development"
    khamdoan_failpoint: str = ""

    hostname: str = Field(default_factory=socket.gethostname)
    database_max_connections: int = 12
    database_idle_seconds: int = 30
    """A frozen process would hold its row locks for ever: after so long between two statements it loses them."""
    relay_lease_seconds: float = 10.0
    shutdown_seconds: float = 25.0
