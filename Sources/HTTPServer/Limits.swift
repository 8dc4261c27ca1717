/// What one client may cost the server.
///
/// Each value has a unit, a default and a reason.
///
/// The size of a body is not here: it depends on the route, so ``Handler/admit(_:)`` says it.
package struct Limits: Sendable, Equatable {
    // MARK: A head

    /// Request line and fields together, in bytes.
    ///
    /// Real heads are below 2 KiB; cookies and tokens of a gateway in front may add a few more.
    /// More is refused with 431.
    package var headerBytesMax = 16 * 1024
    /// The request target, in bytes: RFC 9112 §3 asks for 8000 at least.
    ///
    /// More is refused with 414.
    package var targetBytesMax = 8 * 1024
    /// The method, in bytes: the longest registered one has 17.
    ///
    /// More is refused with 501.
    package var methodBytesMax = 32
    /// Header fields: each costs two strings, and clients send 5 to 30.
    ///
    /// More is refused with 431.
    package var fieldsMax = 100

    // MARK: A body

    /// All chunk extensions of a body, in bytes.
    ///
    /// Nobody needs them, and without a bound a client could send nothing else for ever
    /// (CVE-2023-39326).
    package var chunkExtensionBytesMax = 4 * 1024
    /// The trailer section, in bytes: it is checked and dropped, so a checksum or two is enough.
    package var trailerBytesMax = 4 * 1024
    /// The header fields of one part of a form, in bytes: a name and a file name.
    package var partHeaderBytesMax = 4 * 1024
    /// The boundary of a form, in characters: RFC 2046 §5.1.1 allows 70.
    package var boundaryBytesMax = 70
    /// The memory set aside for a body before any of it has come, in bytes.
    ///
    /// It grows fourfold as the bytes arrive, so that announcing 100 MB costs the server no more
    /// than a small picture does.
    package var bodyFirstBytes = 64 * 1024

    /// Bytes of bodies that have come and are not whole yet, over all connections: eight of the largest that
    /// the service takes, or a thousand photographs.
    ///
    /// Bodies beyond it are answered 503. A whole one is the handler's to count.
    package var bodiesBytesMax = 256 * 1024 * 1024
    /// Those of one address, as ``connectionsPerClientMax`` counts them; 0 for any number.
    ///
    /// A quarter of all, so that no client fills what is everyone's with a few bodies that drip. Bodies
    /// beyond it are answered 429.
    package var bodiesBytesPerClientMax = 64 * 1024 * 1024

    /// The body of a request that was answered by its head alone, in bytes, behind which the connection
    /// goes on: it is read and thrown away.
    ///
    /// A photograph's body costs less to read than a new connection costs both sides. Behind larger
    /// ones the connection closes.
    package var skippedBytesMax = 1024 * 1024

    // MARK: A connection

    /// Connections open at once.
    ///
    /// An idle one costs about 2 KB here and a socket in the kernel; 1024 is also the usual limit
    /// on open files. More are answered with 503.
    package var connectionsMax = 1024
    /// Connections open at once from one address, or from one IPv6 network of 64 bits; 0 for any number.
    ///
    /// A quarter of all, so that no client shuts out the others, and an office behind one address still
    /// has more than it needs. Behind a proxy all clients have the proxy's address: there it is 0.
    /// More are answered with 429.
    package var connectionsPerClientMax = 256
    /// Connections above `connectionsMax` that are told so at once.
    ///
    /// Still more are closed unheard.
    package var turnedAwayMax = 64
    /// Connections the kernel may hold ready for us: a burst of clients within a few milliseconds.
    package var backlogMax = 1024
    /// Requests on one connection before it closes, so that long-lived clients spread anew over
    /// the servers behind a balancer.
    package var requestsPerConnectionMax = 10_000
    /// Bytes read from one connection in one turn, so that a fast sender cannot starve those that share
    /// its lane: about 0.1 ms of copying.
    package var turnBytesMax = 512 * 1024
    /// Bytes that are read and thrown away after an early answer.
    ///
    /// While they are read, the client can finish sending and look at the answer; a reset would
    /// destroy it (RFC 9112 §9.6).
    package var lingerBytesMax = 64 * 1024 * 1024

    // MARK: Times

    /// From the connection to the end of its TLS handshake.
    ///
    /// Two round trips and a signature: a slow mobile network needs 2 s. Then it closes without a word.
    package var handshakeTime: Duration = .seconds(10)
    /// How long one key encrypts the tickets that TLS sessions are resumed with.
    ///
    /// Who steals it can read what was said under its tickets, so not for ever; a client that comes back
    /// later shakes hands in full, once.
    package var ticketKeyTime: Duration = .seconds(12 * 3600)
    /// From the first byte of a head to its last.
    ///
    /// A slow mobile network needs 2 s; a client that drips bytes to hold connections is answered
    /// 408.
    package var headerTime: Duration = .seconds(10)
    /// From the end of the head to the end of the body: 20 MB at 3 Mbit/s.
    ///
    /// Then 408.
    package var bodyTime: Duration = .seconds(60)
    /// How long a body may come at any rate: its first packets, and a phone that changes cells.
    package var bodyLeisureTime: Duration = .seconds(10)
    /// Bytes a second that a body must bring from then on, counted from the end of the head; 0 for any number.
    ///
    /// An EDGE line brings 16 KiB. A client that drips bytes to hold a connection is answered
    /// 408 after ``bodyLeisureTime``, however long ``bodyTime`` is.
    package var bodyRateMin = 4 * 1024
    /// How long a connection may be open without a request.
    ///
    /// Longer than the usual pause between two pictures of a camera, and it closes without a word.
    package var idleTime: Duration = .seconds(60)
    /// From the first byte of an answer to its last: 3 MB at 1 Mbit/s.
    ///
    /// A client that reads more slowly is dropped.
    package var writeTime: Duration = .seconds(30)
    /// How long bytes are thrown away after an early answer.
    package var lingerTime: Duration = .seconds(5)
    /// How long an idle connection may still bring a request after a drain has begun: one that is on
    /// its way when the drain begins is answered, not cut off.
    package var drainIdleTime: Duration = .milliseconds(500)
    /// How long no connection is accepted after the process ran out of descriptors or memory: trying again
    /// at once would spin, and the kernel keeps the clients meanwhile.
    package var acceptPause: Duration = .milliseconds(100)

    /// The defaults.
    package init() {}

    /// The most memory that connections and bodies on their way in can take, in bytes.
    ///
    /// The handler's own (whole bodies, answers) is not in it.
    ///
    /// - Parameter isSecured: whether TLS is spoken.
    /// - Returns: a bound; most connections take less.
    package func memoryBytesMax(isSecured: Bool) -> Int {
        // A head as it came with what one read brought behind it, and as strings; what OpenSSL holds
        // while a connection is busy.
        let connectionBytes = Self.readBytes + headerBytesMax * 4 + (isSecured ? 96 * 1024 : 0)
        return (connectionsMax + turnedAwayMax) * connectionBytes + bodiesBytesMax
    }

    /// What is read in one call, in bytes: a system call then costs little beside the copying.
    static let readBytes = 64 * 1024

    /// What is thrown away in one call, in bytes: nothing is copied.
    static let discardedBytes = 256 * 1024

    /// What is read in one call while a head is awaited, in bytes: most heads, and little of a body.
    ///
    /// With the array's own 32 bytes the largest block of which glibc's malloc keeps some for each thread:
    /// larger ones take its lock, which the workers need too.
    static let headReadBytes = 1000

    /// What an answer counts for among the bytes of a turn: 32 of them make one.
    static let answerBytes = 16 * 1024
}
