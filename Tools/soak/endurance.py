"""A day's worth of mixed requests: what the server holds does not grow."""

import random

import clients
import mix
import neighbours
from server import Server, expect

CLIENTS = 4
# Behind so many requests every shape is planned, and every buffer as large as it gets.
WARM = 2000
RANGE_MB = 10


def run(binary, size):
    requests = mix.requests(binary)
    with Server(binary, "--log", "warning") as server:
        ask(server, requests, min(WARM, size.requests), seed=1, watch=lambda: None)
        held = [server.memory()]
        ask(server, requests, size.requests, seed=2, watch=lambda: held.append(server.memory()))
        neighbours.check_idle(server, "endurance", held[0])
        low, high = min(held), max(held)
        print(
            f"  {size.requests} requests: {held[0]:.1f} MB at the start, {low:.1f} to {high:.1f} MB,"
            f" {held[-1]:.1f} MB at the end, at most {server.memory_peak()} MB", flush=True)
        expect(high - low <= RANGE_MB, f"memory moves by {high - low:.1f} MB")


def ask(server, requests, count, seed, watch):
    """Sends `count` requests by a few clients, and looks on after every hundred."""
    def client(number):
        noise = random.Random(f"{seed} {number}")
        left = count // CLIENTS
        while left > 0:
            with server.connect() as connection:
                for _ in range(min(left, 5000)):
                    name, request, status = noise.choice(requests)
                    connection.send(request)
                    reply = connection.read(has_body=not request.startswith(b"HEAD "))
                    expect(reply.status == status, f"{name}: {reply.status} {reply.body[:300]}")
                    left -= 1
                    if number == 0 and left % 25 == 0:
                        watch()
                    if reply.closes:
                        break

    clients.run(server, CLIENTS, client)
