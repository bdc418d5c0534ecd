"""What the registry is told by its environment, beside what every service is told."""

from pathlib import Path

from pydantic import Field

from registry import master_keys
from registry.master_keys import MasterKeyError, MasterKeys
from shared.settings import Settings as KernelSettings


class Settings(KernelSettings):
    """Environment variables of the same names."""

    vault_database_url: str = Field("", repr=False)
    """A database of its own for the keys; without it they lie in a schema of the service's database."""
    khamdoan_master_key: str = Field("", repr=False)
    """`id:base64[,id:base64…]`, the current one first."""
    khamdoan_master_key_file: Path | None = None
    """The same in a file; in development a missing file is made."""
    registry_identity_token: str = Field(min_length=16, repr=False)
    """What the gateway, which is given the same, proves itself with on the identity port."""
    identity_port: int = 0

    @property
    def key_store_url(self) -> str:
        """Where the vault's keys lie."""
        return self.vault_database_url or self.database_url

    def master_keys(self) -> MasterKeys:
        """The master keys; production refuses to start without one."""
        if self.khamdoan_master_key:
            return master_keys.parse(self.khamdoan_master_key)
        if self.khamdoan_master_key_file is None:
            raise MasterKeyError("set KHAMDOAN_MASTER_KEY or KHAMDOAN_MASTER_KEY_FILE")
        return master_keys.from_file(self.khamdoan_master_key_file, create=self.khamdoan_environment != "production")
