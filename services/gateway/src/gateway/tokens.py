"""Access tokens: JWTs of the operator's issuer, or of the embedded development issuer."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import httpx
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import KeySet, OKPKey

from gateway import parties
from gateway.parties import Caller
from gateway.problems import Refusal
from shared.clock import utc_now

log = structlog.get_logger(__name__)

ALGORITHMS = ["Ed25519", "ES256", "RS256", "PS256"]
DEVELOPMENT_ISSUER = "urn:khamdoan:development"
LIFETIME_SECONDS = 12 * 3600
REMEMBERED = 4_096
REFETCH_SECONDS = 60.0
LEEWAY_SECONDS = 30


class DevelopmentIssuer:
    """Signs tokens for anybody who knows the secret; its key follows from the secret, so every process has the same."""

    def __init__(self, secret: str) -> None:
        seed = HKDF(SHA256(), 32, salt=None, info=b"khamdoan development issuer").derive(secret.encode())
        private = Ed25519PrivateKey.from_private_bytes(seed)
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self._key = OKPKey.import_key(pem, {"kid": "development", "alg": "Ed25519", "use": "sig"})

    @property
    def jwks(self) -> dict[str, Any]:
        """The public half, as a JWK set."""
        return {"keys": [self._key.as_dict(private=False)]}

    def issue(self, claims: dict[str, str], *, audience: str, now: int) -> str:
        """A signed token for half a day."""
        full = {**claims, "iss": DEVELOPMENT_ISSUER, "aud": audience, "iat": now, "exp": now + LIFETIME_SECONDS}
        return jwt.encode({"alg": "Ed25519", "kid": "development"}, full, self._key, algorithms=ALGORITHMS)


@dataclass
class Tokens:
    """Checks tokens against the keys of one issuer; remembers those it has seen until they expire."""

    issuer: str
    audience: str
    keys: KeySet
    pseudonym_key: bytes
    jwks_url: str | None = None
    _seen: OrderedDict[str, tuple[Caller, int]] = field(default_factory=OrderedDict)
    _fetched: float = float("-inf")
    _fetching: asyncio.Lock = field(default_factory=asyncio.Lock)

    def party_of(self, authorization: str) -> str:
        """The party whose checked token a header carries; empty where it carries none that was."""
        known = self._known(authorization.partition(" ")[2], int(utc_now().timestamp()))
        return known.party if known else ""

    def _known(self, token: str, now: int) -> Caller | None:
        caller, until = self._seen.get(token, (None, 0))
        return caller if now < until else None

    async def check(self, token: str, *, now: int) -> Caller:
        """The caller that a token stands for; raises Refusal 401 or 403."""
        known = self._known(token, now)
        if known is not None:
            return known
        try:
            claims = self._verify(token, now)
        except KeyUnknown:
            await self._fetch_keys()
            claims = self._verify(token, now)
        caller = parties.caller(
            str(claims.get("party_class", "")),
            str(claims.get("party_id", "")),
            str(claims.get("role", "")),
            str(claims["sub"]),
            pseudonym_key=self.pseudonym_key,
        )
        self._seen[token] = caller, int(claims["exp"])
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return caller

    def _verify(self, token: str, now: int) -> dict[str, Any]:
        registry = jwt.JWTClaimsRegistry(
            now=now,
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.audience},
            sub={"essential": True},
            exp={"essential": True},
        )
        try:
            decoded = jwt.decode(token, self.keys, algorithms=ALGORITHMS)
            registry.validate(decoded.claims)
        except ExpiredTokenError as error:
            raise Refusal("token.expired") from error
        except (JoseError, ValueError) as error:
            if self.jwks_url and self._may_fetch():
                raise KeyUnknown("token.invalid") from error
            raise Refusal("token.invalid") from error
        return decoded.claims

    def _may_fetch(self) -> bool:
        return monotonic() - self._fetched > REFETCH_SECONDS

    async def _fetch_keys(self) -> None:
        """The issuer may have rotated its keys; asked at most once a minute."""
        async with self._fetching:
            if not self._may_fetch():
                return
            self._fetched = monotonic()
            try:
                async with httpx.AsyncClient(timeout=5) as client:
                    answer = await client.get(str(self.jwks_url))
                    answer.raise_for_status()
                    self.keys = KeySet.import_key_set(answer.json())
            except (httpx.HTTPError, ValueError, JoseError) as error:
                log.warning("issuer's keys could not be fetched", error=type(error).__name__)


class KeyUnknown(Refusal):
    """The signature fits no key at hand; the issuer may have newer ones."""
