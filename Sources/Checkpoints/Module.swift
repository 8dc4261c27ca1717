/// One `nn.Module`: what its class is called, what it holds.
package struct Module: Sendable {
    /// The class's last name, such as `C2f_DynamicConv`: a hint, children decide.
    package let className: String
    /// Where it stands, such as `model.2.m.0.cv1`; empty for the root.
    package let path: String
    /// In the file's order.
    package let children: [(name: String, module: Module)]
    /// Parameters and buffers, such as `weight`, `running_mean`.
    package let tensors: [String: Tensor]
    /// Plain attributes, such as `stride`, `eps`, `add`, `c`, `f`, `i`, `groups`, `padding`.
    ///
    /// A small tensor that is neither parameter nor buffer (`Detect.stride`) stands here as a list.
    package let attributes: [String: Attribute]

    /// Values as given; nothing is checked.
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

    /// The child of this name, if there is one.
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
    /// Something inert: the last name of its class, or of a bound method.
    case object(String)
}

/// The dotted path of a child or tensor.
func join(_ path: String, _ name: String) -> String {
    path.isEmpty ? name : "\(path).\(name)"
}

/// Whether a text can name a module or tensor: a part of a dotted path.
func isModuleName(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 256 && !name.utf8.contains(UInt8(ascii: "."))
}
