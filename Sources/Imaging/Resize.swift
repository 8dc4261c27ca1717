// DESIGN: bilinear resizing on 8-bit samples as OpenCV's INTER_LINEAR does it, to the bit.
//
// Each output sample is b0·S0 + b1·S1 over two rows, and each S is a0·p0 + a1·p1 over two pixels of
// its row; a and b are fractions of 2048, rounded half to even. S keeps all its bits (19); the sum
// over the rows is taken as (((b0·(S0 >> 4)) >> 16) + ((b1·(S1 >> 4)) >> 16) + 2) >> 2.
//
// Only rows that are needed are stretched, each once, going down: two are kept. For 4000 × 3000 to
// 640 × 480 that reads 960 rows at 1280 places each, about 4 million multiplications in all.

/// Where one output column or row takes its two samples from, and how much of each.
private struct Tap {
    var first: Int
    var second: Int
    /// Of 2048.
    var firstWeight: Int32
    var secondWeight: Int32

    /// One tap for each of `target` places.
    ///
    /// At the borders of columns the fraction is dropped
    /// (`stopsAtBorders`); of rows only the places are brought inside.
    static func table(from source: Int, to target: Int, stopsAtBorders: Bool) -> [Tap] {
        // The two divisions are OpenCV's; together they round otherwise than source / target.
        let scale = 1 / (Double(target) / Double(source))
        return (0..<target).map { index in
            let middle = Float((Double(index) + 0.5) * scale - 0.5)
            var place = Int(middle.rounded(.down))
            var fraction = middle - Float(place)
            if stopsAtBorders && (place < 0 || place >= source - 1) {
                place = min(max(place, 0), source - 1)
                fraction = 0
            }
            return Tap(
                first: min(max(place, 0), source - 1),
                second: min(max(place + 1, 0), source - 1),
                firstWeight: weight(1 - fraction), secondWeight: weight(fraction))
        }
    }

    private static func weight(_ fraction: Float) -> Int32 {
        Int32((fraction * 2048).rounded(.toNearestOrEven))
    }
}

extension Picture {
    /// Writes the picture, resized to `size`, onto `output` at (left, top).
    func resize(to size: PixelSize, into output: inout Picture, left: Int, top: Int) {
        precondition(left >= 0 && left + size.width <= output.size.width)
        precondition(top >= 0 && top + size.height <= output.size.height)
        let columns = Tap.table(from: self.size.width, to: size.width, stopsAtBorders: true)
        let rows = Tap.table(from: self.size.height, to: size.height, stopsAtBorders: false)
        var upper = StretchedRow(width: size.width)
        var lower = StretchedRow(width: size.width)
        let source = pixels
        let outputRowBytes = output.rowBytes
        var target = output.mutablePixels
        for y in 0..<size.height {
            let row = rows[y]
            if lower.row == row.first { swap(&upper, &lower) }
            upper.fill(row.first, of: source, rowBytes: rowBytes, columns.span)
            lower.fill(row.second, of: source, rowBytes: rowBytes, columns.span)
            let start = (top + y) * outputRowBytes + left * 3
            blend(
                upper.samples.span, row.firstWeight, lower.samples.span, row.secondWeight,
                into: &target, at: start)
        }
    }
}

/// One source row at the output's width: sums of 11-bit weights, not yet shifted down.
private struct StretchedRow {
    private(set) var row = -1
    private(set) var samples: [Int32]

    init(width: Int) { samples = [Int32](repeating: 0, count: width * 3) }

    mutating func fill(_ row: Int, of source: Span<UInt8>, rowBytes: Int, _ columns: Span<Tap>) {
        guard row != self.row else { return }
        self.row = row
        let line = source.extracting(row * rowBytes..<(row + 1) * rowBytes)
        var output = samples.mutableSpan
        for x in columns.indices {
            let tap = columns[x]
            let first = tap.first &* 3
            let second = tap.second &* 3
            for channel in 0..<3 {  // at most 255·2048: no overflow
                output[x &* 3 &+ channel] =
                    Int32(line[first &+ channel]) &* tap.firstWeight
                    &+ Int32(line[second &+ channel]) &* tap.secondWeight
            }
        }
    }
}

/// Writes the sum over the two rows from `start` on.
///
/// The products are at most 255·128·2048 < 2³¹, the result at most 255.
private func blend(
    _ upper: Span<Int32>, _ upperWeight: Int32, _ lower: Span<Int32>, _ lowerWeight: Int32,
    into output: inout MutableSpan<UInt8>, at start: Int
) {
    let count = upper.count
    precondition(lower.count == count && start >= 0 && start + count <= output.count)
    for index in 0..<count {
        let above = (upper[index] >> 4 &* upperWeight) >> 16
        let below = (lower[index] >> 4 &* lowerWeight) >> 16
        output[start + index] = UInt8(truncatingIfNeeded: (above &+ below &+ 2) >> 2)
    }
}
