/// Non-maximum suppression: of boxes that show the same thing, the best stays.
///
/// Greedy, by falling score (equal scores: the earlier first). A box goes when it overlaps one that
/// stayed by IoU > the threshold. Boxes of different classes are kept apart by moving each by
/// 7680 pixels a class, in float32, as the reference does: so the rounding of the moved corners is the
/// reference's too. Everything is kept between calls; in steady state only the answer is allocated.
struct Suppression {
    /// Candidates looked at, best first: what the reference allows.
    static let candidatesMax = 30_000
    /// Pixels between the frames of neighbouring classes.
    static let classOffset: Float = 7680

    private var order: [(score: Float, index: Int)] = []
    private var kept: [Moved] = []

    /// A box in its class's own frame, with its area.
    private struct Moved {
        let x1, y1, x2, y2, area: Float

        init(_ box: FoundBox, offset: Float) {
            x1 = box.x1 + offset
            y1 = box.y1 + offset
            x2 = box.x2 + offset
            y2 = box.y2 + offset
            area = (x2 - x1) * (y2 - y1)
        }

        /// The shared area over the joint one; NaN, and so never above a threshold, for two boxes without area.
        func iou(_ other: Moved) -> Float {
            let width = max(0, min(x2, other.x2) - max(x1, other.x1))
            let height = max(0, min(y2, other.y2) - max(y1, other.y1))
            let shared = width * height
            return shared / (area + other.area - shared)
        }
    }

    /// The boxes that stay, by falling score.
    ///
    /// - Complexity: O(n log n) to sort, then O(kept · n).
    mutating func survivors(of candidates: [FoundBox], options: DetectionOptions) -> [FoundBox] {
        order.removeAll(keepingCapacity: true)
        for (index, box) in candidates.enumerated() { order.append((box.confidence, index)) }
        order.sort { ($0.score, $1.index) > ($1.score, $0.index) }
        kept.removeAll(keepingCapacity: true)
        var found: [FoundBox] = []
        for entry in order.prefix(Self.candidatesMax) {
            if found.count >= options.detectionsMax { break }
            let box = candidates[entry.index]
            let offset = options.isAgnostic ? 0 : Float(box.classID) * Self.classOffset
            let moved = Moved(box, offset: offset)
            if kept.contains(where: { $0.iou(moved) > options.iou }) { continue }
            kept.append(moved)
            found.append(box)
        }
        return found
    }
}
