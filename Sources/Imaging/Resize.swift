// DESIGN: bilinear resizing on 8-bit samples as OpenCV's INTER_LINEAR does it, to the bit.
//
// Each output sample is b0·S0 + b1·S1 over two rows, and each S is a0·p0 + a1·p1 over two pixels of
// its row; a and b are fractions of 2048, rounded half to even. Of the 19 bits of S the upper 15 are
// kept, and the sum over the rows is (((b0·(S0 >> 4)) >> 16) + ((b1·(S1 >> 4)) >> 16) + 2) >> 2.
//
// Only rows that are needed are stretched, each once, going down: two are kept. For 4000 × 3000 to
// 640 × 480 that reads 960 rows at 1280 places each, about 4 million multiplications in all.
//
// The two loops over samples are in C (`CResizing`), the rest is here.
internal import CResizing

/// One tap for each of `target` places.
///
/// At the borders of columns the fraction is dropped (`stopsAtBorders`); of rows only the places are
/// brought inside.
private func taps(from source: Int, to target: Int, stopsAtBorders: Bool) -> [rz_tap] {
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
        return rz_tap(
            first: Int32(min(max(place, 0), source - 1)),
            second: Int32(min(max(place + 1, 0), source - 1)),
            first_weight: weight(1 - fraction), second_weight: weight(fraction))
    }
}

private func weight(_ fraction: Float) -> Int16 {
    Int16((fraction * 2048).rounded(.toNearestOrEven))
}

/// Resizes pictures of one size to another, row after row.
struct Resizing {
    private let columns: [rz_tap]
    private let rows: [rz_tap]
    private var upper: StretchedRow
    private var lower: StretchedRow

    init(_ source: PixelSize, to size: PixelSize) {
        columns = taps(from: source.width, to: size.width, stopsAtBorders: true)
        rows = taps(from: source.height, to: size.height, stopsAtBorders: false)
        upper = StretchedRow(width: size.width)
        lower = StretchedRow(width: size.width)
    }

    /// Writes row `y` of the resized picture from place `start` on.
    ///
    /// Rows are to be asked for from above, all of one picture.
    mutating func write(
        row y: Int, of picture: borrowing Picture, to output: inout MutableSpan<UInt8>,
        at start: Int
    ) {
        let row = rows[y]
        if lower.row == row.first { swap(&upper, &lower) }
        upper.fill(row.first, of: picture, columns)
        lower.fill(row.second, of: picture, columns)
        blend(
            upper.samples.span, row.first_weight, lower.samples.span, row.second_weight,
            into: &output, at: start)
    }
}

/// Writes the sum over the two rows from `start` on.
private func blend(
    _ upper: Span<Int16>, _ upperWeight: Int16, _ lower: Span<Int16>, _ lowerWeight: Int16,
    into output: inout MutableSpan<UInt8>, at start: Int
) {
    let count = upper.count
    precondition(lower.count == count && start >= 0 && start + count <= output.count)
    // In bounds: each is as long as is said, checked above; no pointer is kept.
    unsafe upper.withUnsafeBufferPointer { upper in
        unsafe lower.withUnsafeBufferPointer { lower in
            unsafe output.withUnsafeMutableBufferPointer { output in
                guard let above = upper.baseAddress, let below = lower.baseAddress,
                    let target = output.baseAddress
                else { return }
                unsafe rz_blend(
                    above, count, upperWeight, below, count, lowerWeight, target + start, count)
            }
        }
    }
}

/// One source row at the output's width: sums of 11-bit weights, of which 15 bits are kept.
private struct StretchedRow {
    private(set) var row: Int32 = -1
    private(set) var samples: [Int16]

    init(width: Int) { samples = [Int16](repeating: 0, count: width * 3) }

    mutating func fill(_ row: Int32, of picture: borrowing Picture, _ columns: [rz_tap]) {
        guard row != self.row else { return }
        self.row = row
        let start = Int(row) * picture.rowBytes
        let line = picture.pixels.extracting(start..<start + picture.rowBytes)
        // In bounds: each is as long as is said, and rz_stretch traps where a tap lies outside the
        // line; no pointer is kept.
        unsafe columns.withUnsafeBufferPointer { columns in
            unsafe line.withUnsafeBufferPointer { line in
                unsafe samples.withUnsafeMutableBufferPointer { output in
                    guard let taps = columns.baseAddress, let source = line.baseAddress,
                        let target = output.baseAddress
                    else { return }
                    unsafe rz_stretch(taps, columns.count, source, line.count, target, output.count)
                }
            }
        }
    }
}
