internal import HTTPServer

/// What a request to `/detect` carries: pictures as they were sent, and options beside them.
///
/// Finds the bytes, decodes nothing of a picture. Four ways to send one:
///
/// - the picture itself, as `image/*` or `application/octet-stream`, or with no type at all, or
///   with the type that curl gives to `--data-binary` by itself: its first bytes tell what it is;
/// - `multipart/form-data`: pictures as fields `image` or `file`, options as fields;
/// - `application/json`: an object with `image` (base64 or a `data:` URI) and options.
struct DetectBody {
    var pictures: [SubmittedPicture]
    var options: OptionValues = []

    /// What is accepted, as a refusal's `Accept` field says it (RFC 9110 §15.5.16).
    static let acceptedTypes =
        "image/jpeg, image/png, image/webp, application/octet-stream, multipart/form-data,"
        + " application/json"

    /// The ways to send a picture.
    enum Form: Equatable {
        case picture
        case multipart(contentType: String)
        case json
    }

    /// Tells from the head how the body is to be read, so that a body of no use is not read.
    static func form(of head: RequestHead) throws(ServiceError) -> Form {
        guard let contentType = head.fields["Content-Type"] else { return .picture }
        let type = MediaType(contentType)
        switch (type.kind, type.subtype) {
        case ("application", "octet-stream"), ("application", "x-www-form-urlencoded"):
            return .picture
        case ("image", let subtype) where !subtype.isEmpty: return .picture
        case ("multipart", "form-data"): return .multipart(contentType: contentType)
        case ("application", "json"): return .json
        default: throw .unsupportedType(contentType)
        }
    }

    /// The bytes that a head announces; 0 where it does not say.
    static func announcedBytes(_ head: RequestHead) -> Int {
        head.fields["Content-Length"].flatMap { Int($0) } ?? 0
    }

    /// Bytes that are kept for the pictures beside the body itself: what was decoded from base64.
    func bytesBeside(_ form: Form) -> Int {
        form == .json ? pictures.reduce(0) { $0 + $1.bytes.count } : 0
    }

    /// Finds the pictures and the options.
    static func read(
        _ body: [UInt8], as form: Form, picturesMax: Int
    ) throws(ServiceError) -> DetectBody {
        guard !body.isEmpty else { throw .emptyBody }
        switch form {
        case .picture:
            return DetectBody(pictures: [SubmittedPicture(bytes: PictureBytes(body))])
        case .multipart(let contentType):
            return try readForm(body, contentType: contentType, picturesMax: picturesMax)
        case .json:
            return try readJSON(body)
        }
    }
}

/// A picture of a request.
struct SubmittedPicture {
    /// The file's name, where a form gives one.
    var name: String?
    let bytes: PictureBytes
}

/// `image/jpeg` without its parameters, in lower case (RFC 9110 §8.3.1).
struct MediaType {
    let kind: String
    let subtype: String

    init(_ text: String) {
        let essence = Substring(text.utf8.prefix { $0 != UInt8(ascii: ";") }).trimmed.lowercased()
        let slash = essence.utf8.firstIndex(of: UInt8(ascii: "/")) ?? essence.endIndex
        kind = String(essence[..<slash])
        subtype = String(Substring(essence.utf8[slash...].dropFirst()))
    }
}

extension StringProtocol {
    /// Without the white space of ASCII around it.
    var trimmed: String {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        let bytes = Substring(self).utf8
        guard let first = bytes.firstIndex(where: { !isBlank($0) }),
            let last = bytes.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(Substring(bytes[first...last]))
    }
}

extension DetectBody {
    /// What errors call each picture: nothing special where there is only one.
    var placeNames: [String?] {
        guard pictures.count > 1 else { return [nil] }
        return pictures.enumerated().map { index, picture in
            "picture \(index + 1)" + (picture.name.map { " (\($0.quoted))" } ?? "")
        }
    }
}
