import Glibc

/// Turns what the network put out into boxes.
///
/// Class scores are sigmoids of the class map. A box side is the mean of its distribution over bins
/// (Generalized Focal Loss, arXiv 2006.04388), counted in cells from the anchor, which stands in the
/// middle of its cell. All arithmetic is float32 and in the reference's order.
struct HeadDecoder {
    private let head: Head
    private var isMarked: [Bool] = []  // (w): whether a cell of the row may hold a box
    private var logits: [Float]  // (classes)
    private var sides: [Float]  // (4 · bins)

    /// Channels of a block of the network's maps.
    private static let lanes = 16

    init(_ head: Head) {
        self.head = head
        logits = [Float](repeating: 0, count: head.classes)
        sides = [Float](repeating: 0, count: 4 * head.bins)
    }

    /// Appends every box whose best class scores above the threshold and is wanted, in the order of anchors.
    mutating func appendCandidates<Maps: FeatureMaps & ~Copyable & ~Escapable>(
        in maps: borrowing Maps, options: DetectionOptions, to candidates: inout [FoundBox]
    ) {
        let floor = Self.logitFloor(of: options.confidence)
        for scale in head.strides.indices {
            let (_, height, width) = maps.shape(2 * scale + 1)
            for y in 0..<height {
                guard mark(in: maps, scale: scale, y: y, width: width, floor: floor) else {
                    continue
                }
                for x in 0..<width where isMarked[x] {
                    Self.gather(&logits, from: maps, map: 2 * scale + 1, y: y, x: x)
                    guard let (classID, score) = best(above: options.confidence),
                        options.classes?.contains(classID) ?? true
                    else { continue }
                    let box = box(in: maps, scale: scale, y: y, x: x)
                    let found = FoundBox(
                        classID: classID, confidence: score, x1: box.x - box.width / 2,
                        y1: box.y - box.height / 2, x2: box.x + box.width / 2,
                        y2: box.y + box.height / 2)
                    if found.isFinite { candidates.append(found) }
                }
            }
        }
    }

    /// Writes every anchor's box (cx, cy, w, h in input pixels) and all its scores: (4 + classes, anchors)
    /// from `start` on.
    mutating func write<Maps: FeatureMaps & ~Copyable & ~Escapable>(
        _ maps: borrowing Maps, anchors: Int, to values: inout [Float], at start: Int
    ) {
        var anchor = start
        for scale in head.strides.indices {
            let (_, height, width) = maps.shape(2 * scale + 1)
            for y in 0..<height {
                for x in 0..<width {
                    let box = box(in: maps, scale: scale, y: y, x: x)
                    values[anchor] = box.x
                    values[anchor + anchors] = box.y
                    values[anchor + 2 * anchors] = box.width
                    values[anchor + 3 * anchors] = box.height
                    Self.gather(&logits, from: maps, map: 2 * scale + 1, y: y, x: x)
                    for (classID, logit) in logits.enumerated() {
                        values[anchor + (4 + classID) * anchors] = Self.sigmoid(logit)
                    }
                    anchor += 1
                }
            }
        }
    }

    /// Anchors of all scales.
    func anchors<Maps: FeatureMaps & ~Copyable & ~Escapable>(in maps: borrowing Maps) -> Int {
        var count = 0
        for scale in head.strides.indices {
            let shape = maps.shape(2 * scale + 1)
            count += shape.height * shape.width
        }
        return count
    }

    /// Marks the cells of a row where some class's logit is at least `floor`; false when none is.
    private mutating func mark<Maps: FeatureMaps & ~Copyable & ~Escapable>(
        in maps: borrowing Maps, scale: Int, y: Int, width: Int, floor: Float
    ) -> Bool {
        isMarked.removeAll(keepingCapacity: true)
        isMarked.append(contentsOf: repeatElement(false, count: width))
        var isAny = false
        for first in stride(from: 0, to: head.classes, by: Self.lanes) {
            let (map, block) = (2 * scale + 1, first / Self.lanes)
            let lanes = min(Self.lanes, head.classes - first)
            // Hardly any row has a hit.
            guard maps.top(map, block: block, y: y) >= floor else { continue }
            let row = maps.row(map, block: block, y: y)
            isAny = true
            for index in row.indices where row[index] >= floor && index % Self.lanes < lanes {
                isMarked[index / Self.lanes] = true
            }
        }
        return isAny
    }

    /// The best class of `logits`, if it scores above the threshold; of equal scores the first class.
    ///
    /// A score never falls when its logit rises, so that only logits above all before are looked at.
    private func best(above threshold: Float) -> (classID: Int, score: Float)? {
        var best: (classID: Int, score: Float) = (0, -1)
        var top = -Float.infinity
        for (classID, logit) in logits.enumerated() where logit > top {
            top = logit
            let score = Self.sigmoid(logit)
            if score > best.score { best = (classID, score) }
        }
        return best.score > threshold ? best : nil
    }

    /// The box of an anchor: centre and size in input pixels.
    private mutating func box<Maps: FeatureMaps & ~Copyable & ~Escapable>(
        in maps: borrowing Maps, scale: Int, y: Int, x: Int
    ) -> (x: Float, y: Float, width: Float, height: Float) {
        Self.gather(&sides, from: maps, map: 2 * scale, y: y, x: x)
        let stride = head.strides[scale]
        let anchorX = Float(x) + 0.5
        let anchorY = Float(y) + 0.5
        let left = anchorX - distance(0)
        let top = anchorY - distance(1)
        let right = anchorX + distance(2)
        let bottom = anchorY + distance(3)
        return (
            (left + right) / 2 * stride, (top + bottom) / 2 * stride, (right - left) * stride,
            (bottom - top) * stride
        )
    }

    /// Cells from the anchor to a side (0 left, 1 top, 2 right, 3 bottom): Σ j·softmax(sides)_j.
    private func distance(_ side: Int) -> Float {
        let first = side * head.bins
        if head.bins == 1 { return sides[first] }
        var top = -Float.infinity
        for bin in 0..<head.bins { top = max(top, sides[first + bin]) }
        var sum: Float = 0
        var moment: Float = 0
        for bin in 0..<head.bins {
            let weight = exp(sides[first + bin] - top)
            sum += weight
            moment += weight * Float(bin)
        }
        return moment / sum
    }

    /// Reads the channels of one cell.
    private static func gather<Maps: FeatureMaps & ~Copyable & ~Escapable>(
        _ values: inout [Float], from maps: borrowing Maps, map: Int, y: Int, x: Int
    ) {
        for first in Swift.stride(from: 0, to: values.count, by: lanes) {
            let row = maps.row(map, block: first / lanes, y: y)
            for lane in 0..<min(lanes, values.count - first) {
                values[first + lane] = row[x * lanes + lane]
            }
        }
    }

    /// A logit below which no score passes the threshold; above it the score itself decides.
    ///
    /// Near 1 neighbouring floats are many logits apart, so there the floor stays at 0.999's.
    static func logitFloor(of confidence: Float) -> Float {
        let threshold = min(Double(confidence), 0.999)
        guard threshold > 0 else { return -.infinity }
        return Float(log(threshold / (1 - threshold)) - 0.01)
    }

    static func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }
}

extension FoundBox {
    /// Whether all corners are numbers: an overflow in the network makes none that can be told.
    fileprivate var isFinite: Bool { x1.isFinite && y1.isFinite && x2.isFinite && y2.isFinite }
}
