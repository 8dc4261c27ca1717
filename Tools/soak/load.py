"""Everything at once, for a while."""

import random
import threading
import time

import mix
import wire
from server import Failure, Server, expect

CLIENTS = 16


def run(binary, size):
    with Server(binary, "--max-client-connections", "0") as server:
        requests = mix.requests(binary)
        until, counts, failures = time.monotonic() + size.seconds, {}, []
        lock = threading.Lock()

        def client(number):
            noise = random.Random(number)
            try:
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
            except (Failure, wire.Lost, OSError) as error:
                failures.append(repr(error))

        threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        expect(not failures, f"{len(failures)} clients failed: {failures[:2]} {server.tail()}")
        expect(counts.get(200), f"nobody was answered: {counts}")
    print(f"  {CLIENTS} clients for {size.seconds} s: {dict(sorted(counts.items(), key=str))}", flush=True)
