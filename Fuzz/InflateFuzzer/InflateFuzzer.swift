@testable import HTTPServer

/// Any bytes as a body in gzip or deflate, whole and in pieces with little room: it is the same body or
/// refused both times, and what was made smaller here is made whole again.
///
/// The first byte says how small the pieces and the room are.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    // libFuzzer lends `count` bytes until this returns; they are copied here.
    let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    guard let first = input.first else { return 0 }
    let bytes = Array(input.dropFirst())
    let piece = 1 + Int(first & 15)
    let room = 1 + Int(first >> 4) * 16
    for coding in [ContentCoding.gzip, .deflate] {
        let whole = inflated(bytes, coding, piece: max(1, bytes.count), room: bytesMax)
        precondition(whole == inflated(bytes, coding, piece: piece, room: room))
        guard let small = Zlib.deflate(bytes.span, coding) else { fatalError("memory is out") }
        if bytes.count < bytesMax {
            precondition(inflated(small, coding, piece: piece, room: room) == bytes)
        }
    }
    return 0
}

private let bytesMax = 4096

/// The whole body; nil where it is refused, ends early or is larger than ``bytesMax``.
private func inflated(
    _ bytes: [UInt8], _ coding: ContentCoding, piece: Int, room: Int
) -> [UInt8]? {
    guard let inflater = Inflater(coding) else { fatalError("memory is out") }
    var body: [UInt8] = []
    var used = 0
    var given = 0
    repeat {
        given = min(bytes.count, given + piece)
        repeat {
            let before = body.count
            do throws(Refusal) {
                used += try inflater.step(
                    bytes.span.extracting(used..<given), into: &body, bytesMax: room)
            } catch {
                return nil
            }
            precondition(used <= given && body.count - before <= room)
            if body.count > bytesMax { return nil }
        } while used < given || inflater.hasMore
    } while given < bytes.count
    return inflater.isFinished ? body : nil
}
