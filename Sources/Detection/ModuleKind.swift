import Checkpoints
import Inference

/// What a module is taken for: by its children first, then by the last name of its class, so that
/// forks' own classes are known whatever they are called.
enum ModuleKind: Equatable {
    /// Bare convolutions, which take in a BatchNorm and an activation behind them.
    case convolution, dynamicConvolution
    /// `conv`, perhaps `bn`, and `act`.
    case convolutionBlock
    /// Nothing but a Sequential called `conv`.
    case wrapper
    case batchNorm
    case activation(Activation)
    case identity, sequential
    case bottleneck, c2f, c2, c3
    case spp, sppf, maxPool, upsample, concat
    case ghostConvolution, ghostModule, ghostBottleneck
    case detect
    case unknown

    init(of module: Module) {
        self = module.children.isEmpty ? Self.leaf(module) : Self.tree(module)
    }

    /// For messages.
    static let supported = """
        supported are Conv2d and DynamicConv with BatchNorm and an activation behind them, C2f, C2, \
        C3, Bottleneck, GhostConv, GhostBottleneck, SPP, SPPF, MaxPool2d, Upsample, Concat, \
        Sequential, Identity and Detect
        """

    private static func leaf(_ module: Module) -> ModuleKind {
        switch module.className {
        case "Conv2d", "Conv2dSame": .convolution
        case "BatchNorm2d", "SyncBatchNorm": .batchNorm
        case "MaxPool2d": .maxPool
        case "Upsample": .upsample
        case "Concat": .concat
        case "Sequential": .sequential
        // In inference both hand on what they get.
        case "Dropout", "Dropout2d", "Identity": .identity
        default: Activation(className: module.className).map { .activation($0) } ?? .unknown
        }
    }

    private static func tree(_ module: Module) -> ModuleKind {
        let names = module.childNames
        let isGhost = module.className.contains("Ghost")
        if names.isSuperset(of: ["routing", "cond_conv"]) { return .dynamicConvolution }
        if names == ["conv"], module[child: "conv"]?.className == "Sequential" { return .wrapper }
        if names.contains("conv"), names.isSubset(of: ["conv", "bn", "act"]) {
            return .convolutionBlock
        }
        if names == ["cv1", "cv2", "m"] { return splitBlock(module) }
        if names == ["cv1", "cv2", "cv3", "m"], !module.className.hasPrefix("RepC3") { return .c3 }
        if names == ["cv1", "cv2"] {
            if module.attributes["add"] != nil { return .bottleneck }
            if isGhost { return .ghostConvolution }
            return module.className.contains("Bottleneck") ? .bottleneck : .unknown
        }
        if names == ["conv", "shortcut"], isGhost { return .ghostBottleneck }
        if names == ["primary_conv", "cheap_operation"] { return .ghostModule }
        if names.isSuperset(of: ["cv2", "cv3"]), !names.contains("cv1") { return .detect }
        return module.className == "Sequential" ? .sequential : .unknown
    }

    /// `cv1`, `cv2`, `m`: what `m` is tells them apart.
    private static func splitBlock(_ module: Module) -> ModuleKind {
        guard let inner = module[child: "m"] else { return .unknown }
        if inner.children.isEmpty, inner.className == "MaxPool2d" { return .sppf }
        let isPools = inner.children.allSatisfy { $0.module.className == "MaxPool2d" }
        if isPools, !inner.children.isEmpty { return .spp }
        if module.attributes["c"] == nil { return .unknown }  // C1 and others, which split nothing
        return inner.className == "Sequential" ? .c2 : .c2f
    }
}

extension Activation {
    /// The activation of a PyTorch class.
    init?(className: String) {
        switch className {
        case "SiLU": self = .silu
        case "ReLU": self = .relu
        case "Hardswish": self = .hardswish
        case "Identity": self = .identity
        default: return nil
        }
    }
}
