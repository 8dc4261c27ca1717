/// Why TLS cannot be served with what the operator gave.
package enum TLSError: Error, Equatable {
    /// The file at `path` holds no usable certificate chain.
    case certificate(path: String, reason: String)
    /// The file at `path` holds no usable private key, or that of another certificate.
    case key(path: String, reason: String)
    /// The file at `path` holds no authorities for the certificates of clients.
    case clientAuthorities(path: String, reason: String)
    /// OpenSSL itself could not be set up.
    case openSSL(reason: String)
}

extension TLSError: CustomStringConvertible {
    /// One line that names the file and what is wrong with it.
    package var description: String {
        switch self {
        case .certificate(let path, let reason): "the certificate '\(path)': \(reason)"
        case .key(let path, let reason): "the private key '\(path)': \(reason)"
        case .clientAuthorities(let path, let reason): "the authorities '\(path)': \(reason)"
        case .openSSL(let reason): "OpenSSL: \(reason)"
        }
    }
}
