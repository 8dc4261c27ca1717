internal import Locks

/// The keys in force, which can be read anew while the service runs.
final class KeyRing: Sendable {
    private let read: @Sendable () throws(CommandFailure) -> APIKeys
    private let keys: Guarded<APIKeys>

    /// The keys of a file.
    convenience init(file path: String) throws(CommandFailure) {
        try self.init { () throws(CommandFailure) in
            let text = String(decoding: try LocalFile.read(path), as: UTF8.self)
            do throws(APIKeysError) { return try APIKeys(text) } catch {
                throw CommandFailure("the keys in '\(path)' cannot be used: \(error.words)")
            }
        }
    }

    /// The keys that `read` gives, now and at each ``reload()``.
    init(read: @escaping @Sendable () throws(CommandFailure) -> APIKeys) throws(CommandFailure) {
        keys = Guarded(try read())
        self.read = read
    }

    /// Reads the keys anew.
    ///
    /// - Throws: what is wrong with them; then those of before stay in force.
    func reload() throws(CommandFailure) {
        let fresh = try read()
        keys.withLock { $0 = fresh }
    }

    /// Reads the keys anew, and tells the log how it went.
    func reload(_ log: ServiceLog) {
        do throws(CommandFailure) {
            try reload()
            log.note(.info) { $0.add("event", "keys_reloaded") }
        } catch {
            log.note(.error) { line in
                line.add("event", "keys_kept")
                line.add("detail", error.message)
            }
        }
    }

    /// Who holds this key, if anyone.
    func holder(of key: String) -> APIKeys.Holder? {
        keys.withLock { $0 }.holder(of: key)
    }
}
