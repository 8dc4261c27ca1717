/// A box on the network's input, in its pixels.
package struct FoundBox: Sendable, Equatable {
    /// The class that scored best.
    package let classID: Int
    /// Its score, 0…1.
    package let confidence: Float
    /// Left edge.
    package let x1: Float
    /// Upper edge.
    package let y1: Float
    /// Right edge.
    package let x2: Float
    /// Lower edge.
    package let y2: Float
    /// A box by its corners.
    package init(classID: Int, confidence: Float, x1: Float, y1: Float, x2: Float, y2: Float) {
        self.classID = classID
        self.confidence = confidence
        self.x1 = x1
        self.y1 = y1
        self.x2 = x2
        self.y2 = y2
    }
}
