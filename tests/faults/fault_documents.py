"""Documents that a schema allows, made at random: what a writer of that version might say."""

import datetime as dt
from random import Random
from typing import Any
from uuid import UUID

Schema = dict[str, Any]


class Writer:
    """Writes documents for one schema; `full` writes every optional field, else only what is required."""

    def __init__(self, schema: Schema, random: Random, *, full: bool) -> None:
        self._schema = schema
        self._random = random
        self._full = full

    def document(self) -> Any:
        """One document."""
        return self._value(self._schema)

    def _value(self, schema: Schema) -> Any:
        if "$ref" in schema:
            return self._value(self._schema["$defs"][schema["$ref"].rpartition("/")[2]])
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._random.choice(schema["enum"])
        for choice in ("anyOf", "oneOf", "allOf"):
            if choice in schema:
                return self._value(self._random.choice(schema[choice]))
        return getattr(self, f"_{schema['type']}")(schema)

    def _object(self, schema: Schema) -> Any:
        properties, required = schema.get("properties", {}), set(schema.get("required", ()))
        wanted = [name for name in properties if self._full or name in required]
        document = {name: self._value(properties[name]) for name in wanted}
        if isinstance(schema.get("additionalProperties"), dict) and self._full:
            name = self._value(schema["propertyNames"]) if "propertyNames" in schema else "A"
            document[name] = self._value(schema["additionalProperties"])
        return document

    def _array(self, schema: Schema) -> Any:
        items = schema.get("prefixItems") or schema.get("items", {})
        if isinstance(items, list):
            return [self._value(item) for item in items]
        low, high = schema.get("minItems", 0), schema.get("maxItems", 3)
        return [self._value(items) for _ in range(max(low, min(high, 2 if self._full else low)))]

    def _string(self, schema: Schema) -> str:
        match schema.get("format"), schema.get("pattern"):
            case "uuid", _:
                return str(UUID(int=self._random.getrandbits(128), version=4))
            case "date", _:
                return (dt.date(2026, 1, 1) + dt.timedelta(days=self._random.randrange(365))).isoformat()
            case "date-time", _:
                return f"2026-{self._random.randint(1, 12):02}-01T08:00:00Z"
            case "time", _:
                return f"{self._random.randint(0, 23):02}:00:00"
            case None, None:
                length = max(schema.get("minLength", 0), min(schema.get("maxLength", 12), 12))
                return "".join(self._random.choices("aăâđêôơư 09", k=length))
            case None, r"^\d{4}(-\d{2})?$":
                return self._random.choice(["1990", "1990-05"])
            case None, "^[0-9a-f]{64}$":
                return f"{self._random.getrandbits(256):064x}"
            case None, "^[0-9A-Z]{5}$":
                return f"{self._random.randrange(100_000):05}"
        told = {name: schema[name] for name in ("format", "pattern") if name in schema}
        raise ValueError(f"a string of a form that is not written here yet: {told}; add its case")

    def _integer(self, schema: Any) -> int:
        low: int = schema["minimum"] if "minimum" in schema else schema.get("exclusiveMinimum", -1) + 1
        high: int = schema.get("maximum", schema.get("exclusiveMaximum", low + 100))
        step: int = schema.get("multipleOf", 1)
        first = -(-low // step)
        return step * self._random.randint(first, min(high // step, first + 100))

    def _number(self, schema: Any) -> float:
        low: float = schema.get("minimum", schema.get("exclusiveMinimum", 0))
        high: float = schema.get("maximum", schema.get("exclusiveMaximum", low + 100))
        return low + (high - low) / 2

    def _boolean(self, _schema: Schema) -> bool:
        return self._random.random() < 0.5

    def _null(self, _schema: Schema) -> None:
        return None
