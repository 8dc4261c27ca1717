import Foundation
import Testing

@testable import Detection

@Suite struct SuppressionTests {
    /// A case of `nms.json`: what torchvision keeps.
    struct Golden: Decodable, Sendable, CustomTestStringConvertible {
        let boxes: [[Float]]
        let scores: [Float]
        let classes: [Int]
        let confidence: Float
        let iou: Float
        let detectionsMax: Int
        let agnostic: Bool
        let wanted: [Int]?
        let kept: [Int]

        var testDescription: String { "\(scores.count) boxes, IoU \(iou), agnostic \(agnostic)" }

        static func all() throws -> [Golden] {
            try JSONDecoder().decode([Golden].self, from: Goldens.data("nms.json"))
        }
    }

    @Test(arguments: try Golden.all())
    func `the boxes that torchvision keeps are kept, in its order`(_ golden: Golden) {
        var options = DetectionOptions()
        options.iou = golden.iou
        options.detectionsMax = golden.detectionsMax
        options.isAgnostic = golden.agnostic
        let all = golden.scores.indices.map { index in
            FoundBox.make(
                golden.boxes[index], confidence: golden.scores[index],
                classID: golden.classes[index])
        }
        let candidates = all.filter {
            $0.confidence > golden.confidence && golden.wanted?.contains($0.classID) ?? true
        }
        var suppression = Suppression()
        let found = suppression.survivors(of: candidates, options: options)
        #expect(found == golden.kept.map { all[$0] })
    }

    @Test func `of equal scores the earlier box stays`() {
        let boxes = [
            FoundBox.make([0, 0, 10, 10], confidence: 0.5), .make([0, 0, 10, 9], confidence: 0.5),
        ]
        var suppression = Suppression()
        #expect(suppression.survivors(of: boxes, options: .init()) == [boxes[0]])
        #expect(suppression.survivors(of: boxes.reversed(), options: .init()) == [boxes[1]])
    }

    @Test(arguments: [(Float(0.5), 2), (Float(0.5).nextDown, 1)])
    func `a box goes only above the threshold, not at it`(_ iou: Float, _ count: Int) {
        var options = DetectionOptions()
        options.iou = iou
        let boxes = [
            FoundBox.make([0, 0, 4, 4], confidence: 0.9), .make([0, 0, 4, 2], confidence: 0.8),
        ]
        var suppression = Suppression()
        #expect(suppression.survivors(of: boxes, options: options).count == count)
    }

    @Test func `boxes of different classes keep each other unless agnostic`() {
        let boxes = [
            FoundBox.make([0, 0, 4, 4], confidence: 0.9, classID: 1),
            .make([0, 0, 4, 4], confidence: 0.8, classID: 2),
        ]
        var suppression = Suppression()
        #expect(suppression.survivors(of: boxes, options: .init()) == boxes)
        var agnostic = DetectionOptions()
        agnostic.isAgnostic = true
        #expect(suppression.survivors(of: boxes, options: agnostic) == [boxes[0]])
    }

    @Test func `boxes without area keep each other`() {
        let boxes = [Float](repeating: 0.5, count: 3).map {
            FoundBox.make([7, 7, 7, 7], confidence: $0)
        }
        var suppression = Suppression()
        #expect(suppression.survivors(of: boxes, options: .init()) == boxes)
    }

    @Test func `the 30,001st candidate is not looked at`() {
        let crowd = [FoundBox](
            repeating: .make([0, 0, 8, 8], confidence: 0.9), count: Suppression.candidatesMax - 1)
        let last = FoundBox.make([100, 0, 108, 8], confidence: 0.6)
        let beyond = FoundBox.make([200, 0, 208, 8], confidence: 0.5)
        var suppression = Suppression()
        let found = suppression.survivors(of: [beyond] + crowd + [last], options: .init())
        #expect(found == [crowd[0], last])
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func `what is kept does not overlap, and what is gone overlaps something better`(_ seed: UInt64)
    {
        var noise = Noise(seed: seed)
        let boxes = (0..<83).map { _ in
            let corner = noise.floats(2, in: 0...90)
            let size = noise.floats(3, in: 0.01...30)
            return FoundBox.make(
                [corner[0], corner[1], corner[0] + size[0], corner[1] + size[1]],
                confidence: size[2] / 30)
        }
        var options = DetectionOptions()
        options.iou = 0.3
        var suppression = Suppression()
        let kept = suppression.survivors(of: boxes, options: options)
        for (index, box) in kept.enumerated() {
            #expect(kept[..<index].allSatisfy { $0.confidence >= box.confidence })
            #expect(kept[..<index].allSatisfy { $0.iou(with: box) <= 0.3 + 1e-5 })
        }
        for gone in boxes where !kept.contains(gone) {
            #expect(
                kept.contains {
                    $0.confidence >= gone.confidence && $0.iou(with: gone) > 0.3 - 1e-5
                })
        }
    }

    /// Eight boxes are compared at once: each place among them, and the first of the next eight.
    @Test(arguments: 0..<17)
    func `a box overlapped by any of those that stayed goes`(_ place: Int) {
        let apart = (0..<17).map {
            FoundBox.make([Float(20 * $0), 0, Float(20 * $0) + 9, 9], confidence: 0.9)
        }
        let late = FoundBox.make(
            [Float(20 * place) + 1, 0, Float(20 * place) + 9, 9], confidence: 0.5)
        var suppression = Suppression()
        #expect(suppression.survivors(of: apart + [late], options: .init()) == apart)
    }

    @Test(arguments: [0, -1, 1, 5])
    func `never more than asked for`(_ detectionsMax: Int) {
        let boxes = (0..<9).map {
            FoundBox.make([Float(20 * $0), 0, Float(20 * $0) + 9, 9], confidence: 0.5)
        }
        var options = DetectionOptions()
        options.detectionsMax = detectionsMax
        var suppression = Suppression()
        let found = suppression.survivors(of: boxes, options: options)
        #expect(found == Array(boxes.prefix(max(0, detectionsMax))))
    }
}

extension FoundBox {
    static func make(_ corners: [Float], confidence: Float, classID: Int = 0) -> FoundBox {
        FoundBox(
            classID: classID, confidence: confidence, x1: corners[0], y1: corners[1],
            x2: corners[2], y2: corners[3])
    }

    /// In float64, by another road: |A ∩ B| / |A ∪ B|.
    fileprivate func iou(with other: FoundBox) -> Double {
        func overlap(_ a: ClosedRange<Float>, _ b: ClosedRange<Float>) -> Double {
            a.overlaps(b)
                ? Double(min(a.upperBound, b.upperBound)) - Double(max(a.lowerBound, b.lowerBound))
                : 0
        }
        let shared = overlap(x1...x2, other.x1...other.x2) * overlap(y1...y2, other.y1...other.y2)
        func area(_ box: FoundBox) -> Double {
            (Double(box.x2) - Double(box.x1)) * (Double(box.y2) - Double(box.y1))
        }
        return shared / (area(self) + area(other) - shared)
    }
}
