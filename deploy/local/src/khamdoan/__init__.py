"""Khám Đoàn on one machine, without Docker: real Kafka, real PostgreSQL, a tracing page and the five services."""
