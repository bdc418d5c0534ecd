"""What only this service may read: identity fields sealed per person, and the store of the keys that seal them."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from registry import intake_keys, subject_keys
from registry.blind_index import BlindIndex
from registry.master_keys import KEY_BYTES, NONCE_BYTES, MasterKeys
from shared.database import Database, Transaction

MIGRATIONS = Path(__file__).parents[2] / "migrations" / "vault"
INDEX_KEY, BLOCKING_KEY = "blind-index", "blocking"

LOCK_INDEX_KEYS = "SELECT pg_advisory_xact_lock(7403, 2)"
GET_INDEX_KEY = "SELECT master_key_id, wrapped FROM vault.index_keys WHERE name = $1"
STORE_INDEX_KEY = """
INSERT INTO vault.index_keys (name, master_key_id, wrapped) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET master_key_id = excluded.master_key_id, wrapped = excluded.wrapped
"""


Keys = dict[UUID, AESGCM]
"""The keys of people, ready for use: what is known of somebody is several boxes."""


@dataclass(frozen=True, slots=True)
class Vault:
    """The key store, with the master keys that open it and the blind index that looks things up."""

    database: Database
    masters: MasterKeys
    index: BlindIndex

    async def new_keys(self, worker_ids: Sequence[UUID]) -> Keys:
        """Keys for new people, committed at once: a key without a person is harmless, a person without a key is not."""
        if not worker_ids:
            return {}
        async with self.database.transaction() as tx:
            return _ciphers(await subject_keys.create(tx, self.masters, worker_ids))

    async def keys(self, worker_ids: Sequence[UUID]) -> Keys:
        """The keys of people; who was erased has none."""
        if not worker_ids:
            return {}
        async with self.database.transaction() as tx:
            return _ciphers(await subject_keys.get(tx, self.masters, worker_ids))

    async def intake_keys(self, key_ids: Sequence[str]) -> dict[str, bytes]:
        """The private intake keys that still exist, by id."""
        async with self.database.transaction() as tx:
            return await intake_keys.private_keys(tx, self.masters, key_ids)


async def open_vault(url: str, masters: MasterKeys) -> Vault:
    """Connect to the key store, bring its schema up to date, and fetch or make the key of the blind indexes."""
    database = Database(url, max_connections=4)
    await database.open()
    await database.migrate("vault", MIGRATIONS)
    async with database.transaction() as tx:
        index = BlindIndex(await _index_key(tx, masters, INDEX_KEY), await _index_key(tx, masters, BLOCKING_KEY))
    return Vault(database, masters, index)


async def rewrap(vault: Vault) -> int:
    """Wrap every key with the current master key, so that older ones can be thrown away; returns how many changed."""
    async with vault.database.transaction() as tx:
        changed = await intake_keys.rewrap(tx, vault.masters)
        for name in (INDEX_KEY, BLOCKING_KEY):
            key = await _index_key(tx, vault.masters, name)
            await tx.execute(STORE_INDEX_KEY, name, vault.masters.current, vault.masters.wrap(key, name.encode()))
            changed += 1
    while True:
        async with vault.database.transaction() as tx:
            some = await subject_keys.rewrap(tx, vault.masters)
        if not some:
            return changed
        changed += some


def close_box(key: AESGCM, worker_id: UUID, plaintext: bytes) -> bytes:
    """AES-GCM under a person's key, bound to the person."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + key.encrypt(nonce, plaintext, worker_id.bytes)


def open_box(key: AESGCM, worker_id: UUID, sealed: bytes) -> bytes:
    """What `close_box` closed; raises InvalidTag where the key or the person is another."""
    return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], worker_id.bytes)


def _ciphers(keys: Mapping[UUID, bytes]) -> Keys:
    return {worker_id: AESGCM(key) for worker_id, key in keys.items()}


async def _index_key(tx: Transaction, masters: MasterKeys, name: str) -> bytes:
    await tx.execute(LOCK_INDEX_KEYS)
    row = await tx.fetchrow(GET_INDEX_KEY, name)
    if row is not None:
        return masters.unwrap(row["master_key_id"], row["wrapped"], name.encode())
    key = os.urandom(KEY_BYTES)
    await tx.execute(STORE_INDEX_KEY, name, masters.current, masters.wrap(key, name.encode()))
    return key
