/// A `.pt` file opened: its pickle walked into inert values, its storages found by key.
struct TorchFile {
    let heap: PickleHeap
    /// What the pickle holds: a dict with `model`, `ema` and others, or the model itself.
    let root: PickleValue
    let archive: ZipArchive
    private let prefix: String

    /// Reads the zip's directory and `data.pkl`; no storage is touched.
    init(_ file: FileBytes) throws(CheckpointError) {
        archive = try ZipArchive(file)
        let name = "/data.pkl"
        // The shortest, should a name end so twice.
        guard
            let entry = archive.entries.values.filter({ $0.name.hasSuffix(name) })
                .min(by: { ($0.name.utf8.count, $0.name) < ($1.name.utf8.count, $1.name) })
        else {
            throw .refused(
                place: "zip", reason: "holds no data.pkl: it was not written by torch.save")
        }
        prefix = String(entry.name.dropLast(name.count))
        guard archive.entries["\(prefix)/constants.pkl"] == nil else {
            throw .refused(
                place: "zip",
                reason: "is a TorchScript archive; save the model itself with torch.save")
        }
        if let order = archive.entries["\(prefix)/byteorder"] {
            guard order.bytes < 64, try archive.text(of: order).hasPrefix("little") else {
                throw .refused(
                    place: "byteorder", reason: "only little-endian files are supported")
            }
        }
        guard entry.bytes <= Limits.pickleBytes else {
            throw .limit(
                place: "data.pkl",
                reason: "is \(entry.bytes) bytes; up to \(Limits.pickleBytes) are read")
        }
        let (bytes, range) = try archive.contents(of: entry)
        var machine = PickleMachine(bytes, range, name: "data.pkl")
        root = try machine.run()
        heap = machine.heap
    }

    /// The zip's entry of a storage that a tensor names.
    func entry(
        of storage: PickleHeap.Storage, place: String
    ) throws(CheckpointError) -> ZipArchive.Entry {
        guard storage.key.utf8.count <= Limits.nameBytes,
            let entry = archive.entries["\(prefix)/data/\(storage.key)"]
        else {
            throw .malformed(
                place: place, reason: "its data (data/\(storage.key.prefix(40))) is missing")
        }
        return entry
    }
}

extension ZipArchive {
    /// A small entry as text.
    fileprivate func text(of entry: Entry) throws(CheckpointError) -> String {
        let (bytes, range) = try contents(of: entry)
        var reader = ByteReader(bytes, range, name: entry.name)
        return try reader.text(range.count)
    }
}
