import Testing

@testable import Checkpoints

struct ZipArchiveTests {
    static func contents(_ zip: ZipFile, _ name: String) throws(CheckpointError) -> [UInt8] {
        let archive = try ZipArchive(FileBytes(copying: zip.bytes))
        guard let entry = archive.entries[name] else { return [] }
        let (bytes, range) = try archive.contents(of: entry)
        return range.map { bytes.span[$0] }
    }

    /// “aaaa…”, 300 of them, as raw deflate.
    static let deflated = ZipFile.Entry(
        name: "a", contents: [0x4B, 0x4C, 0x1C, 0x05, 0xC4, 0x02, 0x00],
        method: 8, inflated: [UInt8](repeating: 0x61, count: 300))

    @Test(arguments: [false, true])
    func `entries are found by the directory, zip64 too`(isZip64: Bool) throws {
        let zip = ZipFile(
            entries: [
                .init(name: "x/data.pkl", contents: [1, 2, 3]),
                .init(name: "x/data/0", contents: []),
                Self.deflated,
            ], isZip64: isZip64)
        #expect(try Self.contents(zip, "x/data.pkl") == [1, 2, 3])
        #expect(try Self.contents(zip, "x/data/0") == [])
        #expect(try Self.contents(zip, "a") == [UInt8](repeating: 0x61, count: 300))
    }

    @Test func `a wrong checksum is damage`() {
        let zip = ZipFile(entries: [.init(name: "a", contents: [1, 2, 3], checksum: 7)])
        #expect(throws: CheckpointError.self) { try Self.contents(zip, "a") }
        var file = ZipFile.make(
            model: .module(tensors: [("weight", .tensor())]), storages: ["0": TorchTests.storage])
        file.entries[2].checksum = 7
        let error = Checkpoint.error(of: file.bytes)?.description
        #expect(error?.contains("data/0") == true && error?.contains("CRC-32") == true)
    }

    @Test(arguments: [
        ZipFile.Entry(name: "a", contents: [1], flags: 1),
        .init(name: "a", contents: [1], method: 99),
        .init(name: "a", contents: [1], bytesClaimed: 2),
        .init(name: "a", contents: [1, 2], method: 8),
        .init(name: "a", contents: deflated.contents, method: 8, bytesClaimed: 299, inflated: []),
        .init(name: "a", contents: deflated.contents, method: 8, bytesClaimed: 301, inflated: []),
        .init(
            name: "a", contents: deflated.contents, method: 8, bytesClaimed: 0x7FFF_FFFF,
            inflated: []),
        .init(
            name: "a", contents: deflated.contents, method: 8, bytesClaimed: 900_000_000,
            inflated: []),
    ])
    func `an entry that is no sound one is refused`(entry: ZipFile.Entry) {
        #expect(throws: CheckpointError.self) {
            _ = try Self.contents(ZipFile(entries: [entry]), "a")
        }
    }

    @Test func `an entry that claims another size than it has is named, with both`() {
        // It was refused as "compression method 0", of which "stored" is the name.
        let error = Checkpoint.error(
            of: ZipFile(entries: [.init(name: "a", contents: [1], bytesClaimed: 2)]).bytes)
        #expect(
            error?.description.contains("“a”: is not compressed, yet holds 2 bytes in 1") == true)
    }

    @Test func `two entries of one name are refused`() {
        let zip = ZipFile(
            entries: [.init(name: "a", contents: [1]), .init(name: "a", contents: [2])])
        #expect(throws: CheckpointError.self) { _ = try Self.contents(zip, "a") }
    }

    @Test(arguments: [false, true])
    func `one byte changed anywhere is never a crash`(isZip64: Bool) {
        var zip = ZipFile.make(
            model: .module(tensors: [("weight", .tensor())]), storages: ["0": TorchTests.storage])
        zip.isZip64 = isZip64
        let bytes = zip.bytes
        #expect(Checkpoint.error(of: bytes) == nil)
        for i in bytes.indices {
            for value in [bytes[i] ^ 0x80, 0xFF] {
                var changed = bytes
                changed[i] = value
                _ = Checkpoint.error(of: changed)
            }
        }
    }
}
