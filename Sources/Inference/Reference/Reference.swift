/// The layers once more, as the formulas say them: what the fast ones are tested against.
///
/// Plain arrays in (C, H, W), everything in Double, nothing reordered, fused or skipped. It is slow
/// and no pass uses it. ``run(_:_:)`` walks a whole ``Graph``.
package enum Reference {
    /// An activation of one picture: (C, H, W), row after row.
    package struct FeatureMap: Sendable, Equatable {
        /// C.
        package let channels: Int
        /// H.
        package let height: Int
        /// W.
        package let width: Int
        /// (C, H, W), row after row.
        package var elements: [Double]

        /// A map of these elements, `channels × height × width` of them.
        package init(channels: Int, height: Int, width: Int, elements: [Double]) {
            precondition(elements.count == channels * height * width)
            self.channels = channels
            self.height = height
            self.width = width
            self.elements = elements
        }

        /// A map of what the function says of (c, y, x).
        package init(
            channels: Int, height: Int, width: Int,
            _ element: (_ c: Int, _ y: Int, _ x: Int) -> Double
        ) {
            var elements: [Double] = []
            elements.reserveCapacity(channels * height * width)
            for c in 0..<channels {
                for y in 0..<height {
                    for x in 0..<width { elements.append(element(c, y, x)) }
                }
            }
            self.init(channels: channels, height: height, width: width, elements: elements)
        }

        /// The element at channel `c`, row `y`, column `x`.
        package subscript(c: Int, y: Int, x: Int) -> Double {
            elements[(c * height + y) * width + x]
        }
    }
}
