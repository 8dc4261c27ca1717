/// Reads a chunked body (RFC 9112 §7.1), as its bytes come.
struct ChunkedDecoder {
    /// What the next byte belongs to.
    private enum Place: Equatable {
        case size(digits: Int)
        case blankAfterSize
        case chunkExtension
        case lineFeedAfterSize
        case data
        case returnAfterData
        case lineFeedAfterData
        case trailer
        case lineFeedAfterTrailer
        case end
    }

    private let limits: Limits
    private let bodyBytesMax: Int
    private var place = Place.size(digits: 0)
    private var bodyBytes = 0  // announced so far
    private var size = 0  // of the chunk; then what is left of it
    private var extensionBytes = 0  // of the whole body
    private var extensionBlanks = 0  // between this chunk's size and its ';'
    private var trailerBytes = 0
    private var trailerLine: [UInt8] = []

    init(bodyBytesMax: Int, limits: Limits) {
        self.bodyBytesMax = bodyBytesMax
        self.limits = limits
    }

    /// Whether the body is whole.
    var isFinished: Bool { place == .end }

    /// Appends what the next bytes hold of the body.
    ///
    /// - Returns: how many bytes were used: all of them, unless the body ends before.
    /// - Throws: the refusal that the first offending byte earns.
    mutating func decode(
        _ input: Span<UInt8>, into body: inout [UInt8]
    ) throws(Refusal) -> Int {
        var index = 0
        while index < input.count, place != .end {
            if place == .data {
                let count = min(size, input.count - index)
                body.append(copying: input.extracting(index..<index + count))
                size -= count
                index += count
                if size == 0 { place = .returnAfterData }
            } else {
                try step(input[index])
                index += 1
            }
        }
        return index
    }

    private mutating func step(_ byte: UInt8) throws(Refusal) {
        switch place {
        case .size(let digits): try readSize(byte, digits: digits)
        case .blankAfterSize, .chunkExtension: try readExtension(byte)
        case .lineFeedAfterSize:
            try expect(byte, .lineFeed)
            try beginChunk()
        case .returnAfterData:
            try expect(byte, .carriageReturn)
            place = .lineFeedAfterData
        case .lineFeedAfterData:
            try expect(byte, .lineFeed)
            place = .size(digits: 0)
        case .trailer: try readTrailer(byte)
        case .lineFeedAfterTrailer:
            try expect(byte, .lineFeed)
            try endTrailerLine()
        case .data, .end: break  // decode() sees to these
        }
    }

    private mutating func readSize(_ byte: UInt8, digits: Int) throws(Refusal) {
        if let value = byte.hexValue {
            // RFC 9112 §7.1: beware of overflow. 15 digits fit an Int and are more than anyone has.
            guard digits < 15 else {
                throw .malformed("A chunk size has more than 15 digits.")
            }
            size = (digits == 0 ? 0 : size << 4) | Int(value)
            place = .size(digits: digits + 1)
            return
        }
        // RFC 9112 §7.1: hex digits alone, at least one: no sign, no '0x', no blank before.
        guard digits > 0 else {
            throw .malformed("A chunk size does not begin with a hex digit.")
        }
        place = .blankAfterSize
        extensionBlanks = 0
        try readExtension(byte)
    }

    private mutating func readExtension(_ byte: UInt8) throws(Refusal) {
        if byte == .carriageReturn {
            // RFC 9112 §7.1.1: blanks may stand before ';' but not before the end of the line.
            guard place == .chunkExtension || extensionBlanks == 0 else {
                throw .malformed("A chunk size is followed by blanks and no extension.")
            }
            place = .lineFeedAfterSize
            return
        }
        extensionBytes += 1
        // RFC 9112 §7.1.1: the total length of extensions ought to be limited.
        guard extensionBytes <= limits.chunkExtensionBytesMax else {
            throw .malformed(
                "Chunk extensions are too long: at most "
                    + "\(limits.chunkExtensionBytesMax) bytes of them are accepted.")
        }
        if place == .blankAfterSize {
            if byte.isBlank {
                extensionBlanks += 1
            } else if byte == UInt8(ascii: ";") {
                place = .chunkExtension
            } else {
                // RFC 9112 §7.1
                throw .malformed("A chunk size holds a byte that is no hex digit.")
            }
        } else if byte.isControl {
            // RFC 9112 §7.1.1: tokens and quoted strings hold none; a bare LF ends no line.
            throw .malformed("A chunk extension holds a control byte.")
        }
    }

    private mutating func beginChunk() throws(Refusal) {
        guard size > 0 else {
            place = .trailer
            return
        }
        // RFC 9110 §15.5.14: refused on the announcement, before the bytes come.
        guard size <= bodyBytesMax - bodyBytes else {
            throw .bodyTooLarge(bytesMax: bodyBytesMax)
        }
        bodyBytes += size
        place = .data
    }

    private mutating func readTrailer(_ byte: UInt8) throws(Refusal) {
        trailerBytes += 1
        // RFC 9112 §7.1.2, RFC 6585 §5: trailers count as header fields.
        guard trailerBytes <= limits.trailerBytesMax else {
            throw .headerTooLarge(
                "The trailer is too large: at most \(limits.trailerBytesMax) bytes are accepted.")
        }
        if byte == .carriageReturn {
            place = .lineFeedAfterTrailer
        } else {
            // RFC 9112 §2.2, RFC 9110 §5.5
            guard !byte.isControl else {
                throw .malformed("The trailer holds a control byte or a bare LF.")
            }
            trailerLine.append(byte)
        }
    }

    /// RFC 9112 §7.1.2: a trailer may be dropped; it is checked all the same.
    private mutating func endTrailerLine() throws(Refusal) {
        if trailerLine.isEmpty {
            place = .end
        } else {
            _ = try FieldLine.parse(trailerLine.span)
            trailerLine.removeAll(keepingCapacity: true)
            place = .trailer
        }
    }

    private func expect(_ byte: UInt8, _ expected: UInt8) throws(Refusal) {
        // RFC 9112 §7.1, §2.2
        guard byte == expected else {
            throw .malformed("A line of the chunked body or a chunk does not end in CR LF.")
        }
    }
}
