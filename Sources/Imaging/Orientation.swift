/// How the stored pixels must be turned to stand upright; the numbers of EXIF (tag 274).
enum Orientation: Int, Sendable, CaseIterable {
    case upright = 1
    case mirrored, upsideDown, flipped, transposed, turnedLeft, transversed, turnedRight

    /// Whether width and height change places.
    var swapsAxes: Bool { rawValue >= 5 }

    /// The picture as it was seen through the camera.
    ///
    /// Output (x, y) is the stored pixel (x, y), with the axes swapped for 5…8, then counted
    /// from the far end of each axis that the orientation runs against.
    func upright(_ stored: consuming Picture) -> Picture {
        if self == .upright { return stored }
        let size = stored.size
        let runsLeft: Bool  // stored x falls as the output goes on
        let runsUp: Bool  // stored y falls as the output goes on
        switch self {
        case .upright, .transposed: (runsLeft, runsUp) = (false, false)
        case .mirrored, .turnedRight: (runsLeft, runsUp) = (true, false)
        case .upsideDown, .transversed: (runsLeft, runsUp) = (true, true)
        case .flipped, .turnedLeft: (runsLeft, runsUp) = (false, true)
        }
        let first =
            (runsUp ? size.height - 1 : 0) * stored.rowBytes
            + (runsLeft ? size.width - 1 : 0) * 3
        let storedX = runsLeft ? -3 : 3
        let storedY = runsUp ? -stored.rowBytes : stored.rowBytes
        return Self.gather(
            stored, to: swapsAxes ? size.turned : size, first: first,
            stepX: swapsAxes ? storedY : storedX, stepY: swapsAxes ? storedX : storedY)
    }

    /// Output (x, y) is the pixel that begins at byte `first + x·stepX + y·stepY`.
    ///
    /// Goes by tiles: read down the columns, a whole row of a large picture would not stay in cache.
    private static func gather(
        _ stored: borrowing Picture, to size: PixelSize, first: Int, stepX: Int, stepY: Int
    ) -> Picture {
        let tile = 32
        var result = Picture(size: size)
        let source = stored.pixels
        var output = result.mutablePixels
        for top in stride(from: 0, to: size.height, by: tile) {
            for left in stride(from: 0, to: size.width, by: tile) {
                for y in top..<min(top + tile, size.height) {
                    var from = first + left * stepX + y * stepY
                    var to = (y * size.width + left) * 3
                    for _ in left..<min(left + tile, size.width) {
                        output[to] = source[from]
                        output[to + 1] = source[from + 1]
                        output[to + 2] = source[from + 2]
                        from += stepX
                        to += 3
                    }
                }
            }
        }
        return result
    }
}
