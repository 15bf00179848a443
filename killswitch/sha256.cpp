#include "killswitch/sha256.hpp"

#include <openssl/evp.h>

#include "base/assert.hpp"

namespace fusebox::killswitch {
namespace {

// EVP_sha256() alone is a name, which OpenSSL 3 looks up behind a lock for every digest. Looked up
// once, and kept for the life of the program.
const EVP_MD* algorithm() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return fetched;
}

}  // namespace

Digest sha256(std::string_view bytes) {
  Digest digest{};
  unsigned size = 0;
  const int done =
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, algorithm(), nullptr);
  // Fails only without memory or without any provider: nothing could be audited from then on.
  FUSEBOX_ASSERT(done == 1);
  FUSEBOX_ASSERT(size == digest.size());
  return digest;
}

std::string to_hex(const Digest& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(digest.size() * 2);
  for (const std::uint8_t byte : digest) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

}  // namespace fusebox::killswitch
