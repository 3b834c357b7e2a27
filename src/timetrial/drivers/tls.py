"""How a load generator checks the certificate of a server."""

from __future__ import annotations

from pathlib import Path

from timetrial.drivers.driver import Tls
from timetrial.model import Address, BadInput


def tls_for(
    address: Address, authorities: Path | None, *, insecure: bool, resumes: bool = False
) -> Tls | None:
    """Return how the server of an https:// URL is checked; None for http://.

    `authorities` is a file of trusted certificates in PEM. Raises BadInput.
    """
    if not address.encrypted:
        if authorities is not None or insecure:
            raise BadInput("--ca and --insecure are for https:// URLs")
        if resumes:
            raise BadInput("--resume-tls is for https:// and wss:// URLs")
        return None
    try:
        trusted = None if authorities is None else authorities.read_bytes()
    except OSError as error:
        raise BadInput(f"--ca {authorities} cannot be read: {error.strerror}") from error
    return Tls(address.name, trusted, insecure, resumes)
