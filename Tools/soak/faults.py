"""What clients do to each other's server: each fault beside well-behaved neighbours."""

import random
import resource
import select
import socket
import time

import neighbours
import pictures
import refusals
import wire
from certificates import Authority
from server import Server, expect

# Short, so that a fault is over soon; the neighbours ask more often than that.
TIMES = [
    "--header-seconds", "1", "--body-seconds", "2", "--write-seconds", "2", "--idle-seconds", "4",
    "--max-client-connections", "0",
]


def run(binary, size):
    many = 30 if size.small else 300
    with Server(binary, *TIMES) as server:
        suffer(server, many, (
            disconnects, half_closed, slowloris, slow_bodies, slow_readers, aborted_pipelines, garbage, idle,
        ))
    with Server(binary, "--body-seconds", "60", "--max-client-connections", "0") as server:
        suffer(server, many, (dripping_bodies,))
    with Authority() as authority:
        options = ["--tls-cert", authority.path, "--tls-key", authority.path, "--tls-handshake-seconds", "1"]
        with Server(binary, *TIMES, *options, tls=authority.clients()) as server:
            suffer(server, many, (garbage_for_tls, stalled_handshakes, disconnects))


def suffer(server, many, faults):
    with neighbours.Neighbours(server, "nobody"):
        time.sleep(0.5)  # every thread and cache has its memory
    memory = server.memory()
    for fault in faults:
        name = fault.__name__.replace("_", " ")
        with neighbours.Neighbours(server, name) as others:
            told = fault(server, many)
        grown = neighbours.check_idle(server, name, memory)
        print(
            f"  {name}: {told}; {others.answers} answers beside, {1000 * others.slowest:.0f} ms at most,"
            f" {grown:+.0f} MB", flush=True)
    print(f"  {memory:.0f} MB at the start, at most {server.memory_peak()} MB")


def disconnects(server, many):
    """In the head, in the body, while they wait; by an end and by a reset."""
    whole = wire.request(body=pictures.SCENE.read_bytes())
    cuts = (1, 20, len(whole) // 2, len(whole) - 1, len(whole))
    for turn in range(many):
        for cut in cuts:
            connection = server.connect()
            connection.send(whole[:cut])
            if turn % 2:
                connection.reset()
            connection.socket.close()
    return f"{many * len(cuts)} clients"


def half_closed(server, many):
    """They have said all, end their side, and wait: that is their right."""
    whole = wire.request(body=pictures.SCENE.read_bytes())
    for _ in range(many):
        reply = server.ask(whole, ends=True)
        expect(reply.status == 200, f"{reply.status} for a client that only ended its side")
    return f"{many} answered"


def slowloris(server, many):
    """Heads that drip, a byte at a time: 408, and the end, soon behind the second they have."""
    clients = [server.connect() for _ in range(many)]
    begun = time.monotonic()
    statuses = drip(clients, wire.request("GET", "/healthz", [("X", "y" * 1000)]), seconds=4)
    expect(statuses == [408] * many, f"slow heads: {statuses[:5]} …")
    return f"{many} told 408 within {time.monotonic() - begun:.1f} s"


def slow_bodies(server, many):
    clients = [server.connect() for _ in range(many)]
    for client in clients:
        client.send(wire.request(length=100_000))
    begun = time.monotonic()
    statuses = drip(clients, bytes(100_000), seconds=6)
    expect(statuses == [408] * many, f"slow bodies: {statuses[:5]} …")
    return f"{many} told 408 within {time.monotonic() - begun:.1f} s"


def dripping_bodies(server, many):
    """They have a minute, but drip: told so once the leisure of ten seconds is over, by the least rate."""
    clients = [server.connect() for _ in range(many)]
    for client in clients:
        client.send(wire.request(length=100_000))
    begun = time.monotonic()
    statuses = drip(clients, bytes(100_000), seconds=15)
    seconds = time.monotonic() - begun
    expect(statuses == [408] * many, f"dripping bodies: {statuses[:5]} …")
    expect(seconds > 9, f"dripping bodies are refused after {seconds:.1f} s already")
    return f"{many} told 408 within {seconds:.1f} s"


def drip(clients, data, seconds):
    """Sends each a byte at a time until it is answered; the statuses."""
    left, statuses, at = {client.socket: client for client in clients}, [], 0
    until = time.monotonic() + seconds
    while left and time.monotonic() < until:
        for client in left.values():
            client.send(data[at : at + 1])
        at += 1
        for answered in select.select(list(left), [], [], 0.1)[0]:
            client = left.pop(answered)
            statuses.append(client.read().status)
            client.socket.close()
    expect(not left, f"{len(left)} clients still drip after {seconds} s")
    return statuses


def slow_readers(server, many):
    """They ask for more than the kernel holds, and do not read it: dropped, with an answer cut short."""
    asked = wire.request("GET", "/openapi.yaml") * 400
    clients = []
    for _ in range(many // 3):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(30)
        client.connect(("127.0.0.1", server.port))
        client.sendall(asked)
        clients.append(client)
    until = time.monotonic() + 20
    while server.metrics()["dynadetect_connections"] > 2 * neighbours.COUNT + 1:
        expect(time.monotonic() < until, "who does not read keeps the connection")
        time.sleep(0.2)
    for client in clients:
        client.close()
    return f"{len(clients)} dropped"


def aborted_pipelines(server, many):
    """Twenty requests at once, and gone before the first answer, or in the middle of them."""
    whole = wire.request(body=pictures.SCENE.read_bytes()) * 20
    for turn in range(many // 3):
        connection = server.connect()
        connection.send(whole)
        if turn % 2:
            expect(connection.read().status == 200, "the first of a pipeline is not answered")
        connection.reset()
    return f"{many // 3} pipelines of 20"


def garbage(server, many):
    return refusals.garbage(server, 10 * many)


def idle(server, many):
    """A thousand who say nothing, and are let go when their time is over."""
    count = 1000
    need = resource.getrlimit(resource.RLIMIT_NOFILE)
    if need[0] < count + 100:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count + 100, need[1]), need[1]))
    before = server.memory()
    clients = [server.connect() for _ in range(count)]
    open_now = server.metrics()["dynadetect_connections"]
    expect(open_now >= count, f"{open_now} connections of {count} are open")
    each = (server.memory() - before) * 1024 / count
    for client in clients:
        expect(client.is_ended(), "an idle connection is not let go")
        client.socket.close()
    return f"{count} connections, {each:.1f} KB each, let go on time"


def garbage_for_tls(server, many):
    """Noise, a hello cut short, plain HTTP, records that lie."""
    noise = random.Random(5)
    hello = bytes.fromhex("16030100c4010000c00303") + noise.randbytes(32)
    for turn in range(10 * many):
        data = (
            noise.randbytes(noise.randrange(1, 600)), hello + noise.randbytes(turn % 160),
            b"\x16\x03\x01\x40\x01" + bytes(300), b"\x17\x03\x03\xff\xff" + bytes(20),
        )[turn % 4]
        with wire.Connection(server.port) as connection:
            connection.send(data)
            connection.socket.shutdown(socket.SHUT_WR)
            connection.is_ended()
    reply = wire.ask(server.port, wire.request("GET", "/healthz"))
    expect(reply.status == 400, f"{reply.status} for plain HTTP on the port of HTTPS")
    return f"{10 * many} pieces"


def stalled_handshakes(server, many):
    """They begin TLS and go no further: dropped when a second is over."""
    clients = [wire.Connection(server.port) for _ in range(many)]
    for number, client in enumerate(clients):
        client.send(bytes.fromhex("16030100c40100")[: number % 8])
    begun = time.monotonic()
    for client in clients:
        expect(client.is_ended(), "a stalled handshake is not dropped")
        client.socket.close()
    seconds = time.monotonic() - begun
    expect(seconds < 4, f"stalled handshakes are held for {seconds:.1f} s")
    return f"{many} dropped within {seconds:.1f} s"
