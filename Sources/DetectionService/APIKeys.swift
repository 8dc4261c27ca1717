/// The keys that clients may show, as a file lists them: who has one, and its hash; never the key itself.
///
/// A line is `name:sha256` or `name:sha256:admin`, with the hash in hexadecimal digits; empty lines and those
/// that begin with `#` say nothing. `dynadetect key` makes one. A key is 256 random bits, so a plain hash
/// keeps it: there is nothing to guess.
struct APIKeys: Sendable, Equatable {
    /// Who holds a key, and what for.
    struct Holder: Sendable, Equatable {
        let name: String
        /// Whether it opens `/metrics` and `/models/reload` too.
        let isAdministrator: Bool
        fileprivate let digest: KeyDigest
    }

    private let holders: [Holder]

    private static let holdersMax = 10_000
    private static let nameCharactersMax = 64

    /// Reads the lines of a file.
    init(_ text: String) throws(APIKeysError) {
        var holders: [Holder] = []
        var names: Set<String> = []
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            let line = line.trimmed
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            guard let holder = Self.holder(line) else { throw .line(index + 1) }
            guard names.insert(holder.name).inserted else {
                throw .repeatedName(holder.name, line: index + 1)
            }
            holders.append(holder)
            guard holders.count <= Self.holdersMax else { throw .tooMany(Self.holdersMax) }
        }
        guard !holders.isEmpty else { throw .none }
        self.holders = holders
    }

    /// Who holds this key, if anyone.
    ///
    /// Every hash is compared, each in constant time: how long it takes tells nothing.
    func holder(of key: String) -> Holder? {
        let digest = KeyDigest(of: key)
        var found: Holder?
        for holder in holders where holder.digest.equals(digest) { found = holder }
        return found
    }

    /// A new key: 256 random bits of the system's.
    static func newKey() -> String {
        var secrets = SystemRandomNumberGenerator()
        return "dd_" + Hex.text(of: secrets.next(), secrets.next(), secrets.next(), secrets.next())
    }

    /// The line of a new key.
    static func line(name: String, key: String, isAdministrator: Bool) -> String {
        "\(name):\(KeyDigest(of: key).text)" + (isAdministrator ? ":admin" : "")
    }

    /// Whether a line can say it: letters, digits, `-`, `_` and `.`, 64 at most.
    static func isName(_ name: String) -> Bool {
        (1...nameCharactersMax).contains(name.utf8.count)
            && name.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0))
                    || "-_.".unicodeScalars.contains($0)
            }
    }

    private static func holder(_ line: String) -> Holder? {
        let parts = line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(parts.count), isName(parts[0]),
            parts.count == 2 || parts[2] == "admin", let digest = KeyDigest(text: parts[1])
        else { return nil }
        return Holder(name: parts[0], isAdministrator: parts.count == 3, digest: digest)
    }
}

/// What is wrong with a file of keys.
enum APIKeysError: Error, Equatable {
    case line(Int)
    case repeatedName(String, line: Int)
    case tooMany(Int)
    case none

    /// To stand behind the file's name.
    var words: String {
        switch self {
        case .line(let number):
            "line \(number) is not name:sha256 or name:sha256:admin (dynadetect key makes one)"
        case .repeatedName(let name, let line): "line \(line) names '\(name)' a second time"
        case .tooMany(let most): "it holds more than \(most) keys"
        case .none: "it holds no key"
        }
    }
}
