"""Certificates that are made for one run, and go with its folder."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from timetrial import _engine

HTTP1 = "http/1.1"
_OWNER_ALONE = 0o600


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files in PEM: a server's certificate for this machine, its key (PKCS#8), its authority."""

    certificate: Path
    key: Path
    authority: Path


def make_certificates(folder: Path) -> Certificates:
    """Make an authority, and a certificate for localhost, 127.0.0.1 and ::1, in a new folder."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Certificates(folder / "cert.pem", folder / "key.pem", folder / "authority.pem")
    certificate, key, authority = _engine.self_signed()
    made.certificate.write_text(certificate, "ascii")
    made.authority.write_text(authority, "ascii")
    made.key.touch(_OWNER_ALONE)
    made.key.write_text(key, "ascii")
    return made


def trusting(authority: Path) -> ssl.SSLContext:
    """Return the client's side of TLS that trusts this authority alone, and speaks HTTP/1.1."""
    context = ssl.create_default_context(cafile=authority)
    context.set_alpn_protocols([HTTP1])
    return context
