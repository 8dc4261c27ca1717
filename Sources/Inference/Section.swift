import CKernels

/// A part of a pass whose items may run at the same time, in any order, on any threads.
///
/// Sections follow one another.
protocol Section: Sendable {
    /// What it does.
    var kind: SectionKind { get }
    /// Items, at least one.
    var items: Int { get }
    /// Floats that an item needs beside values, on whatever thread it runs.
    var seatCount: Int { get }
    /// Does item `item`. It writes nothing that another item of the section reads or writes, but for
    /// `seat`: at least `seatCount` floats of its thread's own.
    func run(item: Int, in arena: Arena, seat: Region)
}

/// What the sections of a pass do.
package enum SectionKind: String, Sendable {
    case direct, depthwise, winograd
    case winogradSmall = "winograd 2×2"
    case winogradInput = "winograd input"
    /// The convolution, and the mixing of what it reads.
    case winogradMixing = "winograd and mixing"
    case means, routing, mixing
    case add
    case maxPool = "max pool"
    case upsample, copy, tops

    /// Whether it is the convolution itself, or a part of it.
    package var isConvolution: Bool {
        switch self {
        case .direct, .depthwise, .winograd, .winogradSmall, .winogradInput, .winogradMixing: true
        default: false
        }
    }
}

extension Section {
    var seatCount: Int { 0 }
}

/// What the crew works on: one section in one arena.
struct SectionWork: CrewWork {
    let section: any Section
    let arena: Arena
    /// The first seat's memory; the others' lie behind it.
    let seats: Region

    func run(item: Int, seat: Int) {
        section.run(item: item, in: arena, seat: seats.part(seat * seats.count, seats.count))
    }
}

extension Program.Work {
    /// The sections of a step, in their order.
    ///
    /// `map` gives the planes of a place in the arena; `scratch` is where the step's scratch memory
    /// begins, if it needs any; `readsPixels`: whether the input may lie there as bytes.
    func sections(
        _ map: (Program.Place) -> PlaneMap, scratch: Int?, readsPixels: Bool, kernels: Kernels,
        cuts: CutTable
    ) -> [any Section] {
        switch self {
        case .convolution(let packed, let input, let output, let residual):
            return Self.convolution(
                packed, input: map(input), output: map(output), residual: residual.map(map),
                scratch: StepScratch(packed, output: map(output).planes, at: scratch ?? 0),
                readsPixels: readsPixels, kernels: kernels, cuts: cuts)
        case .add(let left, let right, let output):
            return [
                AddSection(
                    left: map(left), right: map(right), output: map(output), kernels: kernels)
            ]
        case .maxPool(let input, let output, let kernel, let stride, let padding):
            return [
                MaxPoolSection(
                    input: map(input), output: map(output), kernel: kernel,
                    stride: stride, padding: padding, kernels: kernels)
            ]
        case .upsample(let input, let output, let factor):
            return [
                UpsampleSection(
                    input: map(input), output: map(output), factor: factor, kernels: kernels)
            ]
        case .copy(let input, let output, let runs):
            return [CopySection(input: map(input), output: map(output), runs: runs)]
        }
    }

    private static func convolution(
        _ packed: PackedConvolution, input: PlaneMap, output: PlaneMap, residual: PlaneMap?,
        scratch: StepScratch, readsPixels: Bool, kernels: Kernels, cuts: CutTable
    ) -> [any Section] {
        let call = ConvolutionCall(
            packed.geometry, input: input, output: output, residual: residual, scratch: scratch)
        let rule: any CutSection =
            switch packed.algorithm {
            case .winograd: WinogradSection(packed, call, kernels: kernels)
            case .winogradSmall: SmallWinogradSection(packed, call)
            case .direct, .depthwise:
                if input.isNarrow {
                    NarrowConvolutionSection(packed, call)
                } else if readsPixels {
                    PictureSection(packed, call, kernels: kernels)
                } else {
                    ConvolutionSection(packed, call, kernels: kernels)
                }
            }
        let convolution: any Section =
            if let cut = cuts.cuts[rule.shape] { rule.cut(by: cut) } else { rule }
        let convolving =
            scratch.tiles.map {
                [WinogradInputSection(call: call, tiles: $0, kernels: kernels), convolution]
            } ?? [convolution]
        guard let scratch = scratch.mix, let routing = packed.routing else { return convolving }
        let before: [any Section] = [
            MeansSection(input: input, means: scratch.means, kernels: kernels),
            RoutingSection(packed: packed, routing: routing, scratch: scratch, kernels: kernels),
        ]
        if call.mixesGroups { return before + convolving }
        let mixing: any Section =
            if packed.element != .float {
                NarrowMixSection(packed: packed, scratch: scratch)
            } else if packed.algorithm == .winograd {
                WinogradMixSection(packed: packed, scratch: scratch, kernels: kernels)
            } else {
                MixSection(packed: packed, routing: routing, scratch: scratch, kernels: kernels)
            }
        return before + [mixing] + convolving
    }
}
