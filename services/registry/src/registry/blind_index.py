"""Keyed hashes by which something can be found again without being readable."""

import hmac
from hashlib import sha256

SEPARATOR = "\x1f"


class BlindIndex:
    """HMAC-SHA256 with a key of its own; the kind is part of what is hashed, so that kinds never meet."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, kind: str, *parts: object) -> bytes:
        """The 32-byte index of some values of a kind."""
        text = SEPARATOR.join((kind, *map(str, parts)))
        return hmac.digest(self._key, text.encode(), sha256)
