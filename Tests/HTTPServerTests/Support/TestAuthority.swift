import COpenSSL
import Glibc
import Testing

@testable import HTTPServer

/// Issues certificates for tests, in files of its own folder, which goes with it.
@safe
final class TestAuthority {
    /// Seconds from now.
    struct Validity {
        var from = -3600
        var to = 3600
        static let now = Validity()
        static let past = Validity(from: -7200, to: -3600)
    }

    enum KeyKind { case ec, rsa(bits: CInt), p192 }

    private let folder: String
    private let key: OpaquePointer
    private let certificate: OpaquePointer
    private var files: [String] = []

    /// The authority's own certificate.
    let path: String

    init(_ name: String = "Test Authority") throws {
        var template = Array("/tmp/dynadetect-XXXXXX".utf8CString)
        // mkdtemp writes the name it chose into the template.
        folder = try #require(unsafe mkdtemp(&template).map { unsafe String(cString: $0) })
        unsafe key = try Self.newKey(.ec)
        unsafe certificate = try Self.make(name, key: key, validity: .now)
        unsafe try Self.extend(certificate, NID_basic_constraints, "critical,CA:TRUE")
        unsafe try Self.sign(certificate, by: certificate, key)
        path = "\(folder)/authority.pem"
        unsafe try write(certificate, to: path)
    }

    deinit {
        unsafe X509_free(certificate)
        unsafe EVP_PKEY_free(key)
        // Paths, read by the calls.
        for file in files { unsafe unlink(file) }
        unsafe rmdir(folder)
    }

    /// A certificate for these hosts, and its key.
    func issue(
        _ name: String, hosts: [String] = [], validity: Validity = .now, key kind: KeyKind = .ec,
        isSelfSigned: Bool = false
    ) throws -> TLSContext.Identity {
        let key = unsafe try Self.newKey(kind)
        defer { unsafe EVP_PKEY_free(key) }
        let certificate = unsafe try Self.make(name, key: key, validity: validity)
        defer { unsafe X509_free(certificate) }
        if !hosts.isEmpty {
            unsafe try Self.extend(
                certificate, NID_subject_alt_name,
                hosts.map { "DNS:\($0)" }.joined(separator: ","))
        }
        unsafe try Self.sign(
            certificate, by: isSelfSigned ? certificate : self.certificate,
            isSelfSigned ? key : self.key)
        let files = TLSContext.Identity(
            certificate: "\(folder)/\(name).pem", key: "\(folder)/\(name).key")
        unsafe try write(certificate, to: files.certificate)
        unsafe try writing(to: files.key) { file in
            unsafe PEM_write_PrivateKey(file, key, nil, nil, 0, nil, nil)
        }
        return files
    }

    /// A file of that text, for what is no certificate.
    func file(_ name: String, _ text: String) throws -> String {
        let path = "\(folder)/\(name)"
        unsafe try writing(to: path) { file in unsafe fputs(text, file) >= 0 ? 1 : 0 }
        return path
    }

    private static func make(
        _ name: String, key: OpaquePointer, validity: Validity
    ) throws -> OpaquePointer {
        let certificate = unsafe try #require(unsafe X509_new())
        unsafe X509_set_version(certificate, 2)
        unsafe ASN1_INTEGER_set(
            X509_get_serialNumber(certificate), Int.random(in: 1...1_000_000_000))
        unsafe X509_gmtime_adj(X509_getm_notBefore(certificate), validity.from)
        unsafe X509_gmtime_adj(X509_getm_notAfter(certificate), validity.to)
        unsafe X509_set_pubkey(certificate, key)
        unsafe X509_NAME_add_entry_by_txt(
            X509_get_subject_name(certificate), "CN", MBSTRING_ASC, name, -1, -1, 0)
        return unsafe certificate
    }

    private static func newKey(_ kind: KeyKind) throws -> OpaquePointer {
        let isRSA = if case .rsa = kind { true } else { false }
        let maker = unsafe try #require(
            unsafe EVP_PKEY_CTX_new_id(isRSA ? EVP_PKEY_RSA : EVP_PKEY_EC, nil))
        defer { unsafe EVP_PKEY_CTX_free(maker) }
        unsafe EVP_PKEY_keygen_init(maker)
        switch kind {
        case .ec: unsafe EVP_PKEY_CTX_set_ec_paramgen_curve_nid(maker, NID_X9_62_prime256v1)
        case .p192: unsafe EVP_PKEY_CTX_set_ec_paramgen_curve_nid(maker, NID_X9_62_prime192v1)
        case .rsa(let bits): unsafe EVP_PKEY_CTX_set_rsa_keygen_bits(maker, bits)
        }
        var key: OpaquePointer?
        unsafe EVP_PKEY_keygen(maker, &key)
        return unsafe try #require(unsafe key)
    }

    private static func extend(_ certificate: OpaquePointer, _ kind: CInt, _ value: String) throws {
        let extended = unsafe try #require(unsafe X509V3_EXT_conf_nid(nil, nil, kind, value))
        unsafe X509_add_ext(certificate, extended, -1)
        unsafe X509_EXTENSION_free(extended)
    }

    private static func sign(
        _ certificate: OpaquePointer, by issuer: OpaquePointer, _ key: OpaquePointer
    ) throws {
        unsafe X509_set_issuer_name(certificate, X509_get_subject_name(issuer))
        try #require(unsafe X509_sign(certificate, key, EVP_sha256()) > 0)
    }

    private func write(_ certificate: OpaquePointer, to path: String) throws {
        unsafe try writing(to: path) { unsafe PEM_write_X509($0, certificate) }
    }

    private func writing(
        to path: String, _ write: (UnsafeMutablePointer<FILE>) -> CInt
    ) throws {
        files.append(path)
        let file = unsafe try #require(unsafe fopen(path, "w"))
        defer { unsafe fclose(file) }
        try #require(unsafe write(file) == 1)
    }
}
