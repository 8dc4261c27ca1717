import Testing

@testable import HTTPServer

struct TLSContextTests {
    let authority: TestAuthority
    let identity: TLSContext.Identity

    init() throws {
        authority = try TestAuthority()
        identity = try authority.issue("a")
    }

    @Test func `a file that is not there is named`() {
        var missing = identity
        missing.certificate = "/no/such.pem"
        #expect(
            throws: TLSError.certificate(
                path: "/no/such.pem", reason: "No such file or directory")
        ) { try TLSContext(identities: [missing]) }
        missing = identity
        missing.key = "/no/such.key"
        #expect(throws: TLSError.key(path: "/no/such.key", reason: "No such file or directory")) {
            try TLSContext(identities: [missing])
        }
        #expect(
            throws: TLSError.clientAuthorities(
                path: "/no/such.pem", reason: "No such file or directory")
        ) { try TLSContext(identities: [identity], clientAuthorities: "/no/such.pem") }
    }

    @Test(arguments: ["", "nothing", "-----BEGIN CERTIFICATE-----\n"])
    func `a file that is no PEM is named`(text: String) throws {
        let path = try authority.file("text.pem", text)
        let error = #expect(throws: TLSError.self) {
            try TLSContext(identities: [.init(certificate: path, key: identity.key)])
        }
        #expect(error.map { "\($0)".hasPrefix("the certificate '\(path)': ") } == true)
        #expect(throws: TLSError.key(path: path, reason: "it holds no PEM of that kind")) {
            try TLSContext(identities: [.init(certificate: identity.certificate, key: path)])
        }
        #expect(throws: TLSError.self) {
            try TLSContext(identities: [identity], clientAuthorities: path)
        }
    }

    @Test func `a key of another certificate is refused`() throws {
        let other = try authority.issue("b")
        #expect(throws: TLSError.key(path: other.key, reason: "key values mismatch")) {
            try TLSContext(
                identities: [.init(certificate: identity.certificate, key: other.key)])
        }
    }

    @Test func `a key with a password is refused, and none is asked for`() throws {
        let path = try authority.file("locked.key", Self.lockedKey)
        #expect(
            throws: TLSError.key(
                path: path, reason: "it asks for a password, which is not supported")
        ) { try TLSContext(identities: [.init(certificate: identity.certificate, key: path)]) }
    }

    @Test(arguments: [TestAuthority.KeyKind.rsa(bits: 1024), .p192])
    func `a key that can be broken is refused`(key: TestAuthority.KeyKind) throws {
        let weak = try authority.issue("weak", key: key)
        #expect(
            throws: TLSError.certificate(path: weak.certificate, reason: "ee key too small")
        ) { try TLSContext(identities: [weak]) }
    }

    @Test func `each of several is read`() throws {
        var second = try authority.issue("b")
        second.key = "/no/such.key"
        #expect(throws: TLSError.self) { try TLSContext(identities: [identity, second]) }
    }

    /// A throwaway key under the password "secret".
    static let lockedKey = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgFb/vYqJp7RAICCAAw
        DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEECoIk0J79KfjYNGn9mAsWCMEgZDJ
        kGhxb4BmpaXd3SZrDIywOKD9kjcPRS1hjAdvum3UQHt6C0XdWt/HnfRKInP/+GEt
        XQXNeUYgo1hlPEU9C6oF7S1vCA7MxUWh2nA1pgkKzrA6PT4ZHr4mLHEuygBVj/+o
        rvSteulbPQ4XvdfIyB/doLlxOVhwabBRb7Gk/gGrtN/ksJoqUBatnKqwh0g92fM=
        -----END ENCRYPTED PRIVATE KEY-----
        """
}
