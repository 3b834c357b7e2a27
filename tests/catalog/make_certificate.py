"""Writes a key and a certificate for 127.0.0.1 that is its own authority: KEY_FILE CERT_FILE."""

import datetime as dt
import ipaddress
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DAY = dt.timedelta(days=1)


def main() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    key_file, certificate_file = map(Path, sys.argv[1:])
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    certificate = certificate_for(key)
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def certificate_for(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "upstream")])
    now = dt.datetime.now(dt.UTC)
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    usage = {"digital_signature": True, "key_cert_sign": True, "crl_sign": True}
    others = "content_commitment key_encipherment data_encipherment key_agreement encipher_only"
    unused = dict.fromkeys([*others.split(), "decipher_only"], False)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage, **unused), critical=True)
        .add_extension(own, critical=False)
        .sign(key, hashes.SHA256())
    )


if __name__ == "__main__":
    main()
