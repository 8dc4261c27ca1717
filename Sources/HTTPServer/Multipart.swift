/// One part of a `multipart/form-data` body (RFC 7578).
package struct Part: Sendable, Equatable {
    /// The form field's name.
    package let name: String
    /// The file's name as the client gave it; it may hold anything, a path too.
    ///
    /// Not for opening files.
    package let filename: String?
    /// The part's `Content-Type`, if it says one.
    package let contentType: String?
    /// Where the content lies in the body.
    package let content: Range<Int>
}

/// Finds the parts of a form, copying nothing.
package enum Multipart {
    /// The parts, in order.
    ///
    /// Text before the first and behind the last boundary is skipped.
    ///
    /// - Parameters:
    ///   - body: the form.
    ///   - contentType: the request's, with its `boundary` (RFC 2046 §5.1.1).
    ///   - partsMax: more parts are refused.
    ///   - limits: those of parts are used.
    /// - Returns: where the parts lie.
    /// - Throws: 400 `multipart_malformed`, with what was wrong.
    /// - Complexity: linear in the body; most bytes of a picture are skipped unread.
    package static func parts(
        of body: Span<UInt8>, contentType: String, partsMax: Int, limits: Limits = Limits()
    ) throws(Refusal) -> [Part] {
        let search = DelimiterSearch(boundary: try boundary(of: contentType, limits: limits))
        guard var delimiter = search.next(in: body, from: 0) else {
            // RFC 2046 §5.1.1
            throw .multipart("The boundary that Content-Type names does not occur in the body.")
        }
        var parts: [Part] = []
        while !delimiter.isFinal {
            // RFC 2046 §5.1.1: the last part is closed by '--boundary--'.
            guard let end = search.next(in: body, from: delimiter.range.upperBound) else {
                throw .multipart("The form has no final boundary: it was cut off on its way.")
            }
            guard parts.count < partsMax else {
                throw .multipart("The form has too many parts: at most \(partsMax) are accepted.")
            }
            parts.append(
                try part(
                    in: body, delimiter.range.upperBound..<end.range.lowerBound, limits: limits))
            delimiter = end
        }
        return parts
    }

    /// RFC 2046 §5.1.1: 1 to 70 characters of a small set, the last one not a space.
    private static func boundary(
        of contentType: String, limits: Limits
    ) throws(Refusal) -> [UInt8] {
        let value = ParameterizedValue(Array(contentType.utf8).span)
        guard let value, value.value.isSameWord("multipart/form-data") else {
            throw .multipart("Content-Type is not 'multipart/form-data; boundary=…'.")
        }
        guard let boundary = try value["boundary"]?.utf8, let last = boundary.last else {
            throw .multipart("Content-Type names no boundary.")
        }
        guard boundary.count <= limits.boundaryBytesMax, last != .space,
            boundary.allSatisfy(isBoundaryByte)
        else {
            throw .multipart(
                "The boundary is longer than \(limits.boundaryBytesMax) characters or holds "
                    + "one that RFC 2046 does not allow.")
        }
        return Array(boundary)
    }

    private static func isBoundaryByte(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || "'()+_,-./:=? ".utf8.contains(byte)
    }

    /// Header lines, an empty one, the content.
    private static func part(
        in body: Span<UInt8>, _ range: Range<Int>, limits: Limits
    ) throws(Refusal) -> Part {
        var fields = Fields()
        var lineStart = range.lowerBound
        while true {
            let headerEnd = min(range.upperBound, range.lowerBound + limits.partHeaderBytesMax)
            guard let end = body.first(.lineFeed, in: lineStart..<headerEnd) else {
                throw .multipart(
                    "The header of a part does not end within \(limits.partHeaderBytesMax) bytes.")
            }
            // RFC 2046 §5.1: lines of a part's header end in CR LF.
            guard end > lineStart, body[end - 1] == .carriageReturn else {
                throw .multipart("A header line of a part ends in a bare LF: CR LF is expected.")
            }
            let line = body.extracting(lineStart..<end - 1)
            lineStart = end + 1
            if line.isEmpty { break }
            do throws(Refusal) {
                let field = try FieldLine.parse(line)
                fields.add(field.name, field.value)
            } catch {
                throw .multipart("In the header of a part: \(error.detail)")
            }
        }
        let disposition = try disposition(fields)
        return Part(
            name: disposition.name, filename: disposition.filename,
            contentType: fields["Content-Type"], content: lineStart..<range.upperBound)
    }

    private static func disposition(
        _ fields: Fields
    ) throws(Refusal) -> (name: String, filename: String?) {
        // RFC 7578 §4.2: each part says 'form-data' and its name.
        let value = fields["Content-Disposition"].flatMap {
            ParameterizedValue(Array($0.utf8).span)
        }
        guard let value, value.value.isSameWord("form-data"), let name = try value["name"] else {
            throw .multipart(
                "A part has no 'Content-Disposition: form-data; name=\"…\"' in its header.")
        }
        // RFC 7578 §4.7: deprecated; read as is, encoded content would be taken for a picture.
        let encoding = fields["Content-Transfer-Encoding"] ?? "binary"
        guard ["binary", "8bit", "7bit"].contains(where: encoding.isSameWord) else {
            throw .multipart("A part has a Content-Transfer-Encoding: send its bytes as they are.")
        }
        return (unescaped(name), try value["filename"].map(unescaped))
    }

    /// RFC 7578 §4.2 and the HTML standard: browsers send `"`, CR and LF as `%22`, `%0D`, `%0A`, and
    /// leave every other `%` as it is.
    private static func unescaped(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let escape = bytes[index..<min(index + 3, bytes.count)].map(\.lowercased)
            switch escape {
            case [0x25, 0x32, 0x32]: result.append(UInt8(ascii: "\""))
            case [0x25, 0x30, 0x64]: result.append(.carriageReturn)
            case [0x25, 0x30, 0x61]: result.append(.lineFeed)
            default:
                result.append(bytes[index])
                index -= 2
            }
            index += 3
        }
        return String(decoding: result, as: UTF8.self)
    }
}
