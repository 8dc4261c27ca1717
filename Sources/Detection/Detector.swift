package import Checkpoints
package import Inference

/// A detector: a checkpoint's network with the head and NMS behind it.
///
/// The way from a file to boxes: a ``Checkpoint``'s module tree is read into a `Graph`
/// (`NetworkBuilder`), the graph becomes a `Network`, and what the network puts out for a picture is
/// decoded (`HeadDecoder`) and thinned (`Suppression`) into ``FoundBox``es. The detector itself never
/// changes, so all workers share one; what a worker needs for itself is its ``Session``.
package final class Detector: Sendable {
    /// What the file says of the model, and what was decided where it says nothing.
    package let model: ModelDescription
    /// The arithmetic, ready to run.
    package let network: Network
    /// Why it computes in the precision it does.
    package let precision: Precision.Decision
    let head: Head
    let records: [StepRecord]

    /// Builds the network of a YOLO-family checkpoint.
    ///
    /// - Parameters:
    ///   - checkpoint: a detection model: layers under `model`, the last of them a `Detect` head.
    ///   - name: what the model is called; nil: `name` of the file's metadata, or "model".
    ///   - overrides: settings that stand above what the file says.
    ///   - isa: the instruction set the network shall use.
    ///   - precision: what is asked for; where it cannot be had, fp32, and ``precision`` says so.
    /// - Throws: `ModelError`, which names the module that is unknown, incomplete or does not fit.
    package init(
        _ checkpoint: Checkpoint, name: String? = nil, overrides: Overrides = Overrides(),
        isa: ISA = .best, precision: Precision.Choice = .fp32
    ) throws(ModelError) {
        let blueprint = try NetworkBuilder.blueprint(of: checkpoint, overrides: overrides)
        head = blueprint.head
        records = blueprint.records
        model = ModelDescription(of: checkpoint, name: name, blueprint: blueprint)
        let ranges = checkpoint.metadata.other[ActivationRanges.key].flatMap {
            ActivationRanges.read($0, for: blueprint.graph)
        }
        let decision = Precision.choose(precision, isa: isa, hasRanges: ranges != nil)
        self.precision = decision
        do {
            network = try Network(
                blueprint.graph, isa: isa, precision: decision.precision, ranges: ranges ?? [])
        } catch {
            throw .graph(error)
        }
    }

    /// What a worker keeps between pictures.
    package func makeSession() -> Session { Session(of: self) }

    /// Settings that stand above what the file says.
    package struct Overrides: Sendable {
        /// How the experts of every dynamic convolution are weighed; nil: as the file says.
        package var routing: RoutingKind?
        /// The rule that makes expert weights out of the router's output.
        package enum RoutingKind: String, Sendable, CaseIterable, Encodable {
            case sigmoid, softmax
        }
        /// Leaves to the file what is not given.
        package init(routing: RoutingKind? = nil) { self.routing = routing }
    }
}
