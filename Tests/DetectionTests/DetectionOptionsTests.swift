import Testing

@testable import Detection

@Suite struct DetectionOptionsTests {
    @Test func `the defaults are sound`() throws {
        try DetectionOptions().validate()
    }

    @Test(arguments: [Float(0), 0.5, 1])
    func `thresholds from 0 to 1 are taken`(_ value: Float) throws {
        try DetectionOptions.make(confidence: value, iou: value).validate()
    }

    @Test(arguments: [Float(-0.01), 1.01, .nan, .infinity, -.infinity])
    func `other thresholds are refused by name`(_ value: Float) {
        let range = "a number from 0 to 1"
        #expect(throws: OptionError.outOfRange(option: "conf", given: "\(value)", allowed: range)) {
            try DetectionOptions.make(confidence: value).validate()
        }
        #expect(throws: OptionError.outOfRange(option: "iou", given: "\(value)", allowed: range)) {
            try DetectionOptions.make(iou: value).validate()
        }
    }

    @Test(arguments: [0, -1, 1001, Int.max, Int.min])
    func `a count of detections beyond 1 to 1000 is refused`(_ count: Int) {
        let error = #expect(throws: OptionError.self) {
            try DetectionOptions.make(detectionsMax: count).validate()
        }
        #expect(
            error?.description
                == "max_det is \(count); it must be a whole number from 1 to 1000")
    }

    @Test(arguments: [
        (["nut"], [1]), (["0"], [0]), (["bolt", "1", "nut"], [0, 1]), (["7"], [2]),
        (["same"], [3, 4]), ([], []),
    ])
    func `classes are found by name, then by number`(_ given: [String], _ ids: [Int]) throws {
        #expect(try ModelDescription.make().resolve(classes: given) == Set(ids))
    }

    @Test(arguments: ["bolts", "5", "-1", "", "Nut", "99999999999999999999", "1.0"])
    func `an unknown class is named beside the known`(_ given: String) {
        let error = #expect(throws: OptionError.self) {
            try ModelDescription.make().resolve(classes: ["nut", given])
        }
        #expect(
            error?.description
                == "the model has no class \"\(given)\"; it knows bolt, nut, 7, same, same")
    }

    @Test func `a character of a million accents is cut too`() {
        // Counted in characters it was one: the answer and the log line held all of it.
        let given = "a" + String(repeating: "\u{301}", count: 1_000_000)
        let error = #expect(throws: OptionError.self) {
            try ModelDescription.make().resolve(classes: [given])
        }
        #expect((error?.description.utf8.count ?? .max) < 200)
    }

    @Test func `long names and long lists are cut`() {
        let model = ModelDescription.make(names: (0..<80).map { "c\($0)" })
        let error = #expect(throws: OptionError.self) {
            try model.resolve(classes: [String(repeating: "x", count: 5000)])
        }
        #expect(
            error?.description == """
                the model has no class "\(String(repeating: "x", count: 40))…"; it knows c0, c1, c2, \
                c3, c4, c5, c6, c7, c8, c9, c10, c11 and 68 more
                """)
    }
}

extension DetectionOptions {
    static func make(
        confidence: Float = 0.25, iou: Float = 0.7, detectionsMax: Int = 300,
        classes: Set<Int>? = nil, isAgnostic: Bool = false
    ) -> DetectionOptions {
        var options = DetectionOptions()
        options.confidence = confidence
        options.iou = iou
        options.detectionsMax = detectionsMax
        options.classes = classes
        options.isAgnostic = isAgnostic
        return options
    }
}

extension ModelDescription {
    static func make(
        names: [String] = ["bolt", "nut", "7", "same", "same"]
    ) -> ModelDescription {
        ModelDescription(name: "parts", names: names, stride: 32, imageSize: 640)
    }
}
