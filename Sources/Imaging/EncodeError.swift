/// Why a picture could not be written.
package enum EncodeError: Error, Equatable {
    /// What does not fit, in words.
    case failed(String)
}
