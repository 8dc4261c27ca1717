import Testing

@testable import Checkpoints

struct SafetensorsTests {
    /// A file of this header and data.
    static func file(_ header: String, data: [UInt8] = []) -> [UInt8] {
        littleEndian(UInt64(header.utf8.count)) + Array(header.utf8) + data
    }

    static let tree = #"{"tree":{"class":"A","tensors":["w"],"children":{"b":{"class":"B"}}}}"#

    static func header(
        _ tensors: String = #""w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#,
        architecture: String? = tree, metadata: [String: String] = [:]
    ) -> String {
        var strings = metadata
        strings["architecture"] = architecture
        let text = JSON.object(strings.map { ($0.key, .string($0.value)) }).text
        return "{\"__metadata__\":\(text),\(tensors)}"
    }

    static let two = littleEndian([1, 2])

    @Test func `a file with a tree in its metadata is a checkpoint`() throws {
        let header = Self.header(metadata: [
            "names": #"{"1":"b","0":"a"}"#, "stride": "64", "imgsz": "[416, 640]",
            "routing": "softmax",
        ])
        let checkpoint = try Checkpoint(bytes: Self.file(header, data: Self.two), name: "test")
        #expect(checkpoint.root.tensors["w"]?.floats() == [1, 2])
        #expect(checkpoint.root[child: "b"]?.path == "b")
        #expect(
            checkpoint.metadata
                == Metadata(
                    names: ["a", "b"], stride: 64, imageSize: 640, other: ["routing": "softmax"]))
    }

    @Test(arguments: [
        (
            header("\"w\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}"),
            "w: its data at 0..<12"
        ),
        (header("\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,8]}"), "does not fill"),
        (header("\"w\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}"), "w: "),
        (header("\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}"), "w: its data"),
        (header("\"w\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}"), "negative"),
        (
            header(
                "\"w\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}"
            ), "w: "
        ),
        (
            header(
                "\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[9223372036854775807,9223372036854775807]}"
            ), "w: "
        ),
        (
            header("\"w\":{\"dtype\":\"F8_E4M3\",\"shape\":[8],\"data_offsets\":[0,8]}"),
            "w: elements of F8_E4M3"
        ),
        (
            header("\"w\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}"),
            "w: has no dtype"
        ),
        (header("\"w\":{\"dtype\":\"F32\"}"), "w: has no dtype"),
        (header("\"w\":7"), "w: has no dtype"),
        (
            header("\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"w\":{}"),
            "stands twice"
        ),
        (
            header(
                "\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"v\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[7,8]}"
            ), "overlaps"
        ),
        (
            header(
                "\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"v\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}"
            ), "v: no module"
        ),
        (
            header("\"v\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}"),
            "w: the tensor is missing"
        ),
        (
            header("\"a..w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}"),
            "no dotted path"
        ),
        (header(architecture: nil), "metadata: has no architecture"),
        (header(architecture: "{}"), "architecture: "),
        (header(architecture: "[1"), "architecture at byte"),
        (header(architecture: #"{"tree":{"tensors":[]}}"#), "has no class"),
        (
            header(architecture: #"{"tree":{"class":"A","children":{"a.b":{"class":"B"}}}}"#),
            "is no name"
        ),
        (header(metadata: ["stride": "0"]), "stride: "),
        (header(metadata: ["stride": "x"]), "stride"),
        (header(metadata: ["imgsz": "1e3"]), "imgsz: "),
        (header(metadata: ["names": "{\"x\":\"a\"}"]), "names: "),
        (header(metadata: ["names": "{\"99999999\":\"a\"}"]), "names: "),
        (header(metadata: ["names": "[\"a\",1]"]), "names: "),
        (header(metadata: ["names": "7"]), "names: "),
        ("{\"__metadata__\":{}} x", "follows"),
        ("{", "safetensors header at byte 1"),
    ])
    func `a bad header is refused, and the place is named`(header: String, message: String) {
        let error = Checkpoint.error(of: Self.file(header, data: Self.two))?.description
        #expect(error?.contains(message) == true, "\(error ?? "no error")")
    }

    @Test func `a header longer than the file or the limit is refused`() {
        let short: [UInt8] = littleEndian(UInt64(500)) + Array("{}".utf8)
        #expect(Checkpoint.error(of: short)?.description.contains("truncated") == true)
        let long: [UInt8] = littleEndian(UInt64(Limits.headerBytes + 1)) + Array("{}".utf8)
        guard case .limit? = Checkpoint.error(of: long) else {
            Issue.record("no limit")
            return
        }
        let longest: [UInt8] = littleEndian(UInt64.max) + Array("{}".utf8)
        #expect(Checkpoint.error(of: longest) != nil)
    }

    @Test func `what is written is aligned, in the file's element types, and read again`() throws {
        let checkpoint = try Checkpoint(path: Files.golden("element_types.pt"))
        try Files.withTemporary { path in
            try checkpoint.write(to: path)
            let bytes = try Files.bytes(path)
            let headerBytes = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
            #expect((headerBytes + 8).isMultiple(of: 64))
            let again = try Checkpoint(path: path)
            #expect(difference(again.root, checkpoint.root) == nil)
            // A second writing of what was read is the same file, byte for byte.
            try Files.withTemporary { second in
                try again.write(to: second)
                #expect(try Files.bytes(second) == bytes)
            }
        }
    }

    @Test func `an attribute of any kind survives the writing`() throws {
        let attributes: [String: Attribute] = [
            "null": .null, "whole": .float(8), "int": .int(8), "inf": .float(-.infinity),
            "object": .object("SiLU"), "$odd": .string("\u{0}\"\\ é"),
            "map": .map([
                "$object": .string("no object"), "$$": .list([]), "$float": .string("nan"),
                "deep": .map(["a": .list([.bool(true), .map([:])])]),
            ]),
            "one": .map(["$object": .string("still no object")]),
        ]
        let root = Module(
            className: "M", path: "", children: [], tensors: ["w": Tensor([1], shape: [1])],
            attributes: attributes)
        let checkpoint = Checkpoint(
            root: root, metadata: Metadata(names: ["ä"], stride: 32, imageSize: 640))
        let again = try Files.withTemporary { path in
            try checkpoint.write(to: path)
            return try Checkpoint(path: path)
        }
        #expect(again.root.attributes == attributes)
        #expect(again.metadata == checkpoint.metadata)
    }
}
