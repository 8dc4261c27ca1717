/// A value to be pickled (protocol 2), sound or hostile.
indirect enum Pickled: Sendable {
    case none
    case bool(Bool)
    case int(Int)
    case text(String)
    case list([Pickled])
    case tuple([Pickled])
    case dict([(Pickled, Pickled)])
    case global(String, String)
    case call(String, String, [Pickled])
    case object(String, String, state: Pickled)
    case persistent(Pickled)
    /// Instructions as they are; they must leave one value on the stack.
    case raw([UInt8])

    /// The whole pickle.
    var bytes: [UInt8] { [0x80, 2] + instructions + Array(".".utf8) }

    private var instructions: [UInt8] {
        switch self {
        case .none: Array("N".utf8)
        case .bool(let flag): [flag ? 0x88 : 0x89]
        case .int(let value):
            [0x8A, 8] + (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        case .text(let text):
            Array("X".utf8) + littleEndian(UInt32(text.utf8.count)) + Array(text.utf8)
        case .list(let items): Array("](".utf8) + items.flatMap(\.instructions) + Array("e".utf8)
        case .tuple(let items): Array("(".utf8) + items.flatMap(\.instructions) + Array("t".utf8)
        case .dict(let items):
            Array("}(".utf8) + items.flatMap { $0.instructions + $1.instructions } + Array("u".utf8)
        case .global(let module, let name): Array("c\(module)\n\(name)\n".utf8)
        case .call(let module, let name, let arguments):
            Pickled.global(module, name).instructions + Pickled.tuple(arguments).instructions
                + Array("R".utf8)
        case .object(let module, let name, let state):
            Pickled.global(module, name).instructions + Array(")".utf8) + [0x81]
                + state.instructions + Array("b".utf8)
        case .persistent(let id): id.instructions + Array("Q".utf8)
        case .raw(let bytes): bytes
        }
    }
}

extension Pickled {
    static func map(_ items: [(String, Pickled)]) -> Pickled {
        .dict(items.map { (.text($0), $1) })
    }

    /// An `nn.Module` of some class.
    static func module(
        _ className: String = "Conv", modules: [(String, Pickled)] = [],
        tensors: [(String, Pickled)] = [], attributes: [(String, Pickled)] = []
    ) -> Pickled {
        .object(
            "some.fork.modules", className,
            state: .map(
                [
                    ("_parameters", .map(tensors)), ("_buffers", .map([])),
                    ("_modules", .map(modules)),
                ] + attributes))
    }

    /// A tensor in the storage `data/KEY`.
    static func tensor(
        key: String = "0", type: String = "FloatStorage", count: Int = 4, offset: Int = 0,
        shape: [Int] = [2, 2], strides: [Int] = [2, 1]
    ) -> Pickled {
        let storage = Pickled.persistent(
            .tuple([
                .text("storage"), .global("torch", type), .text(key), .text("cpu"), .int(count),
            ]))
        return .call(
            "torch._utils", "_rebuild_tensor_v2",
            [
                storage, .int(offset), .tuple(shape.map(Pickled.int)),
                .tuple(strides.map(Pickled.int)), .bool(false),
                .call("collections", "OrderedDict", []),
            ])
    }
}

/// The bytes of an integer, lowest first.
func littleEndian<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] {
    (0..<Integer.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// The bytes of floats.
func littleEndian(_ floats: [Float]) -> [UInt8] { floats.flatMap { littleEndian($0.bitPattern) } }
