/// Takes one request after another out of a stream of bytes: a head, its body, the next head.
///
/// It holds what has come and is not used yet. The caller bounds that by reading only while something
/// is missing.
struct RequestReader {
    private enum Body {
        case none
        case length(missing: Int)
        case chunked(ChunkedDecoder)
    }

    private let limits: Limits
    private let bodyShare: BodyShare
    private var bodyHold: BodyHold?
    private var input: [UInt8] = []
    private var used = 0  // of the input; before the current head or body
    private var skipping = 0  // bytes that have not come
    private var parser: RequestParser
    private var framing = Body.none
    private var body: [UInt8] = []  // as it comes
    private var bodyBytesMax = 0
    private var inflater: Inflater?
    private var inflated: [UInt8] = []
    private var inflatedFrom = 0  // of the body
    /// Bytes of the body that came, as they came: with its chunks, and still coded.
    private(set) var bodyBytesReceived = 0

    /// A reader of one connection; without its client's share of all bodies, it has a budget of its own.
    init(limits: Limits, bodyShare: BodyShare? = nil) {
        self.limits = limits
        self.bodyShare =
            bodyShare ?? BodyShare(of: BodyBudget(bytesMax: limits.bodiesBytesMax))
        parser = RequestParser(limits: limits)
    }

    /// Whether bytes have come that no head or body has used.
    var hasUnusedBytes: Bool { used < input.count }

    /// Whether the next head has begun.
    var isHeadBegun: Bool { parser.isBegun }

    /// Adds bytes as they came.
    mutating func receive(_ bytes: Span<UInt8>) {
        if used > 0 {
            input.removeFirst(used)
            used = 0
        }
        let skipped = min(skipping, bytes.count)
        skipping -= skipped
        input.append(copying: bytes.extracting(skipped..<bytes.count))
    }

    /// How many of the bytes that come next belong to a body that nobody wants.
    var bytesToSkip: Int { skipping }

    /// Whether there are any.
    var isSkipping: Bool { skipping > 0 }

    /// So many of them have come, and are gone.
    mutating func skipped(_ count: Int) {
        precondition(count <= skipping, "what is skipped was to be skipped")
        skipping -= count
    }

    /// Throws the next bytes away, those that have come and those that will: a body of that length,
    /// instead of ``beginBody(_:_:bytesMax:)``.
    mutating func skip(_ length: Int) {
        let come = min(length, input.count - used)
        use(come)
        skipping = length - come
    }

    /// The next head, once it is whole.
    mutating func head() throws(Refusal) -> (RequestHead, BodyFraming)? {
        let input = self.input  // held, not copied
        let unused = input.span.extracting(used..<input.count)
        guard case .finished(let head, let framing, let bytesUsed) = try parser.parse(unused) else {
            return nil
        }
        use(bytesUsed)
        parser = RequestParser(limits: limits)
        return (head, framing)
    }

    /// Prepares for the body that belongs to the head just read.
    mutating func beginBody(
        _ framing: BodyFraming, _ coding: ContentCoding? = nil, bytesMax: Int
    ) throws(Refusal) {
        bodyBytesMax = bytesMax
        bodyBytesReceived = 0
        inflater = framing == .none ? nil : coding.flatMap(Inflater.init)
        switch framing {
        case .none: self.framing = .none
        case .length(let length):
            // RFC 9110 §15.5.14: refused on the announcement, before the bytes come.
            guard length <= bytesMax else { throw .bodyTooLarge(bytesMax: bytesMax) }
            self.framing = .length(missing: length)
        case .chunked:
            self.framing = .chunked(ChunkedDecoder(bodyBytesMax: bytesMax, limits: limits))
        }
    }

    /// The whole body, once it has come; it is given away.
    mutating func finishBody() throws(Refusal) -> [UInt8]? {
        let isWhole = try moveBody()
        try holdBody()
        if let inflater {
            try step(inflater)
            try holdBody()
            guard isWhole, !hasUndecodedBytes else { return nil }
            guard inflater.isFinished else {
                throw .encodedBody("The body ends before its Content-Encoding does.")
            }
            self.inflater = nil
            body = []
            swap(&body, &inflated)
        }
        guard isWhole else { return nil }
        framing = .none
        bodyHold = nil
        var whole: [UInt8] = []
        swap(&whole, &body)
        return whole
    }

    /// Lets go of what has come of a body that is no longer wanted.
    mutating func dropBody() {
        framing = .none
        inflater = nil
        bodyHold = nil
        body = []
        inflated = []
        inflatedFrom = 0
    }

    /// Counts what has come of the body; a body that is never held longer than a call is not.
    private mutating func holdBody() throws(Refusal) {
        let bytes = body.count + inflated.count
        guard bytes > 0 || bodyHold != nil else { return }
        let hold = bodyHold ?? BodyHold(bodyShare)
        bodyHold = hold
        try hold.hold(bytes)
    }

    /// Whether ``finishBody()`` has more to do though nothing comes.
    var hasUndecodedBytes: Bool {
        inflater.map { inflatedFrom < body.count || $0.hasMore } ?? false
    }

    /// Makes a part of the body whole: no more at a time than is read of one client in a turn.
    private mutating func step(_ inflater: Inflater) throws(Refusal) {
        let room = min(limits.turnBytesMax, bodyBytesMax - inflated.count + 1)
        let body = self.body  // held, not copied
        inflatedFrom += try inflater.step(
            body.span.extracting(inflatedFrom..<body.count), into: &inflated, bytesMax: room)
        // RFC 9110 §15.5.14: the limit is on what is worked with.
        guard inflated.count <= bodyBytesMax else { throw .bodyTooLarge(bytesMax: bodyBytesMax) }
        if inflatedFrom == body.count {
            self.body.removeAll(keepingCapacity: true)
            inflatedFrom = 0
        }
    }

    /// Adds what has come to the body; true once it is whole.
    private mutating func moveBody() throws(Refusal) -> Bool {
        switch framing {
        case .none: return true
        case .length(let missing):
            let count = min(missing, input.count - used)
            if count > 0 {
                reserve(missing: missing)
                let input = self.input
                body.append(copying: input.span.extracting(used..<used + count))
                use(count)
                bodyBytesReceived += count
            }
            framing = .length(missing: missing - count)
            return missing == count
        case .chunked(var decoder):
            framing = .none  // so that the decoder below is held once
            let input = self.input
            let unused = input.span.extracting(used..<input.count)
            let count = try decoder.decode(unused, into: &body)
            use(count)
            bodyBytesReceived += count
            framing = .chunked(decoder)
            return decoder.isFinished
        }
    }

    /// Whether bytes that come now belong to a body of known length, so that ``fillBody(_:)`` can put
    /// them where they will stay.
    var takesBodyDirectly: Bool {
        if case .length(let missing) = framing { return missing > 0 && !hasUnusedBytes }
        return false
    }

    /// Lends `read` room at the end of the body, never more than is missing.
    mutating func fillBody(_ read: (inout OutputSpan<UInt8>) -> Void) {
        guard case .length(let missing) = framing, missing > 0 else { return }
        reserve(missing: missing)
        let before = body.count
        body.append(addingCapacity: min(missing, body.capacity - before), initializingWith: read)
        framing = .length(missing: missing - (body.count - before))
        bodyBytesReceived += body.count - before
    }

    /// Makes room in the body when it is full: a little at first, then four times as much as has
    /// come, so that memory follows what was sent and not what was announced.
    ///
    /// In sum less than half of a body is copied.
    private mutating func reserve(missing: Int) {
        guard body.count == body.capacity else { return }
        let more = max(limits.bodyFirstBytes, min(body.count, Int.max / 4) * 3)
        body.reserveCapacity(body.count + min(missing, more))
    }

    private mutating func use(_ count: Int) {
        used += count
        guard used == input.count else { return }
        // An idle connection keeps no buffer.
        input = []
        used = 0
    }
}
