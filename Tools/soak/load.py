"""Everything at once, for a while."""

import random
import threading
import time

import clients
import mix
from server import Server, expect

CLIENTS = 16


def run(binary, size):
    with Server(binary, "--max-client-connections", "0") as server:
        requests = mix.requests(binary)
        until, counts = time.monotonic() + size.seconds, {}
        lock = threading.Lock()

        def client(number):
            noise = random.Random(number)
            while time.monotonic() < until:
                with server.connect() as connection:
                    for _ in range(noise.randrange(1, 20)):
                        name, request, status = noise.choice(requests)
                        connection.send(request)
                        if noise.random() < 0.02:  # and is gone
                            connection.reset()
                            break
                        reply = connection.read(has_body=not request.startswith(b"HEAD "))
                        expect(reply.status in (status, 503), f"{name}: {reply.status} {reply.body[:300]}")
                        with lock:
                            counts[reply.status] = counts.get(reply.status, 0) + 1
                        if reply.closes:
                            break

        clients.run(server, CLIENTS, client)
        expect(counts.get(200), f"nobody was answered: {counts}")
    print(f"  {CLIENTS} clients for {size.seconds} s: {dict(sorted(counts.items(), key=str))}", flush=True)
