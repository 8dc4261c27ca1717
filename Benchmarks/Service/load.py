"""Load on a server: requests sent when they are due, whether or not others were answered (an open loop).

A request's time runs from when it was due, so that a server that stalls cannot hide it by holding the client up.
One thread, epoll, keep-alive connections: some 0.1 ms of processor a request, for it shares the machine.
"""

import collections
import selectors
import socket
import time

Answer = collections.namedtuple("Answer", "status seconds timing")


class Load:
    def __init__(self, port, bodies, fields=()):
        self.port = port
        head = "POST /detect HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n"
        head += "".join(field + "\r\n" for field in fields)
        self.requests = [
            f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body for body in bodies
        ]
        self.selector = selectors.DefaultSelector()
        self.free, self.answers, self.lost, self.open = [], [], 0, 0

    def open_loop(self, moments):
        """Sends a request at each moment (seconds from now); the answers, when all are there."""
        start = time.perf_counter()
        for number, moment in enumerate(moments):
            while (left := start + moment - time.perf_counter()) > 0:
                self.turn(left)
            self.send(number, start + moment)
            self.turn(0)
        return self.rest(60)

    def closed_loop(self, connections, seconds):
        """So many connections, each with the next request as soon as the last is answered."""
        start = time.perf_counter()
        number = 0
        while (now := time.perf_counter()) < start + seconds:
            while self.open < connections:
                self.send(number, now)
                number += 1
            self.turn(0.1)
        done = len(self.answers)
        self.rest(60)
        return self.answers[:done]

    def rest(self, seconds):
        until = time.perf_counter() + seconds
        while self.open and time.perf_counter() < until:
            self.turn(0.1)
        self.lost += self.open
        return self.answers

    def send(self, number, due):
        if self.free:
            connection = self.free.pop()
        else:
            connection = Connection(self.port)
            self.selector.register(connection.socket, selectors.EVENT_READ, connection)
        self.open += 1
        connection.begin(self.requests[number % len(self.requests)], due)
        self.watch(connection)

    def watch(self, connection):
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.left else 0)
        self.selector.modify(connection.socket, events, connection)

    def turn(self, seconds):
        for key, events in self.selector.select(seconds):
            connection = key.data
            if events & selectors.EVENT_WRITE:
                connection.write()
                self.watch(connection)
            if events & selectors.EVENT_READ:
                self.read(connection)

    def read(self, connection):
        was_busy, answer = connection.due is not None, connection.read()
        if answer:
            self.answers.append(answer)
            self.open -= 1
        if connection.is_over:
            if was_busy and not answer:
                self.open -= 1
                self.lost += 1
            self.selector.unregister(connection.socket)
            connection.socket.close()
            if connection in self.free:
                self.free.remove(connection)
        elif answer:
            self.watch(connection)
            self.free.append(connection)


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.left, self.answer, self.due, self.is_over = b"", b"", None, False

    def begin(self, request, due):
        self.left, self.answer, self.due = memoryview(request), b"", due
        self.write()

    def write(self):
        try:
            self.left = self.left[self.socket.send(self.left) :]
        except BlockingIOError:
            pass
        except OSError:
            self.left = b""  # an early answer may still be there to read

    def read(self):
        """The answer, once it is whole."""
        try:
            data = self.socket.recv(65536)
        except BlockingIOError:
            return None
        except OSError:
            data = b""
        if not data:
            self.is_over = True
            return None
        self.answer += data
        head, end, body = self.answer.partition(b"\r\n\r\n")
        if not end or self.due is None:
            return None
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        if len(body) < int(fields[b"content-length"]):
            return None
        seconds, self.due = time.perf_counter() - self.due, None
        self.is_over = fields.get(b"connection") == b"close"
        timing = dict(
            (name, float(value) / 1000)
            for name, _, value in (
                part.strip().partition(";dur=")
                for part in fields.get(b"server-timing", b"").decode().split(",")
            )
            if value
        )
        return Answer(int(head.split(b" ", 2)[1]), seconds, timing)
