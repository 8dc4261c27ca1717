"""What clients of a day send, right and wrong, small."""

import base64
import gzip
import json

import crowd
import wire

FORM = [("Content-Type", "multipart/form-data; boundary=7f3a")]


def requests(binary):
    """[(name, bytes, status)]: small pictures in every format and body, pages, and errors."""
    made = []
    pictures = crowd.make_pictures(binary)
    for key, request in crowd.make_requests(pictures).items():
        made.append((" ".join(map(str, key)), request, 200))
    small = pictures[(97, 211), "jpeg"]
    text = json.dumps({"image": base64.b64encode(small).decode(), "conf": 0.1}).encode()
    json_type = ("Content-Type", "application/json")
    made += [
        ("annotated", wire.request(fields=["Accept: image/jpeg"], body=small), 200),
        ("gzip", wire.request(fields=[json_type, "Content-Encoding: gzip"], body=gzip.compress(text)), 200),
        ("gzip back", wire.request("GET", "/openapi.yaml", ["Accept-Encoding: gzip"]), 200),
        ("no picture", wire.request(body=b"GIF89a no more"), 415),
        ("a picture cut off", wire.request(body=small[:-40]), 422),
        ("an empty body", wire.request(body=b""), 400),
        ("a form of nothing", wire.request(fields=FORM, body=b"--7f3a--\r\n"), 400),
        ("half a JSON", wire.request(fields=[json_type], body=text[:100]), 400),
        ("a bad option", wire.request(target="/detect?conf=7", body=small), 400),
        ("nowhere", wire.request("GET", "/nothing"), 404),
        ("the wrong way", wire.request("GET", "/detect"), 405),
    ]
    pages = [
        ("health", wire.request("GET", "/healthz"), 200), ("readiness", wire.request("GET", "/readyz"), 200),
        ("version", wire.request("HEAD", "/version"), 200), ("figures", wire.request("GET", "/metrics"), 200),
    ]
    return made + 6 * pages
