"""Why TLS refused a server, and what helps, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping

from timetrial.drivers.driver import TlsReason, TlsRefusal

_SKIP = "--insecure skips the check"
_SENTENCES: Mapping[TlsReason, str] = {
    "self-signed": (
        "the server's certificate is self-signed, and not among those that are trusted: name it "
        f"by --ca FILE; {_SKIP}"
    ),
    "unknown-authority": (
        "no trusted authority has signed the server's certificate: name the authority's by "
        f"--ca FILE; {_SKIP}"
    ),
    "no-names": (
        "the server's certificate has no names (subjectAltName; a common name no longer counts): "
        f"make one that has; {_SKIP}"
    ),
    "other-name": (
        "the server's certificate is for {detail}, not for the host of this URL: load one of these "
        f"names; {_SKIP}"
    ),
    "expired": f"the server's certificate has expired; {_SKIP}",
    "not-yet-valid": f"the server's certificate is not valid yet: compare the clocks; {_SKIP}",
    "certificate": f"the server's certificate is refused ({{detail}}); {_SKIP}",
    "not-tls": "the server does not speak TLS on this port: try http://",
    "no-protocol": "the server speaks none of the protocols that it was offered (ALPN)",
    "alert": "the server refused the connection by the TLS alert {detail}",
    "other": "TLS failed: {detail}",
}


def tls_refused(refusal: TlsRefusal) -> str:
    """Say why the server was refused, and what helps."""
    return _SENTENCES[refusal.reason].format(detail=refusal.detail)
