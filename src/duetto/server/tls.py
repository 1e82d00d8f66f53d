"""HTTPS on a machine of one's own: a certificate authority made on first start, and a certificate that it vouches for.

Some stock clients demand TLS. They are told to trust this authority (`client_lines`); nothing else needs to.
Profile after RFC 5280: P-256, SHA-256, the authority may sign certificates of servers only one step below it.
"""

from __future__ import annotations

import fcntl
import os
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from duetto.server.keys import write_private

AUTHORITY_LIVES: Final = timedelta(days=3650)
LEAF_LIVES: Final = timedelta(days=397)
RENEW_BEFORE: Final = timedelta(days=30)
SKEW: Final = timedelta(hours=1)
"""Certificates count from a little earlier: clocks differ."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files, in PEM. authority: to be trusted by clients. chain, key: of the server."""

    authority: Path
    chain: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """For a server: TLS 1.2 and later."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.chain, self.key)
        context.set_alpn_protocols(["http/1.1"])
        return context

    def client_lines(self) -> list[str]:
        """What a client's environment needs, so that it trusts this server."""
        return [f"SSL_CERT_FILE={self.authority}", f"NODE_EXTRA_CA_CERTS={self.authority}"]


def state_folder() -> Path:
    """Where the server keeps what outlives it, as the XDG base directory specification has it."""
    home = os.environ.get("XDG_STATE_HOME", "")
    return (Path(home) if home.startswith("/") else Path.home() / ".local" / "state") / "duetto"


def own_names() -> list[str]:
    """The names that a certificate of this machine has."""
    names = ["localhost", "127.0.0.1", "::1"]
    host = socket.gethostname().rstrip(".").lower()
    if host and host not in names:
        names.append(host)
    return names


def certificate(folder: Path, names: Sequence[str], now: datetime) -> Certificate:
    """The certificate in a folder, for these host names and addresses; made or renewed where need be.

    Renewed when it ends within 30 days, or lacks one of the names; the authority only when it ends itself, for
    clients would have to trust it anew. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    files = Certificate(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    lock = os.open(folder / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)  # servers that start at once share one authority
        authority, key = _authority(folder, now)
        if not _good(files, authority, names, now):
            _make_leaf(files, authority, key, names, now)
    finally:
        os.close(lock)
    return files


# --- the authority --------------------------------------------------------------------------------------------


def _authority(folder: Path, now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    path, key_path = folder / "ca.pem", folder / "ca.key"
    found = _load(path, key_path)
    if found is not None and found[0].not_valid_after_utc - now > RENEW_BEFORE:
        return found
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"duetto on {socket.gethostname()}"[:64])])
    made = (
        _builder(name, name, key.public_key(), now, AUTHORITY_LIVES)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    write_private(key_path, _private_pem(key))
    write_private(path, made.public_bytes(serialization.Encoding.PEM), 0o644)
    return made, key


# --- the server's own -----------------------------------------------------------------------------------------


def _make_leaf(
    files: Certificate,
    authority: x509.Certificate,
    signer: ec.EllipticCurvePrivateKey,
    names: Sequence[str],
    now: datetime,
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    lives = min(LEAF_LIVES, authority.not_valid_after_utc - now)
    made = (
        _builder(subject, authority.subject, key.public_key(), now, lives)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    write_private(files.key, _private_pem(key))
    write_private(files.chain, made.public_bytes(pem) + authority.public_bytes(pem), 0o644)


def _good(files: Certificate, authority: x509.Certificate, names: Sequence[str], now: datetime) -> bool:
    found = _load(files.chain, files.key)
    if found is None:
        return False
    leaf = found[0]
    try:
        leaf.verify_directly_issued_by(authority)
        held = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except Exception:  # another authority's, another key's, or damaged: it is made anew
        return False
    lacks = {_general(name) for name in names} - set(held)
    return not lacks and leaf.not_valid_after_utc - now > RENEW_BEFORE


# --- pieces ---------------------------------------------------------------------------------------------------


def _load(path: Path, key_path: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None:
    """A certificate with its key; None where they are not there, cannot be read or do not belong together."""
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
        key = serialization.load_pem_private_key(key_path.read_bytes(), None)
    except (OSError, ValueError):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != found.public_key():
        return None
    key_path.chmod(0o600)
    return found, key


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, lives: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + lives)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
