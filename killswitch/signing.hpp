// Ed25519 signatures (RFC 8032; OpenSSL behind them): who vouches for a sealed segment of the
// audit. Signing draws no chance: the same key and bytes give the same signature.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "killswitch/sha256.hpp"

namespace fusebox::killswitch {

using Signature = std::array<std::uint8_t, 64>;
using KeyBytes = std::array<std::uint8_t, 32>;

class PublicKey {
 public:
  explicit PublicKey(const KeyBytes& bytes) : bytes_(bytes) {}
  // Exactly a text that to_pem gives, so that no changed byte of a key file goes unseen. Errors:
  // AuditBroken.
  [[nodiscard]] static Result<PublicKey> from_pem(std::string_view text);
  [[nodiscard]] std::string to_pem() const;  // SubjectPublicKeyInfo, as `openssl pkey -pubin` reads

  // SHA-256 of the DER form, as other tools print it.
  [[nodiscard]] Digest fingerprint() const;
  // 60 us.
  [[nodiscard]] bool verify(std::string_view bytes, const Signature& signature) const;

  friend bool operator==(const PublicKey&, const PublicKey&) = default;

 private:
  KeyBytes bytes_;
};

class SigningKey {
 public:
  // From 32 bytes that nobody can guess; the caller draws them.
  explicit SigningKey(const KeyBytes& secret) : secret_(secret) {}
  // Errors: StateCorrupt, for anything that is no Ed25519 key.
  [[nodiscard]] static Result<SigningKey> from_pem(std::string_view text);
  [[nodiscard]] std::string to_pem() const;  // PKCS #8, not encrypted

  [[nodiscard]] PublicKey public_key() const;
  [[nodiscard]] Signature sign(std::string_view bytes) const;  // 30 us

 private:
  KeyBytes secret_;
};

}  // namespace fusebox::killswitch
