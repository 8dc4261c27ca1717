import Imaging

/// Any bytes are an error or a picture, and the header alone told its size.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    let limits = ImageLimits(pixelsMax: 1_000_000)
    let header = try? ImageDecoder.probe(bytes.span, limits: limits)
    do {
        let picture = try ImageDecoder.decode(bytes.span, limits: limits)
        guard let header, header.size == picture.size else {
            fatalError(
                "decoded to \(picture.size), but the header said \(String(describing: header))")
        }
        let box = Letterbox(source: picture.size, imageSize: 64, stride: 32, shape: .rect)
        _ = box.apply(to: picture)
    } catch {}
    return 0
}
