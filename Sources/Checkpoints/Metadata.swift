/// What a file says of its model beside the weights.
package struct Metadata: Sendable, Equatable {
    /// By class id; may be empty.
    package var names: [String]
    /// The largest stride of the head, in pixels.
    package var stride: Int
    /// The side of the square the model was trained on, in pixels.
    package var imageSize: Int
    /// What the model is for, such as `detect`.
    package var task: String
    /// Other text of the file's metadata (licence, training figures, `routing`, …).
    package var other: [String: String]

    /// Values as given; nothing is checked.
    package init(
        names: [String], stride: Int, imageSize: Int, task: String = "detect",
        other: [String: String] = [:]
    ) {
        self.names = names
        self.stride = stride
        self.imageSize = imageSize
        self.task = task
        self.other = other
    }
}

extension Metadata {
    /// Checks the figures that both kinds of file carry.
    func checked() throws(CheckpointError) -> Metadata {
        guard (1...Limits.stride).contains(stride) else {
            throw .malformed(
                place: "stride", reason: "is \(stride); 1 to \(Limits.stride) is supported")
        }
        guard (1...Limits.imageSize).contains(imageSize) else {
            throw .malformed(
                place: "imgsz", reason: "is \(imageSize); 1 to \(Limits.imageSize) is supported")
        }
        return self
    }

    /// Class names from pairs of id and name; an id that is left out gets its number as name.
    static func names(_ pairs: [(id: Int, name: String)]) throws(CheckpointError) -> [String] {
        guard let last = pairs.map(\.id).max() else { return [] }
        guard pairs.allSatisfy({ $0.id >= 0 }), last < Limits.classes else {
            throw .limit(
                place: "names", reason: "class ids must be 0 to \(Limits.classes - 1)")
        }
        var names = (0...last).map(String.init)
        for (id, name) in pairs { names[id] = name }
        return names
    }
}
