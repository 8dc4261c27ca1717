/// A box to draw, with its words.
package struct Annotation: Sendable, Equatable {
    package let box: Box
    package let label: String
    package let classID: Int
    package let confidence: Float
    package init(box: Box, label: String, classID: Int, confidence: Float) {
        self.box = box
        self.label = label
        self.classID = classID
        self.confidence = confidence
    }
}

extension Picture {
    /// Draws boxes and labels onto the pixels.
    package mutating func draw(_ annotations: [Annotation]) { fatalError("stub") }
}

/// Why a picture could not be written.
package enum EncodeError: Error, Equatable { case failed(String) }
