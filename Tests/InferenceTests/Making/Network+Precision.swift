@testable import Inference

extension Precision {
    /// What this CPU can compute in; with a lower instruction set than AVX-512 asked for, fp32 alone.
    static var testable: [Precision] {
        allCases.filter { $0 == .fp32 || (ISA.best == .avx512 && $0.element.isAvailable) }
    }

    /// The narrow of them.
    static var narrow: [Precision] { testable.filter { $0 != .fp32 } }
}

extension Network {
    /// A network at a precision, calibrated on seeded pictures where it must be.
    static func make(
        _ graph: Graph, _ precision: Precision, height: Int = 12, width: Int = 14,
        algorithms: AlgorithmTable = .standard, cuts: CutTable = .standard
    ) throws -> Network {
        guard precision == .int8 else {
            return try Network(graph, precision: precision, algorithms: algorithms, cuts: cuts)
        }
        return try Network(
            graph, precision: .int8, ranges: calibrated(graph, height: height, width: width),
            algorithms: algorithms, cuts: cuts)
    }

    /// The ranges of a graph's values on a seeded picture of bytes.
    static func calibrated(
        _ graph: Graph, height: Int, width: Int
    ) throws -> [ClosedRange<Float>] {
        let calibration = try Calibration(of: graph)
        let pictures = makeBytePictures(
            2, channels: graph.channels(of: graph.input), height: height, width: width)
        for picture in pictures {
            try calibration.observe(height: height, width: width, on: Crew(size: 1).lane(0)) {
                $0.fill(tensor: picture.span)
            }
        }
        return calibration.ranges
    }

    /// Seeded pictures of v/255, as the narrow formats hold them exactly.
    static func makeBytePictures(
        _ count: Int, channels: Int = 3, height: Int, width: Int, seed: UInt64 = 7
    ) -> [[Float]] {
        makePictures(count, channels: channels, height: height, width: width, seed: seed)
            .map { $0.map { ($0 * 127 + 128).rounded() / 255 } }
    }
}
