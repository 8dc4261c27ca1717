/// Non-maximum suppression: of boxes that show the same thing, the best stays.
///
/// Greedy, by falling score (equal scores: the earlier first). A box goes when it overlaps one that
/// stayed by IoU > the threshold. Boxes of different classes are kept apart by moving each by
/// 7680 pixels a class, in float32, as the reference does: so the rounding of the moved corners is the
/// reference's too. Everything is kept between calls; in steady state only the answer is allocated.
///
/// Kept boxes are compared eight at a time, and areas are divided only where some of them are shared:
/// 8,400 candidates of which a thousand stay are 8 million pairs.
struct Suppression {
    /// Candidates looked at, best first: what the reference allows.
    static let candidatesMax = 30_000
    /// Pixels between the frames of neighbouring classes.
    static let classOffset: Float = 7680

    private var order: [(score: Float, index: Int)] = []
    private var kept: [Eight] = []

    /// Up to eight boxes, each in its class's own frame.
    ///
    /// Places that are not taken share nothing.
    private struct Eight {
        var x1 = SIMD8<Float>(repeating: .infinity)
        var y1 = SIMD8<Float>(repeating: .infinity)
        var x2 = SIMD8<Float>(repeating: -.infinity)
        var y2 = SIMD8<Float>(repeating: -.infinity)
        var area = SIMD8<Float>()

        /// Whether the shared area of `box` and one of these, over the joint one, is above the
        /// threshold; never for two boxes without area.
        func overlaps(_ box: Moved, by threshold: Float) -> Bool {
            let none = SIMD8<Float>()
            let width = x2.least(box.x2) - x1.most(box.x1)
            let height = y2.least(box.y2) - y1.most(box.y1)
            let isShared = (width .> none) .& (height .> none)
            guard any(isShared) else { return false }
            let shared = none.replacing(with: width * height, where: isShared)
            return any(shared / (area + box.area - shared) .> threshold)
        }
    }

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
            if kept.contains(where: { $0.overlaps(moved, by: options.iou) }) { continue }
            keep(moved, at: found.count)
            found.append(box)
        }
        return found
    }

    private mutating func keep(_ box: Moved, at place: Int) {
        let lane = place % 8
        if lane == 0 { kept.append(Eight()) }
        kept[place / 8].x1[lane] = box.x1
        kept[place / 8].y1[lane] = box.y1
        kept[place / 8].x2[lane] = box.x2
        kept[place / 8].y2[lane] = box.y2
        kept[place / 8].area[lane] = box.area
    }
}

extension SIMD8<Float> {
    /// The lesser of each and a number.
    fileprivate func least(_ other: Float) -> Self { replacing(with: other, where: self .> other) }

    /// The greater of each and a number.
    fileprivate func most(_ other: Float) -> Self { replacing(with: other, where: self .< other) }
}
