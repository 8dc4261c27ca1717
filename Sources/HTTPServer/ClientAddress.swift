/// Whom a connection is counted under: an IPv4 address, or the network of an IPv6 address.
///
/// A customer of IPv6 holds a whole network of 64 bits, so its addresses count as one. An IPv4 address
/// that came over IPv6 is the IPv4 address.
struct ClientAddress: Hashable, Sendable {
    private let network: UInt64

    /// From the 4 bytes of an IPv4 or the 16 of an IPv6 address.
    init(_ bytes: some Sequence<UInt8>) {
        var all = Array(bytes)
        if all.prefix(12).elementsEqual(Self.mapped) { all.removeFirst(12) }
        // Networks of IPv6 that look like an IPv4 address are not routed (RFC 4291 §2.4).
        network = all.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// What stands before the four bytes of an IPv4 address (RFC 4291 §2.5.5.2).
    private static let mapped: [UInt8] = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
}
