/// A `.safetensors` file opened: 8 bytes of length, a JSON header, the tensors' bytes.
struct SafetensorsFile {
    /// In the order of their data.
    let tensors: [(name: String, tensor: Tensor)]
    let metadata: [String: String]

    /// Reads the header and checks every tensor's place; no element is touched.
    init(_ file: FileBytes) throws(CheckpointError) {
        var reader = ByteReader(file, 0..<file.count, name: "safetensors")
        let headerBytes = try reader.integer(UInt64.self)
        guard headerBytes <= UInt64(Limits.headerBytes) else {
            throw .limit(
                place: "safetensors header",
                reason: "is \(headerBytes) bytes; up to \(Limits.headerBytes) are read")
        }
        let start = reader.position
        try reader.skip(Int(headerBytes))
        let data = reader.position
        var parser = JSONParser(file.span.extracting(start..<data), name: "safetensors header")
        guard let header = try parser.parse().object else {
            throw .malformed(place: "safetensors header", reason: "is no JSON object")
        }
        var metadata: [String: String] = [:]
        var placed: [(name: String, tensor: Tensor, range: Range<Int>)] = []
        var elementsLeft = Limits.elements
        for (name, value) in header {
            if name == "__metadata__" {
                for (key, text) in value.object ?? [] { metadata[key] = text.string }
                continue
            }
            guard name.utf8.count <= Limits.nameBytes else {
                throw .limit(
                    place: "“\(name.prefix(80))…”",
                    reason: "a name is longer than \(Limits.nameBytes) bytes")
            }
            let (tensor, range) = try SafetensorsFile.tensor(name, value, in: file, from: data)
            elementsLeft -= tensor.count
            guard elementsLeft >= 0 else {
                throw .limit(
                    place: name,
                    reason: "all tensors together hold more than \(Limits.elements) elements")
            }
            placed.append((name, tensor, range))
        }
        placed.sort { $0.range.lowerBound < $1.range.lowerBound }
        for (one, next) in zip(placed, placed.dropFirst())
        where one.range.upperBound > next.range.lowerBound {
            throw .malformed(place: next.name, reason: "its data overlaps that of \(one.name)")
        }
        tensors = placed.map { ($0.name, $0.tensor) }
        self.metadata = metadata
    }

    /// One entry of the header: `{"dtype", "shape", "data_offsets"}`.
    private static func tensor(
        _ name: String, _ value: JSON, in file: FileBytes, from data: Int
    ) throws(CheckpointError) -> (Tensor, Range<Int>) {
        guard let type = value["dtype"]?.string, let shape = value["shape"]?.integers,
            let offsets = value["data_offsets"]?.integers, offsets.count == 2
        else {
            throw .malformed(place: name, reason: "has no dtype, shape and data_offsets")
        }
        guard let elementType = Tensor.ElementType(safetensors: type) else {
            throw .refused(
                place: name,
                reason:
                    "elements of \(type.prefix(20)); F16, BF16, F32, F64, I64, I32, U8 and BOOL "
                    + "are supported")
        }
        let held = file.count - data
        guard offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] <= held else {
            throw .malformed(
                place: name,
                reason: "its data at \(offsets[0])..<\(offsets[1]) lies outside the file's \(held) "
                    + "bytes of data: the file is truncated")
        }
        let range = data + offsets[0]..<data + offsets[1]
        let tensor = try Tensor(elementType, shape: shape, in: file, range: range, place: name)
        guard tensor.count * elementType.byteCount == range.count else {
            throw .malformed(
                place: name, reason: "shape \(shape) of \(type) does not fill \(range.count) bytes")
        }
        return (tensor, range)
    }
}

extension Tensor.ElementType {
    /// The type of this name in a safetensors header.
    init?(safetensors name: String) {
        guard let found = Self.allCases.first(where: { $0.safetensors == name }) else { return nil }
        self = found
    }

    /// The name in a safetensors header.
    var safetensors: String {
        switch self {
        case .float16: "F16"
        case .bfloat16: "BF16"
        case .float32: "F32"
        case .float64: "F64"
        case .int64: "I64"
        case .int32: "I32"
        case .uint8: "U8"
        case .bool: "BOOL"
        }
    }
}
