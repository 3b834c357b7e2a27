"""What a load generator believes of a server that speaks TLS."""

from __future__ import annotations

from pathlib import Path

from timetrial.drivers.driver import Tls
from timetrial.model.address import Address
from timetrial.model.errors import BadInput


def tls_for(address: Address, authorities: Path | None, *, insecure: bool) -> Tls | None:
    """Decide which authorities have to vouch for an https:// URL's server; None for http://.

    `authorities` is a file of certificates in PEM. Raises BadInput.
    """
    if not address.encrypted:
        if authorities is not None or insecure:
            raise BadInput("--ca and --insecure are for https:// URLs")
        return None
    try:
        trusted = None if authorities is None else authorities.read_bytes()
    except OSError as error:
        raise BadInput(f"--ca {authorities} cannot be read: {error.strerror}") from error
    return Tls(address.name, trusted, insecure)
