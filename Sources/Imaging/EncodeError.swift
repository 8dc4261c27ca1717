/// Why a picture could not be written.
package enum EncodeError: Error, Equatable {
    /// A side is longer than the format can have.
    case tooLong(sideMax: Int)
    /// The encoder's own words.
    case failed(String)
}
