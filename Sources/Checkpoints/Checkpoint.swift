/// A model file: a tree of modules with named tensors. Nothing in the file is ever executed.
package final class Checkpoint: Sendable {
    /// The model itself: its children are the layers `0`, `1`, … under `model`.
    package let root: Module
    package let metadata: Metadata

    /// Reads a `.pt` or `.safetensors`, told apart by content.
    package convenience init(path: String) throws(CheckpointError) { fatalError("stub") }
    /// Reads a model from memory that outlives it (the built-in one).
    package convenience init(bytes: [UInt8], name: String) throws(CheckpointError) { fatalError("stub") }

    package init(root: Module, metadata: Metadata) {
        self.root = root
        self.metadata = metadata
    }

    /// Writes the same description as `.safetensors`.
    package func write(to path: String) throws(CheckpointError) { fatalError("stub") }
}

/// What a file says of its model beside the weights.
package struct Metadata: Sendable, Equatable {
    package var names: [String]  // by class id; may be empty
    package var stride: Int
    package var imageSize: Int
    package var task: String
    /// Other text of the file's metadata (licence, training figures, `routing`, …).
    package var other: [String: String]
    package init(
        names: [String], stride: Int, imageSize: Int, task: String = "detect",
        other: [String: String] = [:]
    ) {
        self.names = names
        self.stride = stride
        self.imageSize = imageSize
        self.task = task
        self.other = other
    }
}

/// One `nn.Module`: what its class is called, what it holds.
package struct Module: Sendable {
    /// The class's last name, such as `C2f_DynamicConv`. A hint: children decide.
    package let className: String
    /// Where it stands, such as `model.2.m.0.cv1`.
    package let path: String
    package let children: [(name: String, module: Module)]
    /// Parameters and buffers, such as `weight`, `running_mean`.
    package let tensors: [String: Tensor]
    /// Plain attributes, such as `stride`, `eps`, `add`, `c`, `f`, `i`, `groups`, `padding`.
    package let attributes: [String: Attribute]
    package init(
        className: String, path: String, children: [(name: String, module: Module)],
        tensors: [String: Tensor], attributes: [String: Attribute]
    ) {
        self.className = className
        self.path = path
        self.children = children
        self.tensors = tensors
        self.attributes = attributes
    }
    package subscript(child name: String) -> Module? {
        children.first { $0.name == name }?.module
    }
}

/// A plain value of the file.
package indirect enum Attribute: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int)
    case float(Double)
    case string(String)
    case list([Attribute])  // lists, tuples, torch.Size
    case map([String: Attribute])
    /// Something inert: the last name of its class.
    case object(String)
}

/// A tensor of the file; its bytes stay where they are until asked for.
package struct Tensor: Sendable {
    package enum ElementType: String, Sendable { case float16, bfloat16, float32, float64, int64, int32, uint8, bool }
    package let elementType: ElementType
    package let shape: [Int]
    /// The elements in row-major order, widened or narrowed to Float.
    package func floats() -> [Float] { fatalError("stub") }
}

/// Why a file is not a model we can read; each names the place.
package enum CheckpointError: Error, Equatable {
    case unreadable(path: String, reason: String)
    case malformed(place: String, reason: String)
    case refused(place: String, reason: String)
    case limit(place: String, reason: String)
}
