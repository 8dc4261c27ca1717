"""HTTP by hand: what no well-behaved client would send can be sent, and an answer is read to its last byte."""

import json
import socket
import struct


class Lost(Exception):
    """The connection ended before the answer did."""


class Reply:
    """A whole answer."""

    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def closes(self):
        return self.fields.get("connection", "").lower() == "close"

    @property
    def detections(self):
        """The text of the detections, bit for bit as it was sent."""
        return self.body[self.body.index(b'"detections"') : self.body.index(b',"timing_ms"')]


def request(method="POST", target="/detect", fields=(), body=None, host="x", length=None):
    """A request's bytes. `fields` are lines, or pairs; text becomes Latin-1."""
    lines = [_bytes(method) + b" " + _bytes(target) + b" HTTP/1.1"]
    if host is not None:
        lines.append(b"Host: " + _bytes(host))
    for field in fields:
        lines.append(_bytes(field if isinstance(field, (str, bytes)) else ": ".join(field)))
    if length is None and body is not None:
        length = len(body)
    if length is not None:
        lines.append(b"Content-Length: %d" % length)
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")


def chunked(body, size=4096):
    """A body in chunks."""
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def ask(port, data, ends=False, seconds=30, tls=None):
    """Sends bytes on a connection of their own; the answer to them. `ends`: then ends our side."""
    with Connection(port, seconds, tls) as connection:
        connection.send(data)
        if ends:
            connection.socket.shutdown(socket.SHUT_WR)
        return connection.read(has_body=not data.startswith(b"HEAD "))


class Connection:
    """A connection that is kept; under TLS, where an SSLContext says how."""

    def __init__(self, port, seconds=30, tls=None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """Sends what the server takes: it may refuse before it has read all."""
        try:
            self.socket.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def read(self, has_body=True):
        """The next answer; `100 Continue` is passed over."""
        while True:
            while b"\r\n\r\n" not in self.rest:
                self._more()
            head, _, self.rest = self.rest.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            status = int(first.split()[1])
            if status != 100:
                break
        fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        length = int(fields.get("content-length", 0)) if has_body else 0
        while len(self.rest) < length:
            self._more()
        body, self.rest = self.rest[:length], self.rest[length:]
        return Reply(status, fields, body)

    def reset(self):
        """Leaves without a word: what is on its way is lost."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def is_ended(self):
        """Whether the server ends its side, with nothing more to say."""
        try:
            return not self.rest and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def _more(self):
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionResetError as error:
            raise Lost("reset") from error
        if not data:
            raise Lost(f"ended after {len(self.rest)} bytes of an answer")
        self.rest += data


def _bytes(text):
    return text if isinstance(text, bytes) else text.encode("latin-1")
