/// The entries of a zip file, found by its central directory (PKWARE APPNOTE 4.3, with zip64).
///
/// Entries are looked up, never unpacked to disk. Sizes come from the central directory only: torch
/// leaves them out of the local headers.
struct ZipArchive {
    /// One file in the archive.
    struct Entry {
        let name: String
        let isDeflated: Bool
        let checksum: UInt32
        let storedBytes: Int
        let bytes: Int
        let headerOffset: Int
    }

    let file: FileBytes
    let entries: [String: Entry]

    /// Reads the directory; no entry is touched.
    init(_ file: FileBytes) throws(CheckpointError) {
        self.file = file
        let directory = try ZipArchive.findDirectory(file)
        guard directory.entryCount <= Limits.zipEntries else {
            throw .limit(
                place: "zip directory",
                reason: "holds \(directory.entryCount) entries; up to \(Limits.zipEntries) are read"
            )
        }
        var reader = ByteReader(file, directory.range, name: "zip directory")
        var entries: [String: Entry] = [:]
        for _ in 0..<directory.entryCount {
            let entry = try ZipArchive.readEntry(&reader)
            guard entries.updateValue(entry, forKey: entry.name) == nil else {
                throw .malformed(
                    place: "zip directory", reason: "names “\(entry.name)” twice")
            }
        }
        self.entries = entries
    }

    /// An entry's bytes after its checksum was found right: inside the file, or inflated.
    func contents(of entry: Entry) throws(CheckpointError) -> (bytes: FileBytes, range: Range<Int>)
    {
        var reader = ByteReader(
            file, entry.headerOffset..<file.count, name: "zip entry “\(entry.name)”")
        guard try reader.integer(UInt32.self) == 0x0403_4B50 else {
            throw .malformed(place: "zip entry “\(entry.name)”", reason: "has no local header")
        }
        try reader.skip(22)
        let nameBytes = Int(try reader.integer(UInt16.self))
        let extraBytes = Int(try reader.integer(UInt16.self))
        try reader.skip(nameBytes + extraBytes)
        let start = reader.position
        try reader.skip(entry.storedBytes)
        let stored = start..<reader.position
        var contents = (bytes: file, range: stored)
        if entry.isDeflated {
            guard entry.bytes <= Limits.inflatedBytes else {
                throw .limit(
                    place: "zip entry “\(entry.name)”",
                    reason:
                        "inflates to \(entry.bytes) bytes; up to \(Limits.inflatedBytes) are read")
            }
            // Deflate cannot do better than 1032 to 1: a larger claim is not worth the memory.
            guard entry.bytes / 1032 <= entry.storedBytes,
                let inflated = FileBytes(inflating: file.span.extracting(stored), to: entry.bytes)
            else {
                throw .malformed(
                    place: "zip entry “\(entry.name)”",
                    reason: "its deflated data is damaged")
            }
            contents = (inflated, 0..<entry.bytes)
        }
        guard Zlib.crc32(contents.bytes.span.extracting(contents.range)) == entry.checksum else {
            throw .malformed(
                place: "zip entry “\(entry.name)”",
                reason: "its checksum (CRC-32) does not match: the file is damaged")
        }
        return contents
    }

    // MARK: - Directory

    private static func readEntry(_ reader: inout ByteReader) throws(CheckpointError) -> Entry {
        let place = reader.place
        guard try reader.integer(UInt32.self) == 0x0201_4B50 else {
            throw .malformed(place: place, reason: "is no directory entry")
        }
        try reader.skip(4)
        let flags = try reader.integer(UInt16.self)
        let method = try reader.integer(UInt16.self)
        try reader.skip(4)
        let checksum = try reader.integer(UInt32.self)
        var storedBytes = UInt64(try reader.integer(UInt32.self))
        var bytes = UInt64(try reader.integer(UInt32.self))
        let nameBytes = Int(try reader.integer(UInt16.self))
        let extraBytes = Int(try reader.integer(UInt16.self))
        let commentBytes = Int(try reader.integer(UInt16.self))
        try reader.skip(8)
        var offset = UInt64(try reader.integer(UInt32.self))
        let name = try reader.text(nameBytes)
        let extraEnd = reader.position + extraBytes
        var extra = ByteReader(
            reader.bytes, reader.position..<extraEnd, name: "zip entry “\(name)”")
        try reader.skip(extraBytes + commentBytes)
        while extra.remaining >= 4 {
            let tag = try extra.integer(UInt16.self)
            let tagBytes = Int(try extra.integer(UInt16.self))
            guard tag == 1 else {
                try extra.skip(tagBytes)
                continue
            }
            // Zip64: in this order, those that are all ones in the entry itself.
            let all = UInt64(UInt32.max)
            if bytes == all { bytes = try extra.integer(UInt64.self) }
            if storedBytes == all { storedBytes = try extra.integer(UInt64.self) }
            if offset == all { offset = try extra.integer(UInt64.self) }
            break
        }
        guard flags & 1 == 0 else {
            throw .refused(place: "zip entry “\(name)”", reason: "is encrypted")
        }
        guard method == 0 || method == 8 else {
            throw .refused(
                place: "zip entry “\(name)”",
                reason: "compression method \(method); stored and deflated entries are supported")
        }
        guard method == 8 || bytes == storedBytes else {
            throw .malformed(
                place: "zip entry “\(name)”",
                reason: "is not compressed, yet holds \(bytes) bytes in \(storedBytes)")
        }
        let fileBytes = UInt64(reader.bytes.count)
        guard storedBytes <= fileBytes, offset < fileBytes, bytes <= UInt64(Int.max) else {
            throw .malformed(
                place: "zip entry “\(name)”", reason: "lies outside the file: it is truncated")
        }
        return Entry(
            name: name, isDeflated: method == 8, checksum: checksum,
            storedBytes: Int(storedBytes), bytes: Int(bytes), headerOffset: Int(offset))
    }

    /// Where the central directory is, by the record at the end of the file (4.3.16, zip64: 4.3.14).
    private static func findDirectory(
        _ file: FileBytes
    ) throws(CheckpointError) -> (range: Range<Int>, entryCount: Int) {
        let truncated = CheckpointError.malformed(
            place: "file",
            reason: "the zip's directory is missing at its end: the file is truncated")
        let recordBytes = 22
        let first = max(0, file.count - recordBytes - 0xFFFF)  // a comment may follow the record
        guard file.count >= recordBytes,
            let end = stride(from: file.count - recordBytes, through: first, by: -1).first(where: {
                file.load(at: $0, as: UInt32.self) == 0x0605_4B50
            })
        else { throw truncated }
        var count = UInt64(file.load(at: end + 10, as: UInt16.self))
        var bytes = UInt64(file.load(at: end + 12, as: UInt32.self))
        var offset = UInt64(file.load(at: end + 16, as: UInt32.self))
        let needs64 =
            count == UInt16.max || bytes == UInt64(UInt32.max) || offset == UInt64(UInt32.max)
        if needs64, end >= 20, file.load(at: end - 20, as: UInt32.self) == 0x0706_4B50 {
            let record = file.load(at: end - 12, as: UInt64.self)
            guard record <= UInt64(file.count - min(file.count, 56)) else { throw truncated }
            let start = Int(record)
            guard file.load(at: start, as: UInt32.self) == 0x0606_4B50 else { throw truncated }
            count = file.load(at: start + 32, as: UInt64.self)
            bytes = file.load(at: start + 40, as: UInt64.self)
            offset = file.load(at: start + 48, as: UInt64.self)
        }
        guard offset <= UInt64(end), bytes <= UInt64(end) - offset,
            let entryCount = Int(exactly: count)
        else { throw truncated }
        return (Int(offset)..<Int(offset + bytes), entryCount)
    }
}
