"""What the gateway is told by its environment, beyond what every service is told."""

import hmac
from hashlib import sha256
from json import loads

from joserfc.jwk import KeySet
from pydantic import Field

from gateway.tokens import DEVELOPMENT_ISSUER, DevelopmentIssuer, Tokens
from shared.settings import Settings as KernelSettings

PRODUCTION = "production"


class ConfigurationError(Exception):
    """The environment asks for something that cannot be; one sentence says what."""


class Settings(KernelSettings):
    """Read from environment variables of the same names."""

    gateway_port: int = 8080

    token_issuer: str = ""
    token_audience: str = "khamdoan"  # noqa: S105
    token_jwks: str = ""
    """The issuer's public keys as a JWK set in JSON, where they do not come from a URL."""
    token_jwks_url: str = ""
    pseudonym_key: str = Field("", repr=False)
    """The secret behind the pseudonyms of persons; the same on every instance and for ever."""
    khamdoan_dev_secret: str = Field("", repr=False)
    """Turns the development issuer on: who knows it may have any token. Refused in production."""

    database_patience_seconds: float = 15.0
    """A request that has waited for the database for so long is answered 503; a roster's, four times as long."""
    events_max_bytes: int = 5_000_000
    roster_max_bytes: int = 40_000_000
    bodies_max_bytes: int = 200_000_000
    """Of all requests together that are coming in or being worked on."""
    roster_readers: int = 2
    """How many child processes read roster files."""
    events_per_second: float = 20_000
    events_burst: float = 40_000
    requests_per_second: float = 500
    requests_burst: float = 2_000

    registry_identity_url: str = ""
    """Where registry's identity port listens, e.g. http://registry:8081; only the gateway may speak to it."""
    registry_identity_token: str = Field("", repr=False)
    """What the gateway proves itself with there."""
    identity_days_before: int = 7
    identity_days_after: int = 30

    edge_topics: bool = True
    """Whether parties may post to `edge.in.*` and read `edge.out.*` on Kafka."""

    def check(self) -> None:
        """Raise ConfigurationError where this must not run."""
        if self.khamdoan_environment == PRODUCTION and self.khamdoan_dev_secret:
            raise ConfigurationError("The development issuer must not run in production: unset KHAMDOAN_DEV_SECRET.")
        if not self.khamdoan_dev_secret and not (self.token_issuer and (self.token_jwks or self.token_jwks_url)):
            raise ConfigurationError(
                "No token issuer: set TOKEN_ISSUER and TOKEN_JWKS_URL (or TOKEN_JWKS), "
                "or KHAMDOAN_DEV_SECRET for a trial."
            )
        if self.khamdoan_environment == PRODUCTION and not self.pseudonym_key:
            raise ConfigurationError("PSEUDONYM_KEY must be set in production, or approvals could not be told apart.")


def development_issuer(settings: Settings) -> DevelopmentIssuer | None:
    """The embedded issuer, where its secret is set."""
    return DevelopmentIssuer(settings.khamdoan_dev_secret) if settings.khamdoan_dev_secret else None


def make_tokens(settings: Settings, development: DevelopmentIssuer | None) -> Tokens:
    """The check of access tokens: against the development issuer if there is one, else the operator's."""
    jwks = development.jwks if development else settings.token_jwks or '{"keys": []}'
    return Tokens(
        issuer=DEVELOPMENT_ISSUER if development else settings.token_issuer,
        audience=settings.token_audience,
        keys=_key_set(jwks),
        pseudonym_key=_pseudonym_key(settings),
        jwks_url=None if development else settings.token_jwks_url or None,
    )


def _key_set(jwks: object) -> KeySet:
    return KeySet.import_key_set(loads(jwks) if isinstance(jwks, str) else jwks)  # type: ignore[arg-type]


def _pseudonym_key(settings: Settings) -> bytes:
    secret = settings.pseudonym_key or settings.khamdoan_dev_secret
    return hmac.new(secret.encode(), b"pseudonyms of persons", sha256).digest()
