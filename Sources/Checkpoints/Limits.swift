/// What a file may make us hold, each with its reason.
///
/// Figures of real files are those of an unstripped YOLOv8x.
enum Limits {
    /// A zip's central directory is read whole; a real file has 1,000 to 5,000 entries.
    static let zipEntries = 200_000
    /// Inflated bytes are held in memory; torch itself never deflates.
    static let inflatedBytes = 1 << 30
    /// `data.pkl`; a real one is under 2 MB.
    static let pickleBytes = 64 << 20
    /// Values a pickle pushes, stores and remembers; a real one has 100,000.
    static let pickleValues = 2_000_000
    /// One string or byte string of a pickle.
    static let pickleStringBytes = 16 << 20
    /// A class's, tensor's or storage's name, and a path that is joined from parts.
    static let nameBytes = 4096
    /// Modules of a tree, shared ones counted each time they stand in it; a real one has 500.
    static let modules = 20_000
    /// Modules inside each other; a real tree is 8 deep.
    static let moduleDepth = 32
    /// Values in all the attributes of a tree, shared ones counted each time.
    static let attributes = 1_000_000
    /// Lists and maps inside each other in one attribute.
    static let attributeDepth = 24
    /// Elements of a tensor that is kept as an attribute (strides are three).
    static let attributeElements = 64
    /// Dimensions of a tensor; convolutions have four.
    static let rank = 8
    /// Elements that a tensor may have beyond its storage (an expanded view repeats them).
    static let expandedElements = 1 << 20
    /// Elements of all tensors together, 2 GiB as Float; a YOLOv8x with four experts has 250 million.
    static let elements = 1 << 29
    /// The JSON header of a safetensors file; the format's own limit is 100 MB.
    static let headerBytes = 32 << 20
    /// Values in one JSON text.
    static let jsonValues = 2_000_000
    /// Arrays and objects inside each other: two for each module, and its attributes.
    static let jsonDepth = 128
    /// Class ids; Objects365 and LVIS have 365 and 1,203.
    static let classes = 65_536
    /// Pixels; YOLO's P6 heads have 64.
    static let stride = 1024
    /// Pixels on a side; networks are trained at 320 to 1,536.
    static let imageSize = 8192
    /// Layers of a layer list, and repeats within one.
    static let layers = 4096
    /// Channels, classes or experts of one layer of a layer list.
    static let channels = 1 << 20
}
