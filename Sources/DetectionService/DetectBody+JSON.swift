extension DetectBody {
    /// An object: `image` is the picture, every other member an option.
    ///
    /// What an object is for is told by its names alone, so that another protocol that posts JSON to the
    /// same path can be told apart here.
    static func readJSON(_ body: [UInt8]) throws(ServiceError) -> DetectBody {
        let document: JSONDocument
        do { document = try JSONDocument(body) } catch { throw .malformedJSON(error) }
        guard case .object(let members) = document.root else { throw .noJSONObject }

        var read = DetectBody(pictures: [])
        for member in members {
            if member.name == "image" {
                guard case .string(let string) = member.value else {
                    throw .fieldType("image", expected: "a string of base64, or a data: URI")
                }
                read.pictures.append(
                    SubmittedPicture(bytes: PictureBytes(try picture(in: string, of: document))))
            } else if OptionReader.names.contains(member.name) {
                read.options.append(
                    (member.name, try option(member.name, member.value, of: document)))
            } else {
                throw .unknownField(member.name)
            }
        }
        guard !read.pictures.isEmpty else { throw .missingPicture(fields: members.map(\.name)) }
        return read
    }

    /// The bytes behind base64, or behind a `data:` URI (RFC 2397) that holds base64.
    private static func picture(
        in string: JSONString, of document: JSONDocument
    ) throws(ServiceError) -> [UInt8] {
        var text = string.hasEscapes ? document.content(string)[...] : document.bytes[string.range]
        if text.prefix(5).map({ $0 | 0x20 }) == Array("data:".utf8) {
            // A media type and its parameters are short: no need to look further for the comma.
            guard let comma = text.prefix(256).firstIndex(of: UInt8(ascii: ",")),
                String(decoding: text[..<comma], as: UTF8.self).lowercased().hasSuffix(";base64")
            else { throw .dataURI(field: "image") }
            text = text[(comma + 1)...]
        }
        let decoded: [UInt8]
        do { decoded = try Base64.decode(text) } catch {
            throw .malformedBase64(field: "image", error)
        }
        guard !decoded.isEmpty else { throw .emptyPicture("the field 'image'") }
        return decoded
    }

    private static func option(
        _ name: String, _ value: JSONValue, of document: JSONDocument
    ) throws(ServiceError) -> OptionValue {
        switch value {
        case .bool(let flag): return .bool(flag)
        case .number(let number): return .number(number)
        case .string(let string):
            guard string.range.count <= OptionReader.textBytesMax,
                let text = document.text(string)
            else { throw OptionReader.noText(name) }
            return .text(text)
        case .array(let elements):
            var items: [OptionValue] = []
            for element in elements { items.append(try option(name, element, of: document)) }
            return .list(items)
        case .null, .object: return .other
        }
    }
}
