"""Certificates for a trial, made by openssl."""

import pathlib
import ssl
import subprocess
import tempfile


class Authority:
    """A self-signed certificate of localhost and its key, in one file, which can be replaced by another one."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = str(pathlib.Path(self.folder.name, "server.pem"))
        self.renew()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def renew(self):
        """Another certificate in the same place, as one should: whole, then renamed. Its bytes, as clients see them."""
        fresh = pathlib.Path(self.folder.name, "fresh.pem")
        made = subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", "-", "-out", "-"],
            check=True, capture_output=True)
        fresh.write_bytes(made.stdout)
        fresh.replace(self.path)
        certificate = made.stdout.decode()
        begin = certificate.index("-----BEGIN CERTIFICATE")
        return ssl.PEM_cert_to_DER_cert(certificate[begin:])

    def clients(self):
        """How clients speak TLS: whoever answers is believed, for certificates change under them."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
