import Foundation
import Testing

@testable import Detection

@Suite struct HeadDecoderTests {
    @Test func `a box is measured from the middle of its cell, in strides`() {
        // One class, one bin a side: the distances themselves, in cells.
        var maps = HandmadeMaps.make(classes: 1, bins: 1, sizes: [(2, 3)])
        maps.set(map: 0, y: 1, x: 2, channels: [1, 0.5, 2, 1.5])
        maps.set(map: 1, y: 1, x: 2, channels: [0])  // σ(0) = 1/2
        let found = maps.decoded(strides: [8])
        #expect(found == [.make([12, 8, 36, 24], confidence: 0.5)])
    }

    @Test func `a side is the mean of its distribution over bins`() throws {
        var maps = HandmadeMaps.make(classes: 1, bins: 3, sizes: [(1, 1)])
        // softmax(0, log 2, 0) = (1/4, 1/2, 1/4): mean 1; (−∞-like, …, 0): mean 2.
        let far: [Float] = [-200, -200, 0]
        let one: [Float] = [0, Float(log(2.0)), 0]
        maps.set(map: 0, y: 0, x: 0, channels: one + far + one + far)
        maps.set(map: 1, y: 0, x: 0, channels: [3])
        let box = try #require(maps.decoded(strides: [4]).first)
        #expect(abs(box.x1 - -2) < 1e-5)
        #expect(abs(box.x2 - 6) < 1e-5)
        #expect(box.y1 == -6)
        #expect(box.y2 == 10)
    }

    @Test func `boxes come scale by scale, row by row`() {
        var maps = HandmadeMaps.make(classes: 2, bins: 1, sizes: [(2, 2), (1, 1)])
        for (map, y, x) in [(1, 0, 1), (1, 1, 0), (3, 0, 0)] {
            maps.set(map: map, y: y, x: x, channels: [-9, 1])
        }
        let centres = maps.decoded(strides: [8, 16]).map { [$0.x1, $0.y1] }
        #expect(centres == [[12, 4], [4, 12], [8, 8]])
    }

    @Test(arguments: [0, 1, 15, 16, 17, 79])
    func `any class of eighty can be the best, whatever its block`(_ classID: Int) {
        var maps = HandmadeMaps.make(classes: 80, bins: 1, sizes: [(1, 2)])
        var logits = [Float](repeating: 1, count: 80)
        logits[classID] = 2
        maps.set(map: 1, y: 0, x: 1, channels: logits)
        #expect(maps.decoded(strides: [8]).map(\.classID) == [classID])
    }

    @Test func `lanes beyond the classes are never read`() {
        var maps = HandmadeMaps.make(classes: 3, bins: 1, sizes: [(1, 1)], unused: 50)
        maps.set(map: 1, y: 0, x: 0, channels: [-8, -8, -8])
        #expect(maps.decoded(strides: [8]) == [])
    }

    @Test func `of classes that score the same the first is taken, though their logits differ`() {
        // Both sigmoids are 1 in float32.
        var maps = HandmadeMaps.make(classes: 3, bins: 1, sizes: [(1, 1)])
        maps.set(map: 1, y: 0, x: 0, channels: [0, 30, 40])
        #expect(maps.decoded(strides: [8]).map(\.classID) == [1])
    }

    @Test(arguments: [-14, -6.9, -2, -0.3, 0, 0.7, 3, 6.9, 9, 15, 17] as [Float])
    func `a score must be strictly above the threshold`(_ logit: Float) {
        var maps = HandmadeMaps.make(classes: 1, bins: 1, sizes: [(1, 1)])
        maps.set(map: 1, y: 0, x: 0, channels: [logit])
        let score = HeadDecoder.sigmoid(logit)
        #expect(maps.decoded(strides: [8], .make(confidence: score)) == [])
        #expect(maps.decoded(strides: [8], .make(confidence: score.nextDown)).count == 1)
    }

    @Test(arguments: [(Float(0), 1), (1, 0), (.nan, 0), (-1, 1), (2, 0)])
    func `thresholds at and beyond the ends are obeyed`(_ confidence: Float, _ count: Int) {
        var maps = HandmadeMaps.make(classes: 1, bins: 1, sizes: [(1, 1)])
        maps.set(map: 1, y: 0, x: 0, channels: [80])
        #expect(maps.decoded(strides: [8], .make(confidence: confidence)).count == count)
    }

    @Test func `the class filter looks at the best class only`() {
        var maps = HandmadeMaps.make(classes: 3, bins: 1, sizes: [(1, 2)])
        maps.set(map: 1, y: 0, x: 0, channels: [1, 2, -9])
        maps.set(map: 1, y: 0, x: 1, channels: [-9, -9, 2])
        #expect(maps.decoded(strides: [8], .make(classes: [0])) == [])
        #expect(maps.decoded(strides: [8], .make(classes: [2])).map(\.classID) == [2])
        #expect(maps.decoded(strides: [8], .make(classes: [])) == [])
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity, .greatestFiniteMagnitude])
    func `a box that is no number is no box`(_ value: Float) {
        var maps = HandmadeMaps.make(classes: 1, bins: 1, sizes: [(1, 1)])
        maps.set(map: 0, y: 0, x: 0, channels: [value, 1, 1, 1])
        maps.set(map: 1, y: 0, x: 0, channels: [3])
        #expect(maps.decoded(strides: [8]) == [])
    }

    @Test func `scores that are no numbers find nothing`() {
        var maps = HandmadeMaps.make(classes: 2, bins: 1, sizes: [(1, 1)])
        maps.set(map: 1, y: 0, x: 0, channels: [.nan, .nan])
        #expect(maps.decoded(strides: [8], .make(confidence: 0)) == [])
    }

    @Test(arguments: [1, 5, 16])
    func `the raw output holds the same boxes as the detections`(_ bins: Int) {
        var noise = Noise(seed: 4)
        let classes = 19
        var maps = HandmadeMaps.make(classes: classes, bins: bins, sizes: [(3, 5), (1, 2)])
        for map in 0..<4 {
            for y in 0..<maps.shape(map).height {
                for x in 0..<maps.shape(map).width {
                    maps.set(
                        map: map, y: y, x: x,
                        channels: noise.floats(maps.shape(map).channels, in: -3...3))
                }
            }
        }
        let anchors = 17
        var decoder = HeadDecoder(Head(classes: classes, bins: bins, strides: [8, 16]))
        #expect(decoder.anchors(in: maps) == anchors)
        var raw = [Float](repeating: -1, count: 2 + (4 + classes) * anchors)
        decoder.write(maps, anchors: anchors, to: &raw, at: 2)
        #expect(raw[..<2] == [-1, -1])
        let found = maps.decoded(strides: [8, 16], .make(confidence: 0))
        #expect(found.count == anchors)
        for (anchor, box) in found.enumerated() {
            func value(_ channel: Int) -> Float { raw[2 + channel * anchors + anchor] }
            #expect(box.x1 == value(0) - value(2) / 2)
            #expect(box.y2 == value(1) + value(3) / 2)
            #expect(box.confidence == value(4 + box.classID))
            #expect((0..<classes).allSatisfy { value(4 + $0) <= box.confidence })
        }
    }
}

/// Head outputs in blocks of 16 lanes, as the engine lends them.
private struct HandmadeMaps: FeatureMaps {
    private var maps: [(channels: Int, height: Int, width: Int, start: Int)] = []
    private var lanes: [Float] = []  // map after map, each (blocks, height, width, 16)
    private let bins: Int
    private let classes: Int

    private init(bins: Int, classes: Int) {
        self.bins = bins
        self.classes = classes
    }

    static func make(
        classes: Int, bins: Int, sizes: [(height: Int, width: Int)], unused: Float = .nan
    ) -> HandmadeMaps {
        var maps = HandmadeMaps(bins: bins, classes: classes)
        for size in sizes {
            for (channels, value) in [(4 * bins, Float(0)), (classes, -100)] {
                maps.maps.append((channels, size.height, size.width, maps.lanes.count))
                let count = (channels + 15) / 16 * 16 * size.height * size.width
                maps.lanes += [Float](repeating: unused, count: count)
                for y in 0..<size.height {
                    for x in 0..<size.width {
                        maps.set(
                            map: maps.maps.count - 1, y: y, x: x,
                            channels: [Float](repeating: value, count: channels))
                    }
                }
            }
        }
        return maps
    }

    mutating func set(map: Int, y: Int, x: Int, channels: [Float]) {
        for (channel, value) in channels.enumerated() {
            lanes[rowStart(map, block: channel / 16, y: y) + x * 16 + channel % 16] = value
        }
    }

    func top(_ index: Int, block: Int, y: Int) -> Float {
        let row = row(index, block: block, y: y)
        let lanes = maps[index].channels - block * 16
        return row.indices.reduce(-.infinity) { top, i in
            i % 16 < lanes && row[i] > top ? row[i] : top
        }
    }

    func shape(_ index: Int) -> (channels: Int, height: Int, width: Int) {
        (maps[index].channels, maps[index].height, maps[index].width)
    }

    @_lifetime(borrow self)
    func row(_ index: Int, block: Int, y: Int) -> Span<Float> {
        let start = rowStart(index, block: block, y: y)
        return lanes.span.extracting(start..<start + maps[index].width * 16)
    }

    private func rowStart(_ index: Int, block: Int, y: Int) -> Int {
        maps[index].start + (block * maps[index].height + y) * maps[index].width * 16
    }

    func decoded(strides: [Float], _ options: DetectionOptions = .init()) -> [FoundBox] {
        var decoder = HeadDecoder(Head(classes: classes, bins: bins, strides: strides))
        var found: [FoundBox] = []
        decoder.appendCandidates(in: self, options: options, to: &found)
        return found
    }
}
