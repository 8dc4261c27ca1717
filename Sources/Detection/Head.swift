/// What the network puts out, and how it is read.
///
/// The graph's outputs are, for each scale in turn, a box map (4·bins, h, w) and a class map
/// (classes, h, w). Anchors are numbered scale by scale, row by row.
struct Head: Sendable, Equatable {
    let classes: Int
    /// Bins of the distribution of each box side (`reg_max`); 1: the distance itself.
    let bins: Int
    /// Input pixels per cell, for each scale.
    let strides: [Float]
}
