import Checkpoints
import Inference

/// What a builder asks of a module; each refusal names the place.
extension Module {
    /// The path as it is shown: the model itself has none.
    var place: String { path.isEmpty ? "model" : path }

    /// The class as it is shown: a stranger's text, and so not at any length.
    var shownClass: String { className.shortened(to: 60) }

    /// The names of all children.
    var childNames: Set<String> { Set(children.map { $0.name }) }

    func child(_ name: String) throws(ModelError) -> Module {
        guard let child = self[child: name] else {
            throw .missing(module: place, what: "its \(name)")
        }
        return child
    }

    /// A tensor that must be of the given shape.
    func floats(_ name: String, shape: [Int]) throws(ModelError) -> [Float] {
        let tensor = try tensor(name)
        guard tensor.shape == shape else {
            throw unsupported("its \(name) is \(tensor.shape), but \(shape) is what fits here")
        }
        return tensor.floats()
    }

    func tensor(_ name: String) throws(ModelError) -> Tensor {
        guard let tensor = tensors[name] else { throw .missing(module: place, what: "its \(name)") }
        return tensor
    }

    /// A whole number; a list of equal ones counts as one.
    func integer(
        _ name: String, in range: ClosedRange<Int>, default standard: Int? = nil
    ) throws(ModelError) -> Int {
        let extent = try extent(name, in: range, default: standard)
        guard extent.height == extent.width else {
            throw unsupported("its \(name) differs in height and width; only squares are supported")
        }
        return extent.height
    }

    /// One whole number for both directions, or a list of two.
    func extent(
        _ name: String, in range: ClosedRange<Int>, default standard: Int? = nil
    ) throws(ModelError) -> Convolution.Extent {
        let values: [Int?]
        switch attributes[name] {
        case nil, .null?:
            guard let standard else { throw .missing(module: place, what: "its \(name)") }
            values = [standard]
        case .list(let list)?: values = list.map(\.whole)
        case let value?: values = [value.whole]
        }
        guard values.count == 1 || values.count == 2, let height = values[0],
            let width = values[values.count - 1], range.contains(height), range.contains(width)
        else {
            throw unsupported(
                "its \(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return Convolution.Extent(height, width)
    }

    func flag(_ name: String, default standard: Bool? = nil) throws(ModelError) -> Bool {
        switch attributes[name] {
        case .bool(let flag)?: return flag
        case .int(let number)?: return number != 0
        case nil, .null?:
            guard let standard else { throw .missing(module: place, what: "its \(name)") }
            return standard
        default: throw unsupported("its \(name) must be true or false")
        }
    }

    /// Refuses an attribute that is anything but what our arithmetic takes for granted.
    func require(_ name: String, _ isAsExpected: (Attribute) -> Bool, else reason: String)
        throws(ModelError)
    {
        if let value = attributes[name], value != .null, !isAsExpected(value) {
            throw unsupported(reason)
        }
    }

    func unsupported(_ reason: String) -> ModelError { .unsupported(module: place, reason: reason) }
}

extension Attribute {
    /// The whole number it is, also when written as a float.
    var whole: Int? {
        switch self {
        case .int(let number): number
        case .float(let number): Int(exactly: number)
        default: nil
        }
    }

    /// The number it is.
    var number: Double? {
        switch self {
        case .int(let number): Double(number)
        case .float(let number): number
        default: nil
        }
    }
}
