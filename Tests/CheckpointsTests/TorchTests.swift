import Testing

@testable import Checkpoints

/// A `.pt` from a stranger: what is read, what is refused, and at which place.
struct TorchTests {
    static let storage = littleEndian([1, 2, 3, 4])

    static func error(_ model: Pickled, _ storages: [String: [UInt8]] = ["0": storage]) -> String {
        Checkpoint.error(of: ZipFile.make(model: model, storages: storages).bytes)?.description
            ?? "no error"
    }

    @Test func `modules of any class path are read by their last name`() throws {
        let model = Pickled.module(
            "YOLOv8.DetectionModel",
            modules: [
                ("model", .module("Sequential", modules: [("0", .module("DynamicConv_v2"))]))
            ],
            tensors: [("weight", .tensor(shape: [2, 2], strides: [1, 2]))],
            attributes: [
                ("names", .dict([(.int(0), .text("nut")), (.int(2), .text("bolt"))])),
                ("stride", .tensor(shape: [3], strides: [1])),
                ("f", .list([.int(-1), .int(6)])), ("hook", .global("os", "system")),
                ("size", .call("torch", "Size", [.tuple([.int(4), .none])])),
                ("anchors", .tensor(shape: [2, 2], strides: [2, 1])), ("_private", .int(1)),
            ])
        let file = ZipFile.make(model: model, storages: ["0": Self.storage])
        let checkpoint = try Checkpoint(bytes: file.bytes, name: "test")
        #expect(checkpoint.root.className == "DetectionModel")
        #expect(checkpoint.root.at("model.0")?.className == "DynamicConv_v2")
        #expect(checkpoint.root.tensors["weight"]?.floats() == [1, 3, 2, 4])
        #expect(checkpoint.metadata.names == ["nut", "1", "bolt"])
        #expect(checkpoint.metadata.stride == 3)
        #expect(
            checkpoint.root.attributes.filter { $0.key != "names" } == [
                "stride": .list([.float(1), .float(2), .float(3)]),
                "f": .list([.int(-1), .int(6)]),
                "hook": .object("system"), "size": .list([.int(4), .null]),
            ])
    }

    @Test(arguments: [
        ("os", "system"), ("posix", "system"), ("builtins", "eval"), ("builtins", "exec"),
        ("subprocess", "Popen"), ("nt", "system"), ("torch", "load"), ("numpy", "load"),
        ("torch._utils", "_rebuild_tensor_v2.__globals__"), ("os", "Size"),
        ("collections", "Ordered"),
    ])
    func `a call outside the list is refused by its name, wherever it stands`(
        module: String, name: String
    ) {
        let call = Pickled.call(module, name, [.text("touch /tmp/owned")])
        let inModel = Self.error(.module(attributes: [("x", call)]))
        #expect(inModel.contains("data.pkl at byte ") && inModel.contains("\(module).\(name)"))
        let beside = Pickled.map([("model", .module()), ("optimizer", .list([.tuple([call])]))])
        let error = Checkpoint.error(of: ZipFile.make(pickle: beside.bytes).bytes)
        #expect(error?.description.contains("\(module).\(name)") == true)
    }

    @Test(arguments: ["system", "__class__", "__reduce__", ""])
    func `getattr is understood only for a bound forward`(name: String) {
        let bound = Pickled.call("__builtin__", "getattr", [.module(), .text(name)])
        #expect(Self.error(.module(attributes: [("forward", bound)])).contains("getattr"))
    }

    @Test func `old ways to call, and a call of what was computed, are refused too`() {
        let instance = Pickled.raw(Array("(cos\nsystem\nNo".utf8))
        #expect(Self.error(instance).contains("os.system"))
        #expect(Self.error(.raw(Array("(Nios\nsystem\n".utf8))).contains("os.system"))
        #expect(Self.error(.raw(Array("])R".utf8))).contains("calls something that is no name"))
    }

    @Test(arguments: [
        ("storage too short", Pickled.tensor(count: 5), "weight: its storage of 5 elements"),
        ("storage of less than nothing", .tensor(count: -1), "weight: its storage"),
        ("storage too long to be", .tensor(count: .max), "weight: its storage"),
        ("storage missing", .tensor(key: "7"), "weight: its data (data/7) is missing"),
        ("storage outside", .tensor(key: "../version"), "is missing"),
        ("elements unknown", .tensor(type: "ComplexFloatStorage"), "weight: elements of Complex"),
        ("no tensor", .int(3), "weight: is no tensor"),
        (
            "shape of text",
            .call(
                "torch._utils", "_rebuild_tensor_v2",
                [.none, .none, .text("3"), .none]), "weight: is no tensor"
        ),
    ])
    func `a bad tensor is named`(what: String, tensor: Pickled, message: String) {
        let error = Self.error(.module(tensors: [("weight", tensor)]))
        #expect(error.contains(message))
    }

    @Test func `a bad tensor deep in the tree is named by its whole path`() {
        let conv = Pickled.module(tensors: [("weight", .tensor(key: "9"))])
        let layers = Pickled.module(modules: [("2", .module(modules: [("cv1", conv)]))])
        #expect(
            Self.error(.module(modules: [("model", layers)])).hasPrefix("model.2.cv1.weight: "))
    }

    @Test(arguments: [
        (Pickled.map([("model", .none), ("ema", .none)]), "no model under"),
        (.map([("model.0.weight", .tensor())]), "state_dict"),
        (.map([("model", .map([("0.weight", .tensor())]))]), "state_dict"),
        (.list([]), "holds no model"),
        (.map([("model", .module(attributes: [("names", .int(3))]))]), "names: "),
        (
            .map([("model", .module(attributes: [("names", .dict([(.int(.max), .none)]))]))]),
            "names: "
        ),
        (
            .map([("model", .module(attributes: [("names", .dict([(.int(-1), .none)]))]))]),
            "names: "
        ),
        (.map([("model", .module(attributes: [("stride", .int(0))]))]), "stride: "),
        (.map([("model", .module()), ("train_args", .map([("imgsz", .int(-640))]))]), "imgsz: "),
        (.map([("model", .module()), ("train_args", .map([("imgsz", .int(8193))]))]), "imgsz: "),
        (.map([("model", .module(modules: [("a.b", .module())]))]), "is no name"),
        (.map([("model", .module(modules: [("0", .int(1))]))]), "0: is no module"),
    ])
    func `a file without a model that we understand says so`(root: Pickled, message: String) {
        let bytes = ZipFile.make(pickle: root.bytes, storages: ["0": Self.storage]).bytes
        #expect(Checkpoint.error(of: bytes)?.description.contains(message) == true)
    }

    @Test func `a model saved by itself is read`() throws {
        let file = ZipFile.make(pickle: Pickled.module("DetectionModel").bytes)
        #expect(try Checkpoint(bytes: file.bytes, name: "test").root.className == "DetectionModel")
    }

    @Test func `a module inside itself is a limit, not a crash`() {
        // {"model": m} with m._modules["again"] = m
        let cycle: [UInt8] =
            [0x80, 2] + Array("}X".utf8) + littleEndian(UInt32(5)) + Array("model".utf8)
            + Array("ca\nB\n)".utf8) + [0x81] + Array("q\u{1}}X".utf8) + littleEndian(UInt32(8))
            + Array("_modules}X".utf8) + littleEndian(UInt32(5)) + Array("againh\u{1}ssbs.".utf8)
        let error = Checkpoint.error(of: ZipFile.make(pickle: cycle).bytes)
        guard case .limit? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `shared modules that multiply are a limit`() {
        // Each of 30 modules holds the one before it twice: 2³⁰ modules from a kilobyte.
        func push(_ text: String) -> [UInt8] {
            Array("X".utf8) + littleEndian(UInt32(text.utf8.count)) + Array(text.utf8)
        }
        var bytes: [UInt8] = [0x80, 2] + Array("ca\nB\n)".utf8) + [0x81] + Array("}".utf8)
        bytes += push("_modules") + Array("}sbq\u{0}".utf8)
        for _ in 0..<30 {
            bytes += Array("0ca\nB\n)".utf8) + [0x81] + Array("}".utf8) + push("_modules")
            bytes += Array("}(".utf8) + push("a") + Array("h\u{0}".utf8) + push("b")
            bytes += Array("h\u{0}usbq\u{0}".utf8)
        }
        bytes += Array(".".utf8)
        guard case .limit(let place, _)? = Checkpoint.error(of: ZipFile.make(pickle: bytes).bytes)
        else {
            Issue.record("no limit")
            return
        }
        #expect(place.hasPrefix("a.a.a"))
    }

    @Test func `lists that multiply are a limit`() {
        // The memo bomb: each list holds the one before it ten times.
        var bytes: [UInt8] = Array("]q\u{0}".utf8)
        for _ in 0..<20 {
            bytes += Array("0](".utf8) + (0..<10).flatMap { _ in Array("h\u{0}".utf8) }
            bytes += Array("eq\u{0}".utf8)
        }
        let error = Self.error(.module(attributes: [("bomb", .raw(bytes))]))
        #expect(error.hasPrefix("bomb: "))
    }

    @Test func `storages that lie over each other are summed up once, not again and again`() {
        // A hundred tensors, each of a storage of its own that the directory lets begin at one place.
        let tensors = (0..<100).map { ("w\($0)", Pickled.tensor(key: "\($0)", count: 1000)) }
        let storages = (0..<100).map { ("\($0)", [UInt8](repeating: 0, count: 4000)) }
        var file = ZipFile.make(
            model: .module(tensors: tensors), storages: Dictionary(uniqueKeysWithValues: storages))
        #expect(Checkpoint.error(of: file.bytes) == nil)
        file.areStacked = true
        #expect(Checkpoint.error(of: file.bytes)?.description.contains("overlap") == true)
    }

    @Test func `names that would write on a terminal are made harmless`() {
        let error = Self.error(.module(modules: [("\u{1B}[2J\n", .int(1))]))
        #expect(error == "\u{FFFD}[2J\u{FFFD}: is no module")
    }

    @Test func `the archive's own marks are honoured`() {
        var file = ZipFile.make(model: .module())
        file.entries[1].contents = Array("big".utf8)
        #expect(Checkpoint.error(of: file.bytes)?.description.contains("little-endian") == true)
        file = .make(model: .module())
        file.entries.append(.init(name: "best/constants.pkl", contents: [0x2E]))
        #expect(Checkpoint.error(of: file.bytes)?.description.contains("TorchScript") == true)
        file.entries = [.init(name: "readme.txt", contents: [])]
        #expect(Checkpoint.error(of: file.bytes)?.description.contains("data.pkl") == true)
    }
}
