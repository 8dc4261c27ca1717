"""Clients on threads of their own, whose failures are the check's."""

import threading

import wire
from server import Failure, expect


class Clients:
    """`with Clients(server, count, live):` runs live(number) for each; leaving waits for all, none of which may fail.

    `stopped` is set on leaving: those that go on until then look at it. `words` say where, in a failure.
    """

    def __init__(self, server, count, live, words=""):
        self.server, self.words = server, words
        self.failures, self.stopped = [], threading.Event()
        self.threads = [threading.Thread(target=self._guard, args=(live, number)) for number in range(count)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, kind, error, trace):
        self.stopped.set()
        for thread in self.threads:
            thread.join()
        if not kind:
            expect(
                not self.failures,
                f"{self.words}{len(self.failures)} clients failed: {self.failures[:2]} {self.server.tail()}")

    def _guard(self, live, number):
        try:
            live(number)
        except (Failure, wire.Lost, OSError) as error:
            self.failures.append(repr(error))


def run(server, count, live):
    """Runs live(number) for each of `count`, and waits for all of them."""
    with Clients(server, count, live):
        pass
