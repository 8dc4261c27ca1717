internal import Detection
internal import Imaging
internal import Inference
internal import Locks

/// A model that serves: what works on its pictures, and what is known of it.
///
/// A request takes hold of one when it comes and keeps it to its answer, so that no answer mixes two;
/// a model that was replaced goes with its last request.
struct ServingModel: Sendable {
    let predictor: any Predictor
    /// Which one it is, counted from 0: pictures of two models are never one batch.
    let generation: Int
    /// Of its classes, by class id.
    let classCounters: [Counter]

    /// What answers call it.
    var identity: ModelIdentity { predictor.model }

    /// Reads a picture's header: the frame it will be put into, or why it is not taken.
    func letterbox(for picture: PictureBytes) throws(DecodeError) -> Letterbox {
        try predictor.letterbox(for: picture.span)
    }
}

/// The model that serves now.
///
/// Its lock is held to copy or replace a reference: once a request, and for nothing else.
final class CurrentModel: Sendable {
    private let held: Guarded<ServingModel>

    init(_ model: ServingModel) { held = Guarded(model) }

    var model: ServingModel { held.withLock { $0 } }

    /// Lets another model serve who comes from now on.
    func replace(by model: ServingModel) { held.withLock { $0 = model } }
}

/// What a model computes in on this machine.
struct Computation: Sendable {
    /// The instruction set.
    let isa: String
    /// The precision, and why that one.
    let precision: Precision.Decision

    init(isa: String, precision: Precision.Decision) {
        self.isa = isa
        self.precision = precision
    }
}
