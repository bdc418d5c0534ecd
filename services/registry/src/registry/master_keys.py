"""The keys that wrap every other key; they come from outside and are in no database."""

import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12


class MasterKeyError(Exception):
    """No usable master key: missing, malformed, or not the one that wrapped what is to be unwrapped."""


class MasterKeys:
    """Keys by id; the first wraps, all unwrap, so that a new one can take over before the old one goes.

    With a `source` they are read again when something turns up that an unknown key wrapped: a running service follows
    a rotation without a restart.
    """

    def __init__(self, keys: Mapping[str, bytes], source: Callable[[], Mapping[str, bytes]] | None = None) -> None:
        self._source = source
        self._take(keys)

    def _take(self, keys: Mapping[str, bytes]) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys.values()):
            raise MasterKeyError("a master key has 32 bytes")
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self.current = next(iter(keys))

    def refresh(self) -> None:
        """Read the keys again, where they come from a file."""
        if self._source is not None:
            self._take(self._source())

    def wrap(self, secret: bytes, owner: bytes) -> bytes:
        """A key closed with the current master key, bound to what it belongs to."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._ciphers[self.current].encrypt(nonce, secret, owner)

    def unwrap(self, key_id: str, wrapped: bytes, owner: bytes) -> bytes:
        """The key again; raises MasterKeyError where the master key is not at hand or is another."""
        if key_id not in self._ciphers:
            self.refresh()
        try:
            return self._ciphers[key_id].decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], owner)
        except (KeyError, InvalidTag) as error:
            raise MasterKeyError(f"master key {key_id} does not open what it wrapped") from error


def parse(text: str) -> MasterKeys:
    """`id:base64[,id:base64…]`, the current key first; a lone base64 value has the id `1`."""
    return MasterKeys(_parsed(text))


def _parsed(text: str) -> dict[str, bytes]:
    keys = {}
    for part in text.split(","):
        key_id, separator, encoded = part.strip().rpartition(":")
        try:
            keys[key_id if separator else "1"] = b64decode(encoded, validate=True)
        except ValueError as error:
            raise MasterKeyError("a master key is written in base64") from error
    return keys


def from_file(path: Path, *, create: bool) -> MasterKeys:
    """The keys in a file; in development a missing file is made, readable by its owner only."""
    if create and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return from_file(path, create=False)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"1:{b64encode(os.urandom(KEY_BYTES)).decode()}\n")
    if not path.exists():
        raise MasterKeyError("the master key file does not exist")

    def read() -> dict[str, bytes]:
        return _parsed(path.read_text(encoding="ascii").strip())

    return MasterKeys(read(), read)
