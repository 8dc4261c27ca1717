import Dispatch
import FoundationEssentials
import Glibc
import HTTPServer

@testable import DetectionService

/// A request as a client writes it.
struct TestRequest: Sendable {
    var method = "POST"
    var path = "/detect"
    var query: [(name: String, value: String)] = []
    var fields: [(name: String, value: String)] = []
    var body: [UInt8] = []

    static func get(_ path: String, method: String = "GET") -> TestRequest {
        TestRequest(method: method, path: path)
    }

    static func picture(
        _ body: [UInt8], type: String? = "application/octet-stream",
        query: [(name: String, value: String)] = [], fields: [(name: String, value: String)] = []
    ) -> TestRequest {
        let types = type.map { [(name: "Content-Type", value: $0)] } ?? []
        return TestRequest(query: query, fields: types + fields, body: body)
    }

    static func json(_ text: String) -> TestRequest {
        .picture(Array(text.utf8), type: "application/json")
    }

    /// A JSON request with a picture in base64, and more members behind it.
    static func json(_ picture: [UInt8], _ rest: String = "", prefix: String = "") -> TestRequest {
        .json("{\"image\":\"\(prefix)\(Data(picture).base64EncodedString())\"\(rest)}")
    }

    /// A form of fields; those with a file name are files.
    static func form(
        _ parts: [(name: String, file: String?, content: [UInt8])],
        fields: [(name: String, value: String)] = []
    ) -> TestRequest {
        var body: [UInt8] = []
        for part in parts {
            let file = part.file.map { "; filename=\"\($0)\"" } ?? ""
            body += Array(
                "--XYZ\r\nContent-Disposition: form-data; name=\"\(part.name)\"\(file)\r\n\r\n".utf8
            )
            body += part.content + Array("\r\n".utf8)
        }
        body += Array("--XYZ--\r\n".utf8)
        return .picture(body, type: "multipart/form-data; boundary=XYZ", fields: fields)
    }

    var head: RequestHead {
        var all = Fields()
        for field in fields { all.add(field.name, field.value) }
        return RequestHead(
            method: method, path: path,
            query: query.map { RequestHead.QueryItem(name: $0.name, value: $0.value) }, fields: all)
    }
}

/// An answer as a client reads it.
struct TestResponse: Sendable {
    var status: Int
    var fields: Fields
    var body: [UInt8]

    init(_ response: Response) {
        status = response.status
        fields = response.fields
        body = response.body
    }

    var text: String { String(decoding: body, as: UTF8.self) }

    func json<Content: Decodable>(as type: Content.Type = Content.self) throws -> Content {
        try JSONDecoder().decode(type, from: Data(body))
    }

    /// The `code` of a problem.
    var code: String? { try? json(as: [String: AnyText].self)["code"]?.text }
    var detail: String { (try? json(as: [String: AnyText].self)["detail"]?.text) ?? "" }
}

/// A member that is a text, or something else.
struct AnyText: Decodable {
    let text: String?
    init(from decoder: any Decoder) throws {
        text = try? decoder.singleValueContainer().decode(String.self)
    }
}

extension TestRequest {
    /// Over a connection of its own.
    func send(to port: UInt16) async throws -> TestResponse {
        let bytes = wire
        let answer: [UInt8] = await withCheckedContinuation { continuation in
            DispatchQueue(label: "client").async {
                continuation.resume(returning: Self.exchange(bytes, port: port))
            }
        }
        return try TestResponse(wire: answer)
    }

    private var wire: [UInt8] {
        let pairs = query.map { "\(Self.escaped($0.name))=\(Self.escaped($0.value))" }
        let target = path + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
        var head = "\(method) \(target) HTTP/1.1\r\nHost: test\r\nConnection: close\r\n"
        for field in fields { head += "\(field.name): \(field.value)\r\n" }
        if method == "POST" { head += "Content-Length: \(body.count)\r\n" }
        return Array((head + "\r\n").utf8) + body
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let digits = String(byte, radix: 16)
            return "%" + (digits.count == 1 ? "0" : "") + digits
        }.joined()
    }

    /// Writes all, then reads until the server closes.
    private static func exchange(_ bytes: [UInt8], port: UInt16) -> [UInt8] {
        let connection = HeldConnection(to: port)
        guard connection.isOpen else { return [] }
        let descriptor = connection.descriptor
        defer { withExtendedLifetime(connection) {} }
        var rest = bytes[...]
        while !rest.isEmpty {
            // The buffer lives for the call, which reads at most its count.
            let sent = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { break }  // the server may have answered and closed already
            rest = rest.dropFirst(sent)
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            // Writes at most the buffer's count.
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
            }
            guard count > 0 else { return answer }
            answer += buffer[..<count]
        }
    }
}

/// A connection to a port of this machine, until it goes.
final class HeldConnection: Sendable {
    let descriptor: Int32
    let isOpen: Bool

    init(to port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        // An IPv4 address is a socket address; the call reads it and keeps nothing.
        isOpen = unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}

extension TestResponse {
    struct Malformed: Error {
        let bytes: [UInt8]
    }

    init(wire: [UInt8]) throws {
        let end = Array("\r\n\r\n".utf8)
        guard let split = wire.indices.first(where: { wire[$0...].starts(with: end) }) else {
            throw Malformed(bytes: wire)
        }
        let lines = String(decoding: wire[..<split], as: UTF8.self).split(separator: "\r\n")
        guard let first = lines.first?.split(separator: " "), first.count > 1,
            let status = Int(first[1])
        else { throw Malformed(bytes: wire) }
        var fields = Fields()
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            fields.add(String(parts[0]), parts.count > 1 ? parts[1].trimmed : "")
        }
        self.init(
            Response(status: status, fields: fields, body: Array(wire[(split + 4)...])))
    }
}
