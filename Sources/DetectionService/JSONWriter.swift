internal import HTTPServer

/// Writes compact JSON (RFC 8259) in the order it is told; keys keep that order.
///
/// Keys are the service's own words, which need no escapes.
/// Numbers are the shortest that read back as the same value of their type; one that JSON cannot
/// say (infinite, not a number) becomes `null`.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    /// Whether the next value or key stands behind another one.
    private var needsComma = false

    init() { bytes.reserveCapacity(512) }

    mutating func object(_ members: (inout JSONWriter) -> Void) {
        open("{")
        members(&self)
        close("}")
    }

    mutating func array<Element>(
        _ elements: some Sequence<Element>, _ write: (inout JSONWriter, Element) -> Void
    ) {
        open("[")
        for element in elements { write(&self, element) }
        close("]")
    }

    mutating func key(_ name: String, _ value: String) { key(name) { $0.value(value) } }
    mutating func key(_ name: String, _ value: Int) { key(name) { $0.value(value) } }
    mutating func key(_ name: String, _ value: Double) { key(name) { $0.value(value) } }
    mutating func key(_ name: String, _ value: Float) { key(name) { $0.value(value) } }
    mutating func key(_ name: String, _ value: Bool) { key(name) { $0.value(value) } }
    /// In milliseconds.
    mutating func key(_ name: String, _ value: Duration) { key(name) { $0.value(value) } }

    mutating func key(_ name: String, _ value: (inout JSONWriter) -> Void) {
        separate()
        bytes.append(jsonName: name)
        needsComma = false
        value(&self)
    }

    mutating func value(_ number: Int) { token { $0.append(decimal: number) } }
    mutating func value(_ flag: Bool) { token { $0.append(flag ? "true" : "false") } }
    mutating func value(_ number: Double) {
        token { $0.append(number.isFinite ? number.description : "null") }
    }
    mutating func value(_ number: Float) {
        token { $0.append(number.isFinite ? number.description : "null") }
    }
    /// Milliseconds, to the microsecond.
    mutating func value(_ time: Duration) { token { $0.append(milliseconds: time) } }
    mutating func value(_ text: String) { token { $0.append(json: text) } }

    private mutating func token(_ write: (inout [UInt8]) -> Void) {
        separate()
        write(&bytes)
        needsComma = true
    }

    private mutating func open(_ bracket: Unicode.Scalar) {
        separate()
        bytes.append(UInt8(ascii: bracket))
        needsComma = false
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func close(_ bracket: Unicode.Scalar) {
        bytes.append(UInt8(ascii: bracket))
        needsComma = true
    }
}
