import Testing

@testable import Checkpoints

struct LayerListTests {
    /// A tensor to be: its name and shape.
    typealias Shaped = (name: String, shape: [Int])

    /// A file of zeros with this architecture and these tensors.
    static func file(
        _ layers: String, _ tensors: [Shaped], strides: String = "[8]",
        bins: Int = 4
    ) -> [UInt8] {
        var offset = 0
        var items: [(key: String, value: JSON)] = [
            (
                "__metadata__",
                .object([
                    (
                        "architecture",
                        .string(
                            "{\"nc\":2,\"strides\":\(strides),\"reg_max\":\(bins),\"layers\":\(layers)}"
                        )
                    )
                ])
            )
        ]
        for (name, shape) in tensors {
            let bytes = 2 * shape.reduce(1, *)
            items.append(
                (
                    name,
                    .object([
                        ("dtype", .string("F16")), ("shape", .array(shape.map(JSON.int))),
                        ("data_offsets", .array([.int(offset), .int(offset + bytes)])),
                    ])
                ))
            offset += bytes
        }
        return SafetensorsTests.file(
            JSON.object(items).text, data: [UInt8](repeating: 0, count: offset))
    }

    static func conv(
        _ path: String, _ shape: [Int], isDynamic: Bool = false
    ) -> [Shaped] {
        var tensors = isDynamic ? dynamic("\(path).conv", shape) : [("\(path).conv.weight", shape)]
        for name in ["weight", "bias", "running_mean", "running_var"] {
            tensors.append(("\(path).bn.\(name)", [shape[0]]))
        }
        return tensors
    }

    static func dynamic(_ path: String, _ shape: [Int]) -> [Shaped] {
        [
            ("\(path).routing.weight", [3, shape[1]]), ("\(path).routing.bias", [3]),
            ("\(path).cond_conv.weight", [3, shape.reduce(1, *)]),
        ]
    }

    static func head(_ path: String, _ input: Int) -> [Shaped] {
        var tensors: [Shaped] = []
        for (branch, output) in [("cv2", 16), ("cv3", 2)] {
            tensors += conv("\(path).\(branch).0.0", [5, input, 3, 3])
            tensors += conv("\(path).\(branch).0.1", [5, 5, 3, 3])
            tensors.append(("\(path).\(branch).0.2.weight", [output, 5, 1, 1]))
            tensors.append(("\(path).\(branch).0.2.bias", [output]))
        }
        tensors.append(("\(path).dfl.conv.weight", [1, 4, 1, 1]))
        return tensors
    }

    /// Every kind of layer once.
    static let whole: [UInt8] = {
        let layers = """
            [[-1,"Conv",[3,8,3,2]],[-1,"C2f_DynamicConv",[8,6,2,true]],[-1,"SPPF",[6,4,5]],[-1,"SPP",[4,4]],\
            [-1,"nn.Upsample",[2,"nearest"]],[[-1,1],"Concat",[1]],[-1,"C3",[10,6,1,false]],\
            [-1,"DynamicConv",[6,6,3,2]],[-1,"Bottleneck",[6,6]],[[8],"Detect",[2,[6]]]]
            """
        var tensors: [Shaped] = []
        tensors += conv("model.0", [8, 3, 3, 3])
        tensors += conv("model.1.cv1", [6, 8, 1, 1])
        tensors += conv("model.1.cv2", [6, 12, 1, 1])
        tensors += conv("model.1.m.0.cv1", [3, 3, 3, 3], isDynamic: true)
        tensors += conv("model.1.m.0.cv2", [3, 3, 3, 3], isDynamic: true)
        tensors += conv("model.1.m.1.cv1", [3, 3, 3, 3])
        tensors += conv("model.1.m.1.cv2", [3, 3, 3, 3], isDynamic: true)
        tensors += conv("model.2.cv1", [3, 6, 1, 1])
        tensors += conv("model.2.cv2", [4, 12, 1, 1])
        tensors += conv("model.3.cv1", [2, 4, 1, 1])
        tensors += conv("model.3.cv2", [4, 8, 1, 1])
        tensors += conv("model.6.cv1", [3, 10, 1, 1])
        tensors += conv("model.6.cv2", [3, 10, 1, 1])
        tensors += conv("model.6.cv3", [6, 6, 1, 1])
        tensors += conv("model.6.m.0.cv1", [3, 3, 1, 1])
        tensors += conv("model.6.m.0.cv2", [3, 3, 3, 3])
        tensors += dynamic("model.7", [6, 6, 3, 3])
        tensors += conv("model.8.cv1", [3, 6, 3, 3])
        tensors += conv("model.8.cv2", [6, 3, 3, 3])
        tensors += head("model.9", 6)
        return file(layers, tensors)
    }()

    @Test func `a list of layers becomes the tree that a .pt has`() throws {
        let root = try Checkpoint(bytes: Self.whole, name: "test").root
        #expect(root.className == "DetectionModel")
        #expect(
            root[child: "model"]?.children.map(\.module.className) == [
                "Conv", "C2f_DynamicConv", "SPPF", "SPP", "Upsample", "Concat", "C3", "DynamicConv",
                "Bottleneck", "Detect",
            ])
        #expect(root.at("model.0.conv")?.attributes["padding"] == .list([.int(1), .int(1)]))
        #expect(root.at("model.0.bn")?.attributes["eps"] == .float(1e-3))
        #expect(root.at("model.1.m.0")?.className == "Bottleneck_DynamicConv")
        #expect(root.at("model.1.m.0")?.attributes["add"] == .bool(true))
        let mixed = try #require(root.at("model.1.m.0.cv1.conv.cond_conv"))
        #expect(mixed.attributes["num_experts"] == .int(3) && mixed.attributes["groups"] == .int(1))
        #expect(root.at("model.1.m.1.cv1.conv")?.className == "Conv2d")
        #expect(root.at("model.3.m")?.children.count == 3)
        #expect(root.at("model.5")?.attributes["f"] == .list([.int(-1), .int(1)]))
        #expect(root.at("model.6.m.0")?.attributes["add"] == .bool(false))
        #expect(root.at("model.7")?.children.map(\.name) == ["routing", "cond_conv"])
        #expect(root.at("model.9.cv2.0.2")?.tensors["bias"]?.shape == [16])
        #expect(root.at("model.9")?.attributes["stride"] == .list([.float(8)]))
    }

    @Test(arguments: [-1, 0, 65, .max])
    func `a head of no bins, or of too many, is told so`(bins: Int) {
        let error = Checkpoint.error(
            of: Self.file("[[-1,\"Detect\",[2,[4]]]]", [], bins: bins))?.description
        #expect(error == "reg_max of the architecture: is \(bins); 1 to 64 is supported")
    }

    @Test(arguments: [
        ("strides", "[8.5]", "a list of whole numbers"), ("reg_max", "\"16\"", "a whole number"),
        ("nc", "null", "a whole number"), ("bn_eps", "\"1e-5\"", "a number"),
    ])
    func `a setting of another type is refused, not taken for its standard`(
        name: String, value: String, expected: String
    ) {
        let header = SafetensorsTests.header(
            architecture: "{\"\(name)\":\(value),\"layers\":[]}")
        let file = SafetensorsTests.file(header, data: SafetensorsTests.two)
        let error = Checkpoint.error(of: file)?.description
        #expect(error == "\(name) of the architecture: must be \(expected)")
    }

    @Test func `a whole number is a number too`() throws {
        let text = "{\"bn_eps\":1,\"layers\":[[-1,\"Conv\",[3,8]]]}"
        let list = try LayerList(try JSONParser.parse(text, name: "architecture"))
        var store = try TensorStore(
            Self.conv("model.0", [8, 3, 1, 1]).map { name, shape in
                (name, Tensor([Float](repeating: 0, count: shape.reduce(1, *)), shape: shape))
            })
        #expect(
            try list.model(from: &store).at("model.0.bn")?.attributes["eps"] == .float(1))
    }

    @Test func `it has the children, tensors and wiring of the same network saved as .pt`() throws {
        // The static network's tensors, under a list of its layers.
        let saved = try Checkpoint(path: Files.network("static.pt"))
        var tensors: [Shaped] = []
        func collect(_ module: Module) {
            for (name, tensor) in module.tensors where name != "num_batches_tracked" {
                tensors.append((join(module.path, name), tensor.shape))
            }
            for (_, child) in module.children { collect(child) }
        }
        collect(saved.root)
        let layers = """
            [[-1,"Conv",[3,6,3,2]],[-1,"Conv",[6,8,3,2]],[-1,"C2f",[8,8,2,true]],[-1,"Conv",[8,12,3,2]],\
            [-1,"Conv",[12,16,3,2]],[-1,"SPPF",[16,16,5]],[-1,"Upsample",[2,"nearest"]],[[-1,3],"Concat",[1]],\
            [-1,"C2f",[28,12,1,false]],[-1,"Conv",[12,8,3,2]],[[-1,5],"Concat",[1]],[[8,10],"Detect",[3,[12,24]]]]
            """
        let bytes = Self.file(layers, tensors, strides: "[8,16]", bins: 16)
        let listed = try Checkpoint(bytes: bytes, name: "test")
        func shape(_ module: Module) -> [String] {
            let wiring = [
                "f", "i", "add", "c", "d", "eps", "stride", "padding", "kernel_size", "groups",
            ]
            .compactMap { key in module.attributes[key].map { "\(key)=\($0)" } }
            let tensors = module.tensors.filter { $0.key != "num_batches_tracked" }.map {
                "\($0.key)\($0.value.shape)"
            }
            return ["\(module.path) \(module.className) \(wiring) \(tensors.sorted())"]
                + module.children.sorted { $0.name < $1.name }.flatMap { shape($0.module) }
        }
        #expect(shape(listed.root) == shape(saved.root))
    }

    @Test(arguments: [
        ("[[-1,\"Transformer\",[3,8]]]", "model.0: the layer Transformer is unknown"),
        ("[[-1,\"Conv\",[3,8,3,2]]]", "model.0.conv.weight: the tensor is missing"),
        ("[[0,\"Conv\",[3,8]]]", "layer 0"), ("[[-2,\"Conv\",[3,8]]]", "layer 0"),
        ("[[-1,\"Conv\"]]", "layer 0"), ("[[-1,\"Conv\",[3]]]", "argument 1"),
        ("[[-1,\"Conv\",[3,0]]]", "argument 1"), ("[[-1,\"Conv\",[3,99999999999]]]", "argument 1"),
        ("[[-1,\"Conv\",[3,8,-3]]]", "argument 2"), ("[[-1,\"C2f\",[3,8,100000]]]", "argument 2"),
        ("[[-1,\"C2f\",[3,1,1]]]", "model.0.cv1.conv"), ("[[-1,\"SPP\",[4,4,[0]]]]", "argument 2"),
        ("[[-1,\"Detect\",[2,[4,4]]]]", "2 inputs for 1 strides"), ("7", "architecture"),
        ("[[-1,\"C2f\",[3,8,1,1]]]", "layer 0 of the architecture (C2f): argument 3 must be true"),
        ("[[-1,\"Upsample\",[2,3]]]", "argument 1 must be a word"),
        // A reference's Conv has its padding here: passed over, it would be another network.
        ("[[-1,\"Conv\",[3,8,3,2,0]]]", "has 5 arguments; at most 4 are known"),
    ])
    func `a bad list is refused, and the layer is named`(layers: String, message: String) {
        let error = Checkpoint.error(of: Self.file(layers, []))?.description
        #expect(error?.contains(message) == true, "\(error ?? "no error")")
    }

    @Test(
        arguments: [
            ("model.0.conv.weight", [8, 3, 1, 3]), ("model.0.conv.weight", [8, 0, 3, 3]),
            ("model.0.conv.weight", []), ("model.0.bn.bias", [7]),
            ("model.1.m.0.cv1.conv.cond_conv.weight", [3, 80]),
            ("model.1.m.0.cv1.conv.cond_conv.weight", [0, 81]),
            ("model.1.m.0.cv1.conv.routing.weight", [4, 3]),
            ("model.9.cv2.0.0.conv.weight", [0, 6, 3, 3]),
            ("model.9.cv2.0.0.conv.weight", [1 << 60, 0]),
        ] as [(String, [Int])])
    func `a tensor of another shape is refused by its name`(name: String, shape: [Int]) throws {
        var file = try SafetensorsFile(FileBytes(copying: Self.whole)).tensors.map {
            (name: $0.name, shape: $0.tensor.shape)
        }
        let index = try #require(file.firstIndex { $0.name == name })
        file[index].shape = shape
        let metadata = try SafetensorsFile(FileBytes(copying: Self.whole)).metadata
        let architecture = try JSONParser.parse(
            metadata["architecture"] ?? "", name: "architecture")
        let layers = try #require(architecture["layers"]).text
        let error = Checkpoint.error(of: Self.file(layers, file))?.description
        let parts = name.split(separator: ".").dropLast().joined(separator: ".")
        #expect(error?.hasPrefix(parts) == true, "\(error ?? "no error")")
    }

    @Test func `tensors that no layer has are refused`() {
        let bytes = Self.file(
            "[[-1,\"Upsample\",[2,\"nearest\"]]]", [("model.0.extra.weight", [1])])
        let error = Checkpoint.error(of: bytes)?.description
        #expect(error?.hasPrefix("model.0.extra.weight: ") == true)
    }
}
