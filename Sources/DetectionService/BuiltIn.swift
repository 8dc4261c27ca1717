internal import CBuiltInModel
internal import Checkpoints

/// The files inside the executable.
enum BuiltIn {
    /// The model that is used when none is named.
    ///
    /// Its weights are not copied.
    static func checkpoint() throws(CheckpointError) -> Checkpoint {
        // As many bytes as the count says, alive and unchanged as long as the process.
        let bytes = unsafe UnsafeRawBufferPointer(
            start: dd_built_in_model(), count: dd_built_in_model_count())
        return try unsafe Checkpoint(permanent: bytes, name: "the built-in model")
    }

    /// `openapi.yaml`, the contract of the HTTP interface.
    static let openAPI: [UInt8] = {
        // As above.
        unsafe [UInt8](UnsafeBufferPointer(start: dd_openapi(), count: dd_openapi_count()))
    }()
}
