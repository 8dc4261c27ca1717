import CKernels
import Glibc

/// The instruction set the kernels use.
package enum ISA: String, Sendable, CaseIterable {
    case baseline, avx2, avx512, neon

    /// The best this CPU has, or the lower one that `DYNADETECT_ISA` asks for.
    ///
    /// A request that cannot be met is not an answer here: whoever starts the program asks
    /// ``resolve(_:)`` first and shows what it throws.
    package static var best: ISA {
        do { return try resolve(requested) } catch { return highest }
    }

    /// Those this CPU can run, worst to best.
    package static var available: [ISA] { allCases.filter { dd_isa_available($0.code) != 0 } }

    /// What the environment asks for: `DYNADETECT_ISA`, nil when it is not set.
    package static var requested: String? {
        // A C string that lives as long as nobody calls setenv, and nobody here does.
        guard let value = unsafe getenv("DYNADETECT_ISA") else { return nil }
        return unsafe String(cString: value)
    }

    /// The instruction set of that name, or the best when none is asked for (nil or empty).
    ///
    /// - Throws: when the name is unknown or this CPU cannot run it; nothing else is taken instead.
    package static func resolve(_ asked: String?) throws(ISAError) -> ISA {
        guard let asked, !asked.isEmpty else { return highest }
        guard let isa = ISA(rawValue: asked) else { throw .unknown(asked) }
        guard available.contains(isa) else { throw .unavailable(isa) }
        return isa
    }

    private static var highest: ISA { available.last ?? .baseline }

    /// Its number in the kernels.
    var code: dd_isa {
        switch self {
        case .baseline: DD_BASELINE
        case .avx2: DD_AVX2
        case .avx512: DD_AVX512
        case .neon: DD_NEON
        }
    }

    /// Output blocks that one packed weight group serves.
    var groupBlocks: Int { Int(dd_conv_group(code)) }
}

/// Why the instruction set that was asked for is not used.
package enum ISAError: Error, Equatable, CustomStringConvertible {
    case unknown(String)
    case unavailable(ISA)

    /// A sentence for the person who asked: what is wrong, and what there is.
    package var description: String {
        let known = ISA.available.map(\.rawValue).joined(separator: ", ")
        return switch self {
        case .unknown(let name):
            "there is no instruction set \"\(name)\"; this CPU has \(known)"
        case .unavailable(let isa):
            "this CPU cannot run \(isa.rawValue); it has \(known)"
        }
    }
}
