"""Certificates that sign themselves, made by openssl while a test runs."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest


def certificate(folder: Path, *names: str) -> tuple[Path, ssl.SSLContext]:
    """Return a certificate's file and a server's context with it.

    Args:
        names: for whom it is, like ``DNS:hooks.example.org`` or ``IP:127.0.0.1``.
    """
    if shutil.which("openssl") is None:
        pytest.skip("There is no openssl to make a certificate with.")
    file, key = folder / "cert.pem", folder / "key.pem"
    made = (
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
        *("-nodes", "-days", "2", "-subj", "/CN=test", "-keyout", str(key), "-out", str(file)),
        *("-addext", f"subjectAltName={','.join(names)}"),
    )
    subprocess.run(made, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key)
    return file, context
