"""What else a curious stranger sends: some of it is right, though odd; none of it is a crash, and nothing is a 500."""

import base64
import json
import zlib

import pictures
import wire
from server import Server, expect

CRLF = "\r\n"


def run(binary):
    scene = pictures.SCENE.read_bytes()
    with Server(binary) as server:
        number = 0
        for part in (heads, queries, members, encodings, forms, shapes):
            for name, request, status, *code in part(scene):
                reply = server.ask(request)
                told = f"{name}: {reply.status} {reply.body[:400]}"
                expect(reply.status == status, f"{status} is expected; {told}")
                if code:
                    expect(reply.json["code"] == code[0], f"{code[0]} is expected; {told}")
                number += 1
            server.check_alive(scene, part.__name__)
        print(f"  {number} odd requests")
        upright(server)
        print(f"  at most {server.memory_peak()} MB")


def heads(scene):
    """Methods, targets, versions, fields (RFC 9110, 9112)."""

    def get(target="/healthz", *fields, **how):
        return wire.request("GET", target, fields, **how)

    def post(*fields, **how):
        return wire.request(fields=fields, body=scene, **how)

    yield "a method in small letters", wire.request("post", body=scene), 405
    yield "a method of no one", wire.request("BREW", "/version"), 405
    yield "a method that is none", wire.request("GE(T", "/"), 400
    yield "a method too long", wire.request("G" * 40, "/"), 501
    yield "CONNECT", wire.request("CONNECT", "x:80"), 501, "method_unsupported"
    yield "OPTIONS of all", wire.request("OPTIONS", "*"), 204
    yield "OPTIONS of one", wire.request("OPTIONS"), 204
    yield "HEAD", wire.request("HEAD", "/version"), 200
    yield "HEAD of nothing", wire.request("HEAD", "/nothing"), 404
    yield "GET with a body", wire.request("GET", "/healthz", body=b"x"), 413, "body_too_large"
    yield "an asterisk", get("*"), 400
    yield "a whole URI", get("http://somewhere:1/healthz?a=b"), 200
    yield "a URI of another scheme", get("ftp://x/healthz"), 400
    yield "a slash behind", wire.request(target="/detect/", body=scene), 404, "not_found"
    yield "a slash more", get("//healthz"), 404
    yield "dots", get("/a/../healthz"), 404
    yield "a zero byte, escaped", get("/healthz%00"), 404
    yield "an escape without need", get("/%68ealth%7a"), 200
    yield "a broken escape", get("/%zz"), 400
    yield "letters beyond ASCII", get("/ü".encode()), 400
    yield "a fragment", get("/healthz#top"), 400
    yield "a target of 9000 bytes", get("/" + "x" * 9000), 414, "uri_too_long"
    yield "no host", get(host=None), 400
    yield "two hosts", get("/healthz", "Host: y"), 400
    yield "a host with a blank", get(host="a b"), 400
    yield "101 fields", get("/healthz", *["A: b"] * 101), 431, "header_too_large"
    yield "a field of 17 KB", get("/healthz", "A: " + "b" * 17000), 431
    yield "a folded field", get("/healthz", "A: b\r\n c"), 400
    yield "a blank before the colon", get("/healthz", "A : b"), 400
    yield "a zero byte in a field", get("/healthz", "A: \0"), 400
    yield "a lone CR", get("/healthz", "A: b\rc"), 400
    yield "lines that end in LF", b"GET /healthz HTTP/1.1\nHost: x\n\n", 400
    yield "HTTP/0.9", b"GET /healthz\r\n\r\n", 400
    yield "HTTP/1.0", b"GET /healthz HTTP/1.0\r\n\r\n", 200
    yield "HTTP/1.9", b"GET /healthz HTTP/1.9\r\nHost: x\r\n\r\n", 200
    yield "HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505
    yield "TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400
    yield "a wish to upgrade", get("/healthz", "Connection: Upgrade", "Upgrade: h2c"), 200
    yield "a range", post("Range: bytes=0-9"), 200
    yield "Expect: 100-continue", post("Expect: 100-continue"), 200
    yield "another expectation", post("Expect: wonders"), 417, "expectation_failed"
    yield "both lengths", post("Transfer-Encoding: chunked"), 400
    yield "two lengths", post("Content-Length: 5"), 400
    yield "a negative length", wire.request(fields=["Content-Length: -5"]), 400
    yield "a length of 30 digits", wire.request(fields=["Content-Length: " + "9" * 30]), 413
    yield "a length of both kinds", post(f"Content-Length: {len(scene)}"), 200
    yield "chunks in gzip", wire.request(fields=["Transfer-Encoding: gzip, chunked"]), 501
    chunks = wire.request(fields=["Transfer-Encoding: chunked"])
    yield "chunks", chunks + wire.chunked(scene, 1000), 200
    yield "a chunk of 2^63", chunks + b"7fffffffffffffff\r\n", 400
    yield "a chunk of no size", chunks + b"\r\n", 400
    yield "no chunk", chunks + b"0\r\n\r\n", 400, "empty_body"
    for accept in ("image/jpeg", "image/*", "text/html", ";;,,", "image/jpeg;q=x"):
        yield f"Accept: {accept}", post(f"Accept: {accept}"), 200
    yield "an empty type", post("Content-Type:"), 415, "unsupported_media_type"
    yield "a type in capitals", post("Content-Type: IMAGE/X-ANYTHING; q=1"), 200


def queries(scene):
    """Options as text."""
    for query in (
        "conf=nan", "conf=inf", "conf=-0.1", "conf=1e999", "conf=0x1p-2", "conf=0.3%00", "conf=0,5",
        "conf=%200.5", "conf=", "conf", "conf=%D9%A3", "iou=1.0000001", "max_det=1001", "max_det=5.0",
        "max_det=%2B0x5", "max_det=99999999999999999999", "agnostic=TRUE", "agnostic", "classes=",
        "classes=,", "classes=qr,,", "conf=.3&conf=.4", "conf=.3;iou=.5",
    ):
        yield query, wire.request(target=f"/detect?{query}", body=scene), 400, "invalid_option"
    for query in ("Conf=.3", "=", "a=1&" * 1500, "conf%00=1"):
        yield query[:9], wire.request(target=f"/detect?{query}", body=scene), 400, "unknown_option"
    for query in ("classes=QR", "classes=-1", "classes=6", "classes=%E2%80%AE%1B", "classes=1e0"):
        yield query, wire.request(target=f"/detect?{query}", body=scene), 400, "unknown_class"
    for query in ("conf=%zz", "conf=%ff", "conf=%"):
        yield query, wire.request(target=f"/detect?{query}", body=scene), 400, "request_malformed"
    for query in ("conf=-0", "conf=1e-400", "conf=.3", "%63onf=0.9", "&&&", "classes=1,qr,%20qr%20"):
        yield query, wire.request(target=f"/detect?{query}", body=scene), 200


def members(scene):
    """JSON (RFC 8259)."""
    image = base64.b64encode(scene).decode()

    def post(text):
        body = text if isinstance(text, bytes) else text.encode()
        return wire.request(fields=["Content-Type: application/json"], body=body)

    def beside(text):
        return post(f'{{"image":"{image}",{text}}}')

    yield "a number of 10^999", beside('"conf":1e999'), 400, "invalid_option"
    yield "a number of 10^-999", beside('"conf":1e-999'), 200
    yield "a whole number with a point", beside('"max_det":5.0'), 200
    yield "minus infinity", beside('"max_det":-1e999'), 400, "invalid_option"
    for text in ("NaN", "01", ".5", "5.", "+1", "1e", "0." + "3" * 100, "'x'", "tru", ""):
        yield text[:9], beside(f'"conf":{text}'), 400, "malformed_json"
    for text in ("true", "null", "{}", "[0.5]"):
        yield f"conf: {text}", beside(f'"conf":{text}'), 400, "invalid_option"
    for text in ("[]", "[1.5]", "[1e30]", "[[1]]", "[null]", '["\udcff"]', f'["{"x" * 5000}"]'):
        body = f'{{"image":"{image}","classes":{text}}}'.encode("utf-8", "surrogateescape")
        yield f"classes: {text[:9]}", post(body), 400, "invalid_option"
    accents = '"classes":["a' + "\u0301" * 2000 + '"]'
    yield "a letter of 2000 accents", beside(accents), 400, "unknown_class"
    for text in (r"\ud800", r"\udc00", r"\ud83dx", r"\u00g0", r"\x", "\n"):
        yield f"the text {text!r}", beside(f'"classes":["{text}"]'), 400, "malformed_json"
    yield "a pair of surrogates", beside(r'"classes":["\ud83d\ude00"]'), 400, "unknown_class"
    yield "a name in escapes", post(rf'{{"\u0069mage":"{image}"}}'), 200
    yield "a name twice", beside(rf'"\u0069mage":"{image}"'), 400, "malformed_json"
    yield "100,000 lists in each other", beside('"classes":' + "[" * 100_000), 400, "malformed_json"
    yield "100,000 objects in each other", post('{"image":' * 100_000), 400, "malformed_json"
    yield "20,000 numbers", beside('"classes":[' + "1," * 20_000 + "1]"), 400, "malformed_json"
    yield "something behind", post(f'{{"image":"{image}"}}x'), 400, "malformed_json"
    yield "UTF-16", post(f'{{"image":"{image}"}}'.encode("utf-16")), 400, "malformed_json"
    for text in ('"x"', "1", "[]", "null"):
        yield f"only {text}", post(text), 400, "malformed_json"
    for text in ("null", "1", '["x"]', "{}"):
        yield f"image: {text}", post(f'{{"image":{text}}}'), 400, "invalid_field"
    for text in ("", "  ", "data:image/png;base64,"):
        yield f"image: {text!r}", post(json.dumps({"image": text})), 400, "empty_image"


def encodings(scene):
    """Base64 as clients write it (RFC 4648, 2397)."""
    plain = base64.b64encode(scene).decode()

    def image(text):
        body = json.dumps({"image": text}).encode()
        return wire.request(fields=["Content-Type: application/json"], body=body)

    lines = CRLF.join(plain[at : at + 76] for at in range(0, len(plain), 76))
    for name, text in (
        ("in lines", lines), ("URL-safe", base64.urlsafe_b64encode(scene).decode()),
        ("unpadded", plain.rstrip("=")), ("a data URI", "data:image/png;base64," + plain),
        ("a URI with parameters", "DATA:image/png;charset=utf-8;base64," + plain),
    ):
        yield name, image(text), 200
    for name, text in (
        ("padding alone", "===="), ("padding too early", "A==="), ("padding within", "QUI=QUJD"),
        ("too much of it", "QUI=="), ("percent", "QU%3D"), ("one letter", "Q"), ("beyond ASCII", "Qü=="),
    ):
        yield name, image(text), 400, "malformed_base64"
    yield "a data URI without base64", image("data:image/png,abc"), 400, "malformed_data_uri"
    yield "data: alone", image("data:"), 400, "malformed_data_uri"
    yield "base64 of base64", image(base64.b64encode(plain.encode()).decode()), 415
    yield "half of it", image(plain[: len(plain) // 8 * 4]), 422, "truncated_image"


def forms(scene):
    """multipart/form-data (RFC 7578, 2046)."""

    def part(name, content, more='; filename="a.png"', fields=""):
        head = f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n{fields}\r\n'
        return head.encode("latin-1") + content + b"\r\n"

    def form(*parts, end=b"--b--\r\n", boundary="boundary=b"):
        type = "multipart/form-data; " + boundary
        return wire.request(fields=[("Content-Type", type)], body=b"".join(parts) + end)

    image = part("image", scene)
    malformed = 400, "multipart_malformed"
    yield "a quoted boundary", form(image, boundary='Boundary="b"'), 200
    yield "a preamble and an epilogue", form(b"hello\r\n--bb\r\n", image, end=b"--b--\r\nbye"), 200
    yield "no end", form(image, end=b""), *malformed
    yield "no boundary", form(image, boundary=""), *malformed
    yield "an empty boundary", form(image, boundary='boundary=""'), *malformed
    yield "two boundaries", form(image, boundary="boundary=b; boundary=c"), *malformed
    yield "a boundary of 71 letters", form(image, boundary="boundary=" + "b" * 71), *malformed
    yield "another boundary", form(image, boundary="boundary=c"), *malformed
    yield "nothing in it", form(), 400, "missing_image"
    yield "no disposition", form(b"--b\r\nX: y\r\n\r\nz\r\n"), *malformed
    yield "two names", form(part("image", scene, '; name="conf"')), *malformed
    yield "a part in base64", form(
        part("image", base64.b64encode(scene), fields="Content-Transfer-Encoding: base64\r\n")
    ), *malformed
    yield "a part header of 5 KB", form(part("image", scene, fields=f"X: {'y' * 5000}\r\n")), *malformed
    yield "the boundary in the picture", form(
        part("image", scene[:500] + b"\r\n--b\r\n" + scene[500:])
    ), *malformed
    inner = b"--c\r\nContent-Type: image/png\r\n\r\n" + scene + b"\r\n--c--"
    yield "a form in a form", form(
        part("image", inner, fields="Content-Type: multipart/mixed; boundary=c\r\n")
    ), 415, "unsupported_image"
    yield "base64 as text", form(part("image", base64.b64encode(scene), "")), 415
    yield "a name in capitals", form(part("Image", scene)), 400, "unknown_field"
    yield "an option twice", form(part("conf", b".3", ""), part("conf", b".4", ""), image), 400
    yield "an option with a line end", form(part("conf", b".3\r\n", ""), image), 400, "invalid_option"
    yield "an option with a zero byte", form(part("conf", b".3\0", ""), image), 400, "invalid_option"
    yield "an option of 5000 bytes", form(part("conf", b"0" * 5000, ""), image), 400, "invalid_option"
    yield "an option as a file", form(part("conf", b".3"), image), 200
    yield "17 pictures", form(*[image] * 17), 413, "too_many_images"
    yield "200 options", form(*[part("conf", b".3", "")] * 200), *malformed
    yield "one bad picture of two", form(image, part("image", b"GIF89a")), 415, "unsupported_image"
    evil = '; filename="../../etc/passwd%0d%0aX: y"'
    yield "a file name of an enemy", form(part("image", b"x", evil), image), 415, "unsupported_image"


def shapes(scene):
    """Pictures that are strange, but pictures."""

    def post(body, *fields):
        return wire.request(target="/detect?conf=0.001&max_det=5", fields=fields, body=body)

    def text(kind, size):
        return pictures.chunk(kind, b"a\0\0" + zlib.compress(bytes(size)))

    drawn = "Accept: image/jpeg"
    flat = pictures.flat_png
    yield "1 x 1", post(flat(1, 1)), 200
    yield "1 x 1, drawn on", post(flat(1, 1), drawn), 200
    yield "1 x 65535", post(flat(1, 65535)), 200
    yield "65535 x 1", post(flat(65535, 1)), 200
    yield "65500 x 1, drawn on", post(flat(65500, 1), drawn), 200
    yield "65501 x 1, drawn on", post(flat(65501, 1), drawn), 406, "not_acceptable"
    yield "1 x 3,000,000", post(flat(1, 3_000_000, 8, 0)), 200
    yield "60,000,000 x 1", post(flat(60_000_000, 1, 1, 0)), 200
    yield "16 bits and alpha", post(flat(50, 50, 16, 6)), 200
    yield "a text of 50 MB in a chunk", post(flat(9, 9, before=text(b"zTXt", 50_000_000))), 200
    yield "a profile of 50 MB in a chunk", post(flat(9, 9, before=text(b"iCCP", 50_000_000))), 200
    yield "20,000 chunks", post(flat(9, 9, before=pictures.chunk(b"tEXt", b"a\0b") * 20_000)), 200
    rows = [b"\0" + bytes(150)] * 90
    yield "more rows than said", post(pictures.png(50, 50, rows)), 200
    yield "fewer rows than said", post(pictures.png(50, 50, rows[:20])), 422
    yield "a row filter of no kind", post(pictures.png(50, 50, [b"\7" + bytes(150)] * 50)), 422
    for name, width, height in (("no width", 0, 5), ("no height", 5, 0), ("2^32", 2**32 - 1, 5)):
        yield name, post(pictures.png_header(width, height)), 422, "corrupt_image"
    yield "2^62 pixels", post(pictures.png_header(2**31 - 1, 2**31 - 1)), 413, "too_many_pixels"
    jpeg = pictures.jpeg_header
    yield "a JPEG without tables", post(jpeg(90, 90)), 422, "corrupt_image"
    yield "a JPEG of no height", post(jpeg(90, 0)), 422, "corrupt_image"
    yield "a JPEG of 12 bits", post(jpeg(90, 90, precision=12)), 415, "unsupported_image"
    yield "a JPEG without loss", post(jpeg(90, 90, marker=0xC3)), 415, "unsupported_image"
    yield "a JPEG of two colours", post(jpeg(90, 90, components=2)), 415, "unsupported_image"
    yield "a canvas without picture", post(pictures.webp_header(99, 99)), 422
    yield "a WebP of 2^48 pixels", post(pictures.webp_header(2**24, 2**24)), 413, "too_many_pixels"
    for path in sorted(pictures.GOLDENS.glob("*.*")):
        if path.suffix != ".rgb":
            yield path.name, post(path.read_bytes()), 200


def upright(server):
    """All eight orientations of three formats, and four inks: the size is that of the upright picture."""
    for kind, suffix in (("jpeg", "jpg"), ("png", "png"), ("webp", "webp")):
        sizes = []
        for orientation in range(1, 9):
            path = pictures.GOLDENS / f"{kind}-orientation-{orientation}.{suffix}"
            reply = server.ask(wire.request(body=path.read_bytes())).json
            sizes.append((reply["image"]["width"], reply["image"]["height"]))
        lying, standing = sizes[0], sizes[0][::-1]
        expect(sizes == [lying] * 4 + [standing] * 4, f"{kind}: {sizes}")
