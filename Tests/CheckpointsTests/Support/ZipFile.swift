@testable import Checkpoints

/// A zip file in the making: entries as given, then the directory.
struct ZipFile {
    struct Entry {
        var name: String
        var contents: [UInt8]
        var method: UInt16 = 0
        var flags: UInt16 = 0
        var checksum: UInt32?
        /// What the directory claims, where it lies.
        var bytesClaimed: UInt32?
        /// What an inflated entry holds.
        var inflated: [UInt8]?
    }

    var entries: [Entry]
    /// Sizes and offsets in zip64 fields, as files past 4 GB have them.
    var isZip64 = false
    /// Entries of equal size are written once, and named again and again.
    var areStacked = false

    /// As torch.save lays a model out.
    static func make(pickle: [UInt8], storages: [String: [UInt8]] = [:]) -> ZipFile {
        ZipFile(
            entries: [Entry(name: "best/data.pkl", contents: pickle)]
                + [Entry(name: "best/byteorder", contents: Array("little".utf8))]
                + storages.sorted { $0.key < $1.key }
                .map { Entry(name: "best/data/\($0.key)", contents: $0.value) }
                + [Entry(name: "best/version", contents: Array("3\n".utf8))])
    }

    /// A file whose `model` is this value.
    static func make(model: Pickled, storages: [String: [UInt8]] = [:]) -> ZipFile {
        make(pickle: Pickled.map([("model", model)]).bytes, storages: storages)
    }

    var bytes: [UInt8] {
        var file: [UInt8] = []
        var directory: [UInt8] = []
        var stacked: [Int: UInt32] = [:]
        for entry in entries {
            let whole = entry.inflated ?? entry.contents
            let checksum = entry.checksum ?? Zlib.crc32(whole.span)
            let size = entry.bytesClaimed ?? UInt32(whole.count)
            let name = Array(entry.name.utf8)
            let written = areStacked ? stacked[entry.contents.count] : nil
            let offset = written ?? UInt32(file.count)
            stacked[entry.contents.count] = offset
            let common =
                littleEndian(entry.flags) + littleEndian(entry.method) + littleEndian(UInt32(0))
            if written == nil {
                // Torch leaves the sizes out of the local header.
                file += littleEndian(UInt32(0x0403_4B50)) + littleEndian(UInt16(20)) + common
                file += [UInt8](repeating: 0, count: 12) + littleEndian(UInt16(name.count))
                file += littleEndian(UInt16(5)) + name + [0x46, 0x42, 1, 0, 0x5A] + entry.contents
            }
            let stored = UInt32(entry.contents.count)
            let extra: [UInt8] =
                isZip64
                ? littleEndian(UInt16(1)) + littleEndian(UInt16(24)) + littleEndian(UInt64(size))
                    + littleEndian(UInt64(stored)) + littleEndian(UInt64(offset)) : []
            directory += littleEndian(UInt32(0x0201_4B50)) + littleEndian(UInt32(20)) + common
            directory += littleEndian(checksum)
            directory += littleEndian(isZip64 ? UInt32.max : stored)
            directory += littleEndian(isZip64 ? UInt32.max : size)
            directory += littleEndian(UInt16(name.count)) + littleEndian(UInt16(extra.count))
            directory += [UInt8](repeating: 0, count: 10)
            directory += littleEndian(isZip64 ? UInt32.max : offset) + name + extra
        }
        let start = UInt32(file.count)
        file += directory
        if isZip64 {
            let record = UInt64(file.count)
            file += littleEndian(UInt32(0x0606_4B50)) + littleEndian(UInt64(44))
            file += [UInt8](repeating: 0, count: 20) + littleEndian(UInt64(entries.count))
            file += littleEndian(UInt64(directory.count)) + littleEndian(UInt64(start))
            file += littleEndian(UInt32(0x0706_4B50)) + littleEndian(UInt32(0))
            file += littleEndian(record) + littleEndian(UInt32(1))
        }
        let count = isZip64 ? UInt16.max : UInt16(entries.count)
        file += littleEndian(UInt32(0x0605_4B50)) + littleEndian(UInt32(0))
        file += littleEndian(count) + littleEndian(count)
        file += littleEndian(isZip64 ? UInt32.max : UInt32(directory.count))
        file += littleEndian(isZip64 ? UInt32.max : start) + littleEndian(UInt16(0))
        return file
    }
}
