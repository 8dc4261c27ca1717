"""Clients on threads of their own, whose failures are the check's."""

import threading

import wire
from server import Failure, expect


def run(server, count, client):
    """Runs client(number) for each of `count`, and waits for all of them."""
    failures = []

    def live(number):
        try:
            client(number)
        except (Failure, wire.Lost, OSError) as error:
            failures.append(repr(error))

    threads = [threading.Thread(target=live, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expect(not failures, f"{len(failures)} clients failed: {failures[:2]} {server.tail()}")
