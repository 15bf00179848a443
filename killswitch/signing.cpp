#include "killswitch/signing.hpp"

#include <memory>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/assert.hpp"

namespace fusebox::killswitch {
namespace {

// OpenSSL takes ownership through plain pointers; each type has its own way to let go.
struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Context = std::unique_ptr<EVP_MD_CTX, Free>;
using Bio = std::unique_ptr<BIO, Free>;

// Assertions in this file fail only without memory or without any provider, as in sha256.cpp.
Key private_key_of(const KeyBytes& secret) {
  Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, secret.data(), secret.size()));
  FUSEBOX_ASSERT(key != nullptr);
  return key;
}

// Null for 32 bytes that OpenSSL takes for no key.
Key public_key_of(const KeyBytes& bytes) {
  return Key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes.data(), bytes.size()));
}

Bio reader_of(std::string_view text) {
  Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  FUSEBOX_ASSERT(bio != nullptr);
  return bio;
}

// What `write` writes to a BIO.
template <class Write>
std::string written(Write write) {
  const Bio bio(BIO_new(BIO_s_mem()));
  FUSEBOX_ASSERT(bio != nullptr);
  const int done = write(bio.get());
  FUSEBOX_ASSERT(done == 1);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

// A passphrase is never asked for: a key that needs one is none of ours.
int no_passphrase(char*, int, int, void*) { return -1; }

const unsigned char* data_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

constexpr std::size_t kPemBytesMax = 4096;

// What OpenSSL has to say about refused bytes waits in a queue of the thread, where the next user
// of TLS would take it for an error of its own.
struct QuietErrors {
  QuietErrors() = default;
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;
  ~QuietErrors() { ERR_clear_error(); }
};

}  // namespace

Result<PublicKey> PublicKey::from_pem(std::string_view text) {
  const QuietErrors quiet;
  const Unexpected refused{ErrorCode::AuditBroken, "this is no Ed25519 public key in PEM form"};
  if (text.size() > kPemBytesMax) return refused;
  const Key key(PEM_read_bio_PUBKEY(reader_of(text).get(), nullptr, no_passphrase, nullptr));
  KeyBytes bytes{};
  std::size_t size = bytes.size();
  if (key == nullptr || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) return refused;
  if (EVP_PKEY_get_raw_public_key(key.get(), bytes.data(), &size) != 1) return refused;
  PublicKey found(bytes);
  if (size != bytes.size() || found.to_pem() != text) return refused;
  return found;
}

std::string PublicKey::to_pem() const {
  const Key key = public_key_of(bytes_);
  FUSEBOX_ASSERT(key != nullptr);
  return written([&key](BIO* bio) { return PEM_write_bio_PUBKEY(bio, key.get()); });
}

Digest PublicKey::fingerprint() const {
  const Key key = public_key_of(bytes_);
  FUSEBOX_ASSERT(key != nullptr);
  return sha256(written([&key](BIO* bio) { return i2d_PUBKEY_bio(bio, key.get()); }));
}

bool PublicKey::verify(std::string_view bytes, const Signature& signature) const {
  const QuietErrors quiet;
  const Key key = public_key_of(bytes_);
  const Context context(EVP_MD_CTX_new());
  FUSEBOX_ASSERT(context != nullptr);
  if (key == nullptr) return false;
  if (EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1) return false;
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(), data_of(bytes),
                          bytes.size()) == 1;
}

Result<SigningKey> SigningKey::from_pem(std::string_view text) {
  const QuietErrors quiet;
  const Unexpected refused{ErrorCode::StateCorrupt, "this is no Ed25519 private key in PEM form"};
  if (text.size() > kPemBytesMax) return refused;
  const Key key(PEM_read_bio_PrivateKey(reader_of(text).get(), nullptr, no_passphrase, nullptr));
  KeyBytes secret{};
  std::size_t size = secret.size();
  if (key == nullptr || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) return refused;
  if (EVP_PKEY_get_raw_private_key(key.get(), secret.data(), &size) != 1) return refused;
  if (size != secret.size()) return refused;
  return SigningKey(secret);
}

std::string SigningKey::to_pem() const {
  const Key key = private_key_of(secret_);
  return written([&key](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

PublicKey SigningKey::public_key() const {
  KeyBytes bytes{};
  std::size_t size = bytes.size();
  const int done = EVP_PKEY_get_raw_public_key(private_key_of(secret_).get(), bytes.data(), &size);
  FUSEBOX_ASSERT(done == 1);
  FUSEBOX_ASSERT(size == bytes.size());
  return PublicKey(bytes);
}

Signature SigningKey::sign(std::string_view bytes) const {
  const Key key = private_key_of(secret_);
  const Context context(EVP_MD_CTX_new());
  FUSEBOX_ASSERT(context != nullptr);
  Signature signature{};
  std::size_t size = signature.size();
  const int begun = EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get());
  FUSEBOX_ASSERT(begun == 1);
  const int done =
      EVP_DigestSign(context.get(), signature.data(), &size, data_of(bytes), bytes.size());
  FUSEBOX_ASSERT(done == 1);
  FUSEBOX_ASSERT(size == signature.size());
  return signature;
}

}  // namespace fusebox::killswitch
