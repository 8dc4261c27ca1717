extension Conversation {
    /// Whether the handshake of TLS is to go on.
    var isSecuring: Bool {
        if case .securing = state { true } else { false }
    }

    /// The handshake is done: requests may come.
    mutating func secured(at now: Instant) {
        guard case .securing(let refusal) = state else { return }
        begin(refusal, at: now)
    }

    /// The handshake has failed, and the client was told by TLS.
    ///
    /// What it still sends is read, lest a reset destroys what it was told.
    mutating func handshakeFailed() { if isSecuring { state = .parting } }

    /// The client began without TLS.
    mutating func spokePlainly() {
        guard isSecuring else { return }
        refuse(.malformed("This is a port for HTTPS; plain HTTP came."))
    }
}
