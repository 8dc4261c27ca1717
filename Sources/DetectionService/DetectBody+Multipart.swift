internal import HTTPServer

extension DetectBody {
    /// Fields that hold pictures.
    private static let pictureFields: Set<String> = ["image", "file"]

    /// A form: each `image` or `file` is a picture, every other field an option.
    static func readForm(
        _ body: [UInt8], contentType: String, picturesMax: Int
    ) throws(ServiceError) -> DetectBody {
        let parts: [Part]
        do {
            parts = try Multipart.parts(
                of: body.span, contentType: contentType,
                partsMax: picturesMax + 2 * OptionReader.names.count)
        } catch { throw .http(error) }

        var read = DetectBody(pictures: [])
        for part in parts {
            if pictureFields.contains(part.name) {
                guard read.pictures.count < picturesMax else {
                    throw .tooManyPictures(max: picturesMax)
                }
                guard !part.content.isEmpty else {
                    throw .emptyPicture("the field \(part.name.quoted)")
                }
                read.pictures.append(
                    SubmittedPicture(
                        name: part.filename, bytes: PictureBytes(body, in: part.content)))
            } else if OptionReader.names.contains(part.name) {
                guard part.content.count <= OptionReader.textBytesMax,
                    let text = String(validating: body[part.content], as: UTF8.self)
                else { throw OptionReader.noText(part.name) }
                read.options.append((part.name, .text(text)))
            } else {
                throw .unknownField(part.name)
            }
        }
        guard !read.pictures.isEmpty else { throw .missingPicture(fields: parts.map(\.name)) }
        return read
    }
}
