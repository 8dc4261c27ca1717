import Inference

/// What the head reads: maps of (channels, height, width), in blocks of 16 channels.
protocol FeatureMaps: ~Copyable, ~Escapable {
    /// Channels, height and width of map `index`.
    func shape(_ index: Int) -> (channels: Int, height: Int, width: Int)
    /// Row `y` of channels 16·block ..< 16·block + 16 of map `index`: (width, 16).
    @_lifetime(borrow self)
    func row(_ index: Int, block: Int, y: Int) -> Span<Float>
    /// The largest number of such a row's channels, NaN not counted; of class maps alone.
    func top(_ index: Int, block: Int, y: Int) -> Float
}

extension Outputs: FeatureMaps {}
