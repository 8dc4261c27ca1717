// DESIGN
// A model file is data from a stranger. It is read in three steps, each a function of bytes: the container
// (zip entries or a safetensors header), the description (pickle or JSON, into inert values), the tree of
// modules. No name in a file is ever looked up or called, every size is checked against the bytes that are
// there before it is used, and everything a file can make longer has a limit in `Limits`. Tensors are not
// copied: each keeps the mapped file alive and knows its place in it.

/// A model file: a tree of modules with named tensors.
///
/// Nothing in the file is ever executed.
/// Two kinds of file give the same description: `.pt` as Ultralytics and `torch.save` write it, and
/// `.safetensors` with the architecture in its metadata, which ``write(to:)`` makes from either.
package final class Checkpoint: Sendable {
    /// The model itself: its children are the layers `0`, `1`, … under `model`.
    package let root: Module
    /// Class names, stride, image size and task.
    package let metadata: Metadata

    /// Reads a `.pt` or `.safetensors`, told apart by content.
    ///
    /// The file is mapped, not copied: it must not be cut while the checkpoint lives (replace a
    /// model by renaming another file over it).
    package convenience init(path: String) throws(CheckpointError) {
        try self.init(FileBytes(mapping: path))
    }

    /// Reads a model from bytes in memory, which are copied once; errors of the whole carry the name.
    package convenience init(bytes: [UInt8], name: String) throws(CheckpointError) {
        guard !bytes.isEmpty else {
            throw .malformed(place: name, reason: "is empty")
        }
        try self.init(FileBytes(copying: bytes))
    }

    /// Reads a model from memory that lives as long as the process, such as a part of the executable.
    ///
    /// Nothing is copied.
    @unsafe
    package convenience init(
        permanent region: UnsafeRawBufferPointer, name: String
    ) throws(CheckpointError) {
        guard unsafe !region.isEmpty else {
            throw .malformed(place: name, reason: "is empty")
        }
        try unsafe self.init(FileBytes(permanent: region))
    }

    /// A description that was built in memory.
    package init(root: Module, metadata: Metadata) {
        self.root = root
        self.metadata = metadata
    }

    /// Writes the same description as `.safetensors`; the file appears whole or not at all.
    ///
    /// Element types are kept. Metadata that a file format reserves (`names`, `stride`, `imgsz`,
    /// `task`, `architecture`) is written from ``metadata`` and ``root``.
    package func write(to path: String) throws(CheckpointError) {
        try SafetensorsWriter(self).write(to: path)
    }

    private convenience init(_ file: FileBytes) throws(CheckpointError) {
        switch FileKind(of: file) {
        case .zip: try self.init(torch: file)
        case .safetensors: try self.init(safetensors: file)
        case .oldTorch:
            throw .refused(
                place: "file",
                reason: "is in PyTorch's old format without a zip; load it in PyTorch 1.6 or later "
                    + "and save it again with torch.save")
        case .unknown:
            throw .malformed(
                place: "file",
                reason: "is neither a .pt (a zip, as torch.save writes it) nor a .safetensors")
        }
    }
}

/// What a file is, by its first bytes.
enum FileKind {
    case zip, safetensors, oldTorch, unknown

    init(of file: FileBytes) {
        let bytes = file.span
        if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04])
            || bytes.starts(with: [0x50, 0x4B, 0x05, 0x06])
        {
            self = .zip
        } else if bytes.count > 8, bytes[8] == UInt8(ascii: "{") {
            self = .safetensors
        } else if bytes.starts(with: [0x80, 0x02, 0x8A, 0x0A]) {
            // PROTO 2, LONG1 of 10 bytes: torch's magic
            self = .oldTorch
        } else {
            self = .unknown
        }
    }
}
