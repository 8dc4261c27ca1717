/// Thresholds and filters of one request.
package struct DetectionOptions: Sendable, Equatable, Encodable {
    /// Boxes must score more than this, 0…1.
    package var confidence: Float = 0.25
    /// Of two boxes of a class that overlap by more than this, the weaker goes; 0…1.
    package var iou: Float = 0.7
    /// Boxes kept at most, best first.
    package var detectionsMax: Int = 300
    /// Class ids that may be found; nil: all.
    package var classes: Set<Int>? = nil
    /// Whether boxes of different classes suppress each other.
    package var isAgnostic = false
    /// The defaults of the field: confidence 0.25, IoU 0.7, 300 boxes, all classes.
    package init() {}

    /// More boxes than this are of no use to anyone, and NMS takes time in proportion.
    package static let detectionsLimit = 1000

    /// Refuses what makes no sense.
    ///
    /// - Throws: `OptionError`, which names the option as a user writes it.
    package func validate() throws(OptionError) {
        try Self.check(confidence, is: "conf")
        try Self.check(iou, is: "iou")
        guard (1...Self.detectionsLimit).contains(detectionsMax) else {
            throw .outOfRange(
                option: "max_det", given: "\(detectionsMax)",
                allowed: "a whole number from 1 to \(Self.detectionsLimit)")
        }
    }

    private static func check(_ value: Float, is option: String) throws(OptionError) {
        guard value >= 0, value <= 1 else {  // false for NaN too
            throw .outOfRange(option: option, given: "\(value)", allowed: "a number from 0 to 1")
        }
    }
}

/// What is wrong with an option, in its user's words.
package enum OptionError: Error, Equatable {
    /// A number outside its range.
    case outOfRange(option: String, given: String, allowed: String)
    /// A class that the model does not have; `known` lists some that it has, `unlisted` counts the rest.
    case unknownClass(given: String, known: [String], unlisted: Int)
}

extension OptionError: CustomStringConvertible {
    /// One sentence, safe to show: it holds nothing but the user's own text and the model's classes.
    package var description: String {
        switch self {
        case .outOfRange(let option, let given, let allowed):
            return "\(option) is \(given); it must be \(allowed)"
        case .unknownClass(let given, let known, let unlisted):
            let rest = unlisted > 0 ? " and \(unlisted) more" : ""
            return "the model has no class \"\(given)\"; it knows "
                + known.joined(separator: ", ") + rest
        }
    }
}

extension ModelDescription {
    /// The ids of classes given by name or by number.
    ///
    /// A name is looked up first, so a class that is called "7" is found by its name. A name that
    /// several classes bear stands for all of them.
    ///
    /// - Throws: `OptionError.unknownClass` for the first that the model does not have.
    package func resolve(classes: [String]) throws(OptionError) -> Set<Int> {
        let named = Dictionary(grouping: names.indices) { names[$0] }
        var ids: Set<Int> = []
        for given in classes {
            if let found = named[given] {
                ids.formUnion(found)
            } else if let id = Int(given), names.indices.contains(id) {
                ids.insert(id)
            } else {
                let listed = 12  // a message that a person still reads
                throw .unknownClass(
                    given: given.shortened(to: 40), known: Array(names.prefix(listed)),
                    unlisted: max(0, names.count - listed))
            }
        }
        return ids
    }
}

extension String {
    /// The text itself, or as much of its beginning as fits with a mark that there was more.
    ///
    /// Counts Unicode scalars: a character may hold a million accents.
    func shortened(to countMax: Int) -> String {
        let head = unicodeScalars.prefix(countMax)
        return head.endIndex == endIndex ? self : String(head) + "…"
    }
}
