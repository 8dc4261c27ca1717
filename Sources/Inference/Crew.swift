/// The threads that may share a pass. A leader opens sections; whoever is idle assists.
package final class Crew: Sendable {
    package let size: Int
    /// - Parameter size: workers, and so the most threads that can share a section.
    package init(size: Int) { fatalError("stub") }

    /// The seat of worker `index`.
    package func lane(_ index: Int) -> Lane { fatalError("stub") }

    /// Helps whoever leads a pass, as worker `index`, until `isWanted` is false or no pass is open.
    package func assist(as index: Int, while isWanted: () -> Bool) { fatalError("stub") }

    /// A worker's own seat, from which it leads.
    package struct Lane: Sendable {
        package let crew: Crew
        package let index: Int
    }
}
