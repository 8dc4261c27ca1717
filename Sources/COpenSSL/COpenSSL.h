#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdbool.h>

// What OpenSSL has as macros, which Swift does not see.

// No renegotiation: nobody needs it, and it lets a client ask for endless signatures. A client that
// ends without close_notify has ended all the same: HTTP's own lengths tell whether all has come.
static const uint64_t SSL_OP_serving = SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION
    | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF;

// Writes take what the socket takes, from wherever the bytes lie by then; an idle connection keeps
// no buffers; a read that met no data returns instead of going on.
static inline void SSL_CTX_set_modes_of_streams(SSL_CTX *ctx) {
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
        | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_read_ahead(ctx, 1);  // a record in one call, not its header first
}

static inline int SSL_CTX_set_versions(SSL_CTX *ctx, int min, int max) {
    return SSL_CTX_set_min_proto_version(ctx, min) && SSL_CTX_set_max_proto_version(ctx, max);
}

static inline int SSL_CTX_set_groups(SSL_CTX *ctx, const char *groups) {
    return (int)SSL_CTX_set1_groups_list(ctx, groups);
}

static inline void SSL_CTX_set_host_name_callback(
    SSL_CTX *ctx, int (*callback)(SSL *, int *, void *), void *argument
) {
    SSL_CTX_set_tlsext_servername_callback(ctx, callback);
    SSL_CTX_set_tlsext_servername_arg(ctx, argument);
}

// What stands between a certificate and its root; 0 on failure.
static inline int SSL_CTX_get_chain(SSL_CTX *ctx, STACK_OF(X509) **chain) {
    return (int)SSL_CTX_get0_chain_certs(ctx, chain);
}

// Lets `to` believe whom `from` believes, and tell clients the same names.
static inline void SSL_CTX_share_authorities(SSL_CTX *from, SSL_CTX *to) {
    SSL_CTX_set1_cert_store(to, SSL_CTX_get_cert_store(from));
    SSL_CTX_set_client_CA_list(to, SSL_dup_CA_list(SSL_CTX_get_client_CA_list(from)));
}

static inline int SSL_set_host_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}

// Why a file of certificates or keys was not read.
static inline bool ERR_tells_of_no_pem(unsigned long error) {
    return (ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE)
        || (ERR_GET_LIB(error) == ERR_LIB_OSSL_DECODER && ERR_GET_REASON(error) == ERR_R_UNSUPPORTED);
}

static inline bool ERR_tells_of_a_password(unsigned long error) {
    return ERR_GET_REASON(error) == ERR_R_INTERRUPTED_OR_CANCELLED;
}
