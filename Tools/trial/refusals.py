"""Bad input against a live server: the status, the code and the words of each answer, and the server lives on."""

import base64
import json
import random
import socket
import time

import pictures
import wire
from server import Failure, Server, expect

JPEG = (pictures.GOLDENS / "jpeg-420.jpg").read_bytes()
WEBP = (pictures.GOLDENS / "webp-lossy.webp").read_bytes()


def run(binary):
    scene = pictures.SCENE.read_bytes()
    with Server(binary) as server:
        table = list(requests(scene))
        for name, request, status, code, words in table:
            check(name, server.ask(request), status, code, words)
            server.check_alive(scene, name)
        print(f"  {len(table)} bad requests, each with its status, code and words")
        for story in (announced_gigabyte, endless_chunks, garbage):
            print(f"  {story(server)}")
            server.check_alive(scene, story.__name__)
        hang_ups(server, scene)
        print(f"  at most {server.memory_peak()} MB")
    limits = ["--header-seconds", "1", "--body-seconds", "1", "--max-connections", "4"]
    with Server(binary, *limits) as server:
        slow(server)
        too_many(server, 4)
        server.check_alive(scene, "slow and many clients")


def check(name, reply, status, code, words=""):
    """A refusal as problem+json (RFC 9457)."""
    told = f"{name}: {reply.status} {reply.body[:400]}"
    expect(reply.status == status, f"{status} is expected; {told}")
    expect(reply.fields["content-type"] == "application/problem+json", told)
    problem = reply.json
    members = ["type", "title", "status", "detail", "code", "request_id"]
    expect(list(problem) == members and problem["status"] == status, told)
    expect(problem["code"] == code and words in problem["detail"], f"{code}, '{words}'; {told}")
    expect(problem["request_id"] == reply.fields["x-request-id"], told)
    expect(len(reply.body) < 1000, told)


def requests(scene):
    """(name, bytes, status, code, words)"""

    def picture(body, type="image/jpeg"):
        return wire.request(fields=[("Content-Type", type)], body=body)

    def option(query):
        return wire.request(target=f"/detect?{query}", body=scene)

    def form(name, content):
        head = f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="a"\r\n\r\n'
        body = head.encode() + content + b"\r\n--b--\r\n"
        return picture(body, "multipart/form-data; boundary=b")

    def text(value):
        return picture(json.dumps(value).encode(), "application/json")

    yield "an empty body", picture(b""), 400, "empty_body", "should be a picture"
    yield "no body", wire.request(), 400, "empty_body", "should be a picture"
    yield "a wrong field", form("picture", scene), 400, "unknown_field", "'picture'"
    yield "an empty file", form("image", b""), 400, "empty_image", "'image' is empty"
    yield "a form without picture", form("conf", b"0.5"), 400, "missing_image", "'image' is missing"
    yield "a wrong member", text({"img": "x"}), 400, "unknown_field", "'img'"
    yield "JSON cut off", picture(b'{"image":"', "application/json"), 400, "malformed_json", "byte 10"
    yield "no base64", text({"image": "ab?d"}), 400, "malformed_base64", "character at 2"
    yield "base64 cut off", text({"image": "abcde"}), 400, "malformed_base64", "group of four"
    yield "an address", text({"image": "http://a/b.jpg"}), 400, "malformed_base64", "character at 4"

    yield "a bad option", option("conf=high"), 400, "invalid_option", "'conf' should be a number"
    yield "an option beyond", option("iou=1.5"), 400, "invalid_option", "iou is 1.5; it must be a number"
    yield "no detections", option("max_det=0"), 400, "invalid_option", "1 to 1000"
    yield "an unknown option", option("size=640"), 400, "unknown_option", "conf, iou, max_det"
    yield "an unknown class", option("classes=qr,zebra"), 400, "unknown_class", "no class \"zebra\""

    yield "not a picture", picture(b"hello"), 415, "unsupported_image", "not a JPEG, PNG or WebP"
    for name, start in OTHERS.items():
        words = f"is {name}; JPEG, PNG and WebP are accepted"
        yield name, picture(start + bytes(40)), 415, "unsupported_image", words
    for kind, whole in (("PNG", scene), ("JPEG", JPEG), ("WebP", WEBP)):
        for part in (1, 2, 3):
            cut = whole[: len(whole) * part // 4]
            yield f"{part}/4 of a {kind}", picture(cut), 422, "truncated_image", "ends early"
    for kind, header in (
        ("PNG", pictures.png_header), ("JPEG", pictures.jpeg_header), ("WebP", pictures.webp_header),
    ):
        words = "20000 x 10000 pixels; at most"
        yield f"a {kind} of 200 megapixels", picture(header(20000, 10000)), 413, "too_many_pixels", words

    yield "an unknown path", wire.request("GET", "/detects"), 404, "not_found", "POST /detect"
    yield "a wrong method", wire.request("GET"), 405, "method_not_allowed", "use POST, OPTIONS"
    yield "a wrong method elsewhere", wire.request("DELETE", "/readyz"), 405, "method_not_allowed", "GET"
    for type in ("text/plain", "video/mp4", "application/xml", "image"):
        words = "Send a JPEG, PNG or WebP"
        yield type, picture(scene, type), 415, "unsupported_media_type", words
    encoded = wire.request(fields=[("Content-Encoding", "br")], body=scene)
    yield "a body packed in Brotli", encoded, 415, "unsupported_content_encoding", "gzip"
    encoded = wire.request(fields=[("Content-Encoding", "gzip")], body=scene)
    yield "a body packed in nothing", encoded, 400, "malformed_content_encoding", "Content-Encoding"


# What people send in place of a picture that is taken, by its first bytes.
OTHERS = {
    "HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "AVIF": b"\0\0\0\x1cftypavif\0\0\0\0mif1miafavif",
    "GIF": b"GIF89a",
    "BMP": b"BM",
    "TIFF": b"II*\0",
    "JPEG XL": b"\xff\x0a",
    "PDF": b"%PDF-1.7",
    "HTML": b"<!doctype html>",
    "JSON": b'{"image":',
}


def announced_gigabyte(server):
    """413 on the announcement, before a byte of the body, whether it would wait for us or not."""
    for fields in ([], ["Expect: 100-continue"]):
        reply = server.ask(wire.request(fields=fields, length=10**9))
        check("1 GB announced", reply, 413, "body_too_large", "at most 33554432 bytes")
        expect(reply.closes, "the connection stays, though its body was not read")
    wrong = server.ask(wire.request("GET"))
    expect(wrong.fields["allow"] == "POST, OPTIONS", "405 without Allow")
    other = server.ask(wire.request(fields=["Content-Type: text/plain"], body=b"x"))
    expect("image/webp" in other.fields["accept"], "415 without Accept")
    return "413 for a gigabyte on its announcement"


def endless_chunks(server):
    """A body that grows past the limit: the answer comes, though the client would go on for ever."""
    piece = b"40000\r\n" + bytes(1 << 18) + b"\r\n"
    with wire.Connection(server.port) as connection:
        connection.send(wire.request(fields=["Transfer-Encoding: chunked"]))
        sent = 0
        while sent < 300 and connection.send(piece):
            sent += 1
            connection.socket.setblocking(False)
            try:
                connection.rest += connection.socket.recv(1 << 16)
                break
            except BlockingIOError:
                pass
            finally:
                connection.socket.settimeout(30)
        check("endless chunks", connection.read(), 413, "body_too_large", "too large")
        expect(sent <= 300, "nothing stops the chunks")
    return f"413 after {sent * len(piece) >> 20} MB of a body without end"


def garbage(server, rounds=200):
    """Bytes without sense: 400, 4xx or silence, never a crash."""
    noise = random.Random(7)
    good = wire.request(body=JPEG)
    for turn in range(rounds):
        if turn % 2:
            data = noise.randbytes(noise.randrange(1, 2000))
        else:
            changed = bytearray(good)
            for _ in range(noise.randrange(1, 8)):
                changed[noise.randrange(len(changed))] = noise.randrange(256)
            data = bytes(changed)
        try:
            reply = wire.ask(server.port, data, ends=True)
            expect(reply.status in range(200, 506) and reply.status != 500, f"{reply.status}: {data}")
        except wire.Lost:
            pass
    return f"{rounds} pieces of garbage"


def hang_ups(server, scene):
    """Clients that leave: in the head, in the body, while they wait; by an end and by a reset."""
    whole = wire.request(target="/detect?conf=0.001", body=scene)
    count = 0
    for cut in (1, 20, 60, len(whole) // 2, len(whole) - 1, len(whole)):
        for is_reset in (False, True):
            for _ in range(10):
                connection = wire.Connection(server.port)
                connection.send(whole[:cut])
                if is_reset:
                    connection.reset()
                connection.socket.close()
                count += 1
            server.check_alive(scene, f"hang-up after {cut} bytes")
    until = time.monotonic() + 10
    while (left := server.metrics()["dynadetect_queue_waiting"]) and time.monotonic() < until:
        time.sleep(0.01)
    expect(left == 0, "pictures of clients that are gone still wait")
    print(f"  {count} clients hung up")


def slow(server):
    """Bytes that drip: 408 after the second that this server gives."""
    for what, data in (("head", b"GET /hea"), ("body", wire.request(length=100))):
        begun = time.monotonic()
        with wire.Connection(server.port) as connection:
            connection.send(data)
            reply = connection.read()
        seconds = time.monotonic() - begun
        check(f"a slow {what}", reply, 408, "request_timeout", f"The {what} did not come within")
        expect(0.9 < seconds < 3, f"a slow {what} is told so after {seconds:.1f} s")
    print("  slow heads and bodies end after their second")


def too_many(server, most):
    """One client more than there may be is told so."""
    held = [admitted(server) for _ in range(most)]
    reply = server.ask(b"")
    check("one client too many", reply, 503, "too_many_connections", f"All {most} connections")
    expect(reply.fields["retry-after"] == "1", "it is not told when to come back")
    for connection in held:
        connection.socket.close()
    admitted(server).socket.close()
    print(f"  client {most + 1} of {most} is told so")


def admitted(server):
    """A connection that is served, as soon as those who have left made room for it."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        connection = wire.Connection(server.port)
        connection.send(wire.request("GET", "/healthz"))
        if connection.read().status == 200:
            return connection
        connection.socket.close()
    raise Failure("places of clients that are gone stay taken")
