import CKernels

/// How a convolution's output is cut into the items that threads share.
///
/// What an item computes does not depend on it; how long it takes does.
package struct Cut: Sendable, Hashable {
    /// Of an item, at most: tiles in Winograd's ways, rows in the others.
    let run: Int
    /// Groups of output blocks of an item, at most; 0 where each item is of one group, and the items of
    /// a group follow each other.
    let groups: Int
}

/// What the best cut depends on.
package struct CutShape: Sendable, Hashable {
    let isa: ISA
    let element: Format.Element
    let kind: SectionKind
    /// Window and stride, of one side each.
    let kernel: Int
    let stride: Int
    let inputBlocks: Int
    let outputBlocks: Int
    /// Of the output.
    let height: Int
    let width: Int
}

extension CutShape {
    init(_ packed: PackedConvolution, _ call: ConvolutionCall, _ kind: SectionKind) {
        self.init(
            isa: packed.isa, element: packed.input.element, kind: kind,
            kernel: packed.geometry.kernel.height, stride: packed.geometry.stride.height,
            inputBlocks: Int(call.conv.in.blocks), outputBlocks: Int(call.conv.out.blocks),
            height: Int(call.conv.out.height), width: Int(call.conv.out.width))
    }
}

/// A section whose output may be cut in several ways; as it is made, by a rule.
protocol CutSection: Section {
    var shape: CutShape { get }
    var cut: Cut { get }
    /// Those worth to be measured.
    var candidates: [Cut] { get }
    /// The same section, cut otherwise.
    func cut(by cut: Cut) -> Self
}

/// A convolution that is not Winograd's: its output is cut into rows and groups.
protocol TiledSection: CutSection {
    var packed: PackedConvolution { get }
    var call: ConvolutionCall { get }
    var tiling: Tiling { get set }
}

extension TiledSection {
    var kind: SectionKind { packed.algorithm == .depthwise ? .depthwise : .direct }
    var items: Int { tiling.items }

    var shape: CutShape { CutShape(packed, call, kind) }
    var cut: Cut { tiling.cut }
    var candidates: [Cut] { tiling.candidates }

    func cut(by cut: Cut) -> Self {
        var section = self
        section.tiling = Tiling(columns: tiling.columns, height: tiling.height, cut: cut)
        return section
    }
}
