"""Sealed boxes: anyone who has the public key can close one, only the holder of the private key can open it.

X25519 with an ephemeral key, HKDF-SHA256, AES-256-GCM; the box is base64 of a version byte, the ephemeral public key
and the ciphertext.
"""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = b"\x01"
KEY_BYTES = 32
HEAD_BYTES = len(VERSION) + KEY_BYTES
# Every box has an AES key of its own, so that one nonce serves them all.
NONCE = bytes(12)


class SealError(Exception):
    """The box is damaged, of another version, or was closed to another key."""


def new_key_pair() -> tuple[bytes, bytes]:
    """A fresh (private, public) pair of raw X25519 keys, 32 bytes each."""
    private = X25519PrivateKey.generate()
    return private.private_bytes_raw(), private.public_key().public_bytes_raw()


def seal(public_key: bytes, plaintext: bytes) -> str:
    """Close a box to a raw X25519 public key; the same plaintext never looks the same twice."""
    ephemeral = X25519PrivateKey.generate()
    sender = ephemeral.public_key().public_bytes_raw()
    shared_secret = ephemeral.exchange(X25519PublicKey.from_public_bytes(public_key))
    box = _cipher(shared_secret, sender, public_key).encrypt(NONCE, plaintext, VERSION)
    return b64encode(VERSION + sender + box).decode("ascii")


def open_sealed(private_key: bytes, sealed: str) -> bytes:
    """What is in a box; raises SealError where the key is another or the box was changed."""
    private = X25519PrivateKey.from_private_bytes(private_key)
    try:
        raw = b64decode(sealed, validate=True)
        if raw[:1] != VERSION:
            raise SealError("unknown version")
        sender, box = raw[1:HEAD_BYTES], raw[HEAD_BYTES:]
        shared_secret = private.exchange(X25519PublicKey.from_public_bytes(sender))
        recipient = private.public_key().public_bytes_raw()
        return _cipher(shared_secret, sender, recipient).decrypt(NONCE, box, VERSION)
    except (NotBase64, ValueError, InvalidTag) as error:
        raise SealError("damaged, or closed to another key") from error


def _cipher(shared_secret: bytes, sender: bytes, recipient: bytes) -> AESGCM:
    derived = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=sender + recipient, info=b"sealed box 1")
    return AESGCM(derived.derive(shared_secret))
