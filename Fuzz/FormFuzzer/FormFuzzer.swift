@testable import HTTPServer

/// Any bytes as a form, under a boundary of their own where they have a first line: parts lie in the body
/// one behind the other, each before its boundary.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    // libFuzzer lends `count` bytes until this returns; they are copied here.
    let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    read(input, contentType: "multipart/form-data; boundary=b", boundary: "b")
    let line = input.prefix { $0 != 0x0D }
    let body = Array(input.dropFirst(line.count + 2))
    read(body, contentType: String(decoding: line, as: UTF8.self), boundary: nil)
    return 0
}

/// Small, so that inputs of a few hundred bytes reach them.
private let limits: Limits = {
    var limits = Limits()
    limits.partHeaderBytesMax = 100
    limits.boundaryBytesMax = 20
    return limits
}()

private func read(_ body: [UInt8], contentType: String, boundary: String?) {
    let parts: [Part]
    do throws(Refusal) {
        parts = try Multipart.parts(
            of: body.span, contentType: contentType, partsMax: 4, limits: limits)
    } catch {
        precondition(error.status == 400)
        return
    }
    precondition(parts.count <= 4)
    var end = 0
    for part in parts {
        precondition(part.content.lowerBound >= end)
        end = part.content.upperBound
        let delimiter = "\r\n--" + (boundary ?? "")
        precondition(body[end...].starts(with: delimiter.utf8))
    }
}
