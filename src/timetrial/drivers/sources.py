"""Addresses of this machine that a load generator connects from."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from ipaddress import ip_address

from timetrial.model import BadInput


def check_sources(sources: Iterable[str], ip: str) -> None:
    """Raise BadInput for what is no address of this machine, or cannot reach `ip`."""
    for source in sources:
        try:
            address = ip_address(source)
        except ValueError as error:
            raise BadInput(f"--source {source!r} is no IP address") from error
        if address.version != ip_address(ip).version:
            raise BadInput(f"--source {source} cannot reach {ip}: one is IPv4, the other IPv6")
        family = {4: socket.AF_INET, 6: socket.AF_INET6}[address.version]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            try:
                probe.bind((source, 0))
            except OSError as error:
                raise BadInput(f"--source {source} is no address of this machine") from error
