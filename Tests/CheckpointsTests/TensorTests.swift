import Testing

@testable import Checkpoints

struct TensorTests {
    static let ramp: [Float] = (0..<12).map { Float($0) - 5.5 }

    static let elementTypes: [(name: String, type: Tensor.ElementType, floats: [Float])] = [
        ("row_major", .float32, ramp),
        ("transposed", .float32, [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11].map { ramp[$0] }),
        ("tail", .float32, Array(ramp[7...])),
        ("every_other", .float32, [1, 3, 5, 7, 9, 11].map { ramp[$0] }),
        ("expanded", .float32, [Float](repeating: 1.5, count: 6)),
        ("half_", .float16, [0, -1.5, 3, 70]),
        ("brain", .bfloat16, [0, -1.5, 3, 70]),
        ("double_", .float64, [0, -1.5, 3, 70]),
        ("long_", .int64, [0, -1, 3, 70]),
        ("integer", .int32, [0, -1, 3, 70]),
        ("byte_", .uint8, [0, 1, 2, 200]),
        ("truth", .bool, [0, 1, 1, 1]),
        ("scalar", .int64, [7]),
        ("none_at_all", .float32, []),
    ]

    @Test(arguments: elementTypes)
    func `every element type and stride is read as torch wrote it`(
        name: String, type: Tensor.ElementType, floats: [Float]
    ) throws {
        let checkpoint = try Checkpoint(path: Files.golden("element_types.pt"))
        let tensor = try #require(checkpoint.root.at("model.0")?.tensors[name])
        #expect(tensor.elementType == type)
        #expect(tensor.floats() == floats)
    }

    @Test func `a buffer that is None is left out`() throws {
        let checkpoint = try Checkpoint(path: Files.golden("element_types.pt"))
        let module = try #require(checkpoint.root.at("model.0"))
        #expect(module.tensors.count == Self.elementTypes.count)
        #expect(module.tensors["scalar"]?.shape == [])
        #expect(module.tensors["none_at_all"]?.shape == [0, 3])
    }

    @Test func `every half is exact, subnormals and infinities too`() {
        // By the definition: (-1)^s · 2^(e-15) · 1.m, with e = 0 for subnormals.
        for bits in 0...UInt16.max {
            let exponent = Int(bits >> 10 & 31)
            let fraction = Float(bits & 1023)
            let power = Float(sign: .plus, exponent: max(exponent, 1) - 25, significand: 1)
            var value = power * (exponent == 0 ? fraction : fraction + 1024)
            if exponent == 31 { value = fraction == 0 ? .infinity : .nan }
            if bits >> 15 == 1 { value = -value }
            let read = Float(halfBits: bits)
            if read != value, !(read.isNaN && value.isNaN) {
                Issue.record("\(bits): \(read), not \(value)")
                return
            }
        }
    }

    @Test(
        arguments: [
            // Shape, strides, first element; the storage has four elements.
            ([5], [1], 0), ([2, 2], [2, 1], 1), ([2], [Int.max], 0),
            ([2, 2], [Int.max, Int.max], 0),
            ([Int.max, Int.max], [1, 1], 0), ([1], [1], 4), ([1], [1], Int.max), ([-1], [1], 0),
            ([2], [-1], 1), ([1], [1], -1), ([2], [1, 1], 0), ([1 << 40], [0], 0),
            ([1 << 40, 1 << 40], [0, 0], 0),
            ([1, 1, 1, 1, 1, 1, 1, 1, 1], [Int](repeating: 1, count: 9), 0),
        ] as [([Int], [Int], Int)])
    func `a view that leaves its storage is refused, whatever overflows`(
        shape: [Int], strides: [Int], first: Int
    ) {
        let model = Pickled.module(
            tensors: [("weight", .tensor(offset: first, shape: shape, strides: strides))])
        let file = ZipFile.make(model: model, storages: ["0": littleEndian([1, 2, 3, 4])])
        #expect(Checkpoint.error(of: file.bytes)?.description.hasPrefix("weight: ") == true)
    }

    @Test(
        arguments: [
            ([1], [Int.max], [4]), ([2, 1, 2], [2, Int.max, 1], [1, 2, 3, 4]),
            ([0, Int.max], [1, 1], []),
            ([Int.max, Int.max, 0], [Int.max, Int.max, Int.max], []),
        ] as [([Int], [Int], [Float])])
    func `strides that are never taken do no harm`(
        shape: [Int], strides: [Int], floats: [Float]
    ) throws {
        let model = Pickled.module(
            tensors: [
                (
                    "weight",
                    .tensor(
                        offset: floats.count == 1 ? 3 : 0, shape: shape, strides: strides)
                )
            ])
        let file = ZipFile.make(model: model, storages: ["0": littleEndian([1, 2, 3, 4])])
        let checkpoint = try Checkpoint(bytes: file.bytes, name: "test")
        let tensor = try #require(checkpoint.root.tensors["weight"])
        #expect(tensor.floats() == floats)
        #expect(tensor.count == floats.count)
    }

    @Test func `a tensor built in memory gives back its floats`() {
        let floats: [Float] = [1, -2.5, .infinity, Float.leastNonzeroMagnitude, 0, 7]
        #expect(Tensor(floats, shape: [2, 3]).floats() == floats)
    }
}
