import Testing

@testable import Checkpoints

struct CheckpointTests {
    static let networks = [
        "static", "dynamic", "whole_layer", "fused", "unstripped", "odd", "groups", "softmax",
        "older",
    ]

    @Test(arguments: networks)
    func `a .pt and the .safetensors written from it give one description`(name: String) throws {
        let checkpoint = try Checkpoint(path: Files.network("\(name).pt"))
        let again = try Files.withTemporary { path in
            try checkpoint.write(to: path)
            return try Checkpoint(path: path)
        }
        #expect(difference(again.root, checkpoint.root) == nil)
        #expect(again.metadata == checkpoint.metadata)
    }

    @Test func `the tree has the names, classes and attributes of the modules`() throws {
        let checkpoint = try Checkpoint(path: Files.network("dynamic.pt"))
        let root = checkpoint.root
        #expect(root.className == "DetectionModel" && root.path.isEmpty)
        let layers = try #require(root[child: "model"])
        #expect(layers.children.map(\.name) == (0..<12).map(String.init))
        let dynamic = try #require(root.at("model.2.m.1.cv2.conv"))
        #expect(dynamic.path == "model.2.m.1.cv2.conv")
        #expect(dynamic.children.map(\.name) == ["routing", "cond_conv"])
        #expect(dynamic[child: "cond_conv"]?.tensors["weight"]?.shape == [4, 4 * 4 * 9])
        #expect(
            dynamic[child: "cond_conv"]?.attributes["kernel_size"] == .list([.int(3), .int(3)]))
        #expect(root.at("model.2")?.attributes["c"] == .int(4))
        #expect(root.at("model.2.m.0")?.attributes["add"] == .bool(true))
        #expect(root.at("model.8.m.0")?.attributes["add"] == .bool(false))
        #expect(root.at("model.7")?.attributes["f"] == .list([.int(-1), .int(3)]))
        #expect(root.at("model.7")?.attributes["d"] == .int(1))
        #expect(root.at("model.6")?.attributes["scale_factor"] == .float(2))
        #expect(root.at("model.0.bn")?.attributes["eps"] == .float(1e-3))
        #expect(root.at("model.11")?.attributes["stride"] == .list([.float(8), .float(16)]))
        #expect(root.at("model.0.act")?.className == "SiLU")
    }

    @Test func `names, stride, image size and task come from the model and its training`() throws {
        let metadata = try Checkpoint(path: Files.network("static.pt")).metadata
        #expect(metadata.names == ["class 0", "class 1", "class 2"])
        #expect(metadata.stride == 16)
        #expect(metadata.imageSize == 96)
        #expect(metadata.task == "detect")
        #expect(metadata.other["license"] == "CC0")
    }

    @Test func `a fused model has no normalisation, and its bound forward is a name`() throws {
        let conv = try #require(try Checkpoint(path: Files.network("fused.pt")).root.at("model.0"))
        #expect(conv.children.map(\.name) == ["conv", "act"])
        #expect(conv.attributes["forward"] == .object("forward_fuse"))
        #expect(conv[child: "conv"]?.tensors["bias"]?.shape == [8])
    }

    @Test func `ema is taken before model, and the optimizer's state is walked past`() throws {
        let averaged = try Checkpoint(path: Files.network("unstripped.pt"))
        let weight = try #require(averaged.root.at("model.0.bn")?.tensors["weight"])
        // The script adds 1 to every weight of `model` but not of `ema`, and trains on in float32.
        #expect(weight.elementType == .float16)
        #expect(weight.floats().allSatisfy { $0 < 1.7 })
        #expect(averaged.root.attributes["args"] == .object("SimpleNamespace"))
    }

    @Test func `bytes in memory are read as a file is`() throws {
        let path = Files.network("odd.pt")
        let checkpoint = try Checkpoint(bytes: try Files.bytes(path), name: "odd")
        #expect(difference(checkpoint.root, try Checkpoint(path: path).root) == nil)
    }

    @Test func `memory of the process is read without a copy`() throws {
        let bytes = try Files.bytes(Files.network("softmax.pt"))
        let region = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
        // The region is freed below, after the last use of the checkpoint.
        defer { unsafe region.deallocate() }
        unsafe region.copyBytes(from: bytes)
        do {
            let checkpoint = try unsafe Checkpoint(
                permanent: UnsafeRawBufferPointer(region), name: "built-in")
            let mapped = try Checkpoint(path: Files.network("softmax.pt"))
            #expect(difference(checkpoint.root, mapped.root) == nil)
        }
    }

    @Test(arguments: [
        ("", "is empty"),
        ("GIF89a and so on, for long enough", "neither a .pt"),
        ("PK\u{3}\u{4} and then no directory at its end", "truncated"),
    ])
    func `a file that is no model says what is read`(text: String, reason: String) {
        let error = Checkpoint.error(of: Array(text.utf8))
        #expect(error?.description.contains(reason) == true)
    }

    @Test func `an old .pt without a zip says how to convert it`() {
        let magic: [UInt8] = [
            0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
        ]
        let error = Checkpoint.error(of: magic + [0x2E])
        #expect(error?.description.contains("save it again with torch.save") == true)
    }

    @Test(arguments: ["/tmp", "/dev/null", "/nowhere/best.pt"])
    func `a path that is no file is unreadable, and is named`(path: String) {
        #expect {
            _ = try Checkpoint(path: path)
        } throws: { error in
            guard case .unreadable(path, _)? = error as? CheckpointError else { return false }
            return true
        }
    }

    @Test func `a file cut anywhere is refused, never half read`() throws {
        let bytes = try Files.bytes(Files.network("fused.pt"))
        for count in stride(from: 1, to: bytes.count, by: 97) {
            #expect(Checkpoint.error(of: Array(bytes[..<count])) != nil)
        }
    }

    @Test func `a file that cannot be written leaves nothing behind`() throws {
        let checkpoint = try Checkpoint(path: Files.network("fused.pt"))
        #expect(throws: CheckpointError.self) {
            try checkpoint.write(to: "/nowhere/at/all.safetensors")
        }
    }
}
