/// A network's arithmetic: steps in the order they run, each making new values out of earlier ones.
///
/// A value is an activation of (C, H, W) a picture; H and W are known only when a plan is made.
package struct Graph: Sendable {
    /// The name of an activation.
    package struct Value: Hashable, Sendable {
        /// Values are numbered in the order they are made; the input is 0.
        package let id: Int
    }

    /// One operation and what it is applied to.
    package struct Step: Sendable {
        /// Where it comes from in the file, such as `model.2.m.0.cv1`: errors and tables say it.
        package let name: String
        /// What it does.
        package let operation: Operation
        /// What it is applied to, in the operation's order.
        package let inputs: [Value]
        /// What it makes.
        package let outputs: [Value]
    }

    /// The picture.
    package let input: Value
    /// In the order they run.
    package private(set) var steps: [Step] = []
    /// Channels of each value.
    package private(set) var channels: [Int]  // by Value.id
    /// What is read after a pass.
    package private(set) var outputs: [Value] = []
    /// Which of them are searched.
    private(set) var searchedOutputs: [Int] = []

    /// An empty network for pictures of so many channels; a count that cannot be is refused by
    /// the first step.
    package init(inputChannels: Int = 3) {
        input = Value(id: 0)
        channels = [inputChannels]
    }

    /// Channels of a value.
    package func channels(of value: Value) -> Int { channels[value.id] }

    /// Appends a step and names what it makes.
    ///
    /// - Throws: when the channel counts do not fit, an array has not the size it must have, a number
    ///   is not finite or a limit is passed; with the step's name.
    package mutating func append(
        _ operation: Operation, to inputs: [Value], named name: String
    ) throws(GraphError) -> [Value] {
        var made: [Int] = []
        do throws(Misfit) {
            guard steps.count < GraphLimits.stepsMax else {
                throw Misfit("more than \(GraphLimits.stepsMax) steps")
            }
            guard inputs.allSatisfy({ channels.indices.contains($0.id) }) else {
                throw Misfit("an input of another graph")
            }
            made = try operation.outputChannels(of: inputs.map { channels[$0.id] })
        } catch {
            throw .invalid(step: name, reason: error.reason)
        }
        let outputs = made.indices.map { Value(id: channels.count + $0) }
        channels += made
        steps.append(Step(name: name, operation: operation, inputs: inputs, outputs: outputs))
        return outputs
    }

    /// Marks what the caller wants to read after a pass.
    ///
    /// - searched: those among them, by index, in which few numbers are looked for: see
    ///   ``Outputs/top(_:block:y:)``.
    package mutating func setOutputs(_ values: [Value], searched: [Int] = []) {
        precondition(values.allSatisfy { channels.indices.contains($0.id) })
        precondition(searched.allSatisfy { values.indices.contains($0) })
        outputs = values
        searchedOutputs = searched
    }
}

/// Why a network cannot be built or run; each names the step.
package enum GraphError: Error, Equatable {
    case invalid(step: String, reason: String)
    /// The picture's height and width do not fit, or are beyond what a plan may hold.
    case shape(reason: String)
}

/// What a stranger's file can make longer, and how far.
enum GraphLimits {
    /// The largest known networks of the family have some hundred steps; planning is quadratic.
    static let stepsMax = 4096
    /// Far above the 2048 of the widest; a block number then fits the kernels' 16 bits.
    static let channelsMax = 1 << 16
    /// Inputs of a concat, outputs of a split.
    static let partsMax = 256
    /// Kernel side, stride, padding and dilation.
    ///
    /// With it no extent of a window overflows.
    static let windowMax = 255
    /// M.
    ///
    /// The papers go up to 16.
    static let expertsMax = 256
    static let hiddenMax = 1 << 16
    static let upsampleMax = 64
    /// Height or width of any value, in pixels.
    static let sideMax = 1 << 16
    /// One pass's memory.
    static let planBytesMax = 1 << 31
    /// All packed weights.
    ///
    /// Odd groupings can blow a kernel up by the block size squared.
    static let packedBytesMax = 1 << 32
    /// Places where some value's channels are cut.
    ///
    /// Plain networks have a few hundred.
    static let cutsMax = 1 << 20
}

/// Why an operation does not fit its inputs; ``Graph/append(_:to:named:)`` adds the name.
struct Misfit: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}
