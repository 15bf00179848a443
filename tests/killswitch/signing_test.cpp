#include "killswitch/signing.hpp"

#include <gmock/gmock.h>

namespace fusebox::killswitch {
namespace {

using testing::StartsWith;

template <std::size_t kSize>
std::array<std::uint8_t, kSize> bytes_of(std::string_view hex) {
  std::array<std::uint8_t, kSize> bytes{};
  for (std::size_t i = 0; i < kSize; ++i) {
    bytes[i] = static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(2 * i, 2)), nullptr, 16));
  }
  return bytes;
}

// RFC 8032, 7.1, test 3.
const SigningKey kKey(
    bytes_of<32>("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"));
const PublicKey kPublic(
    bytes_of<32>("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"));
constexpr std::string_view kMessage = "\xaf\x82";
const Signature kSignature = bytes_of<64>(
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");

TEST(Signing, GivesThePublishedSignature) {
  EXPECT_EQ(kKey.public_key(), kPublic);
  EXPECT_EQ(kKey.sign(kMessage), kSignature);
  EXPECT_TRUE(kPublic.verify(kMessage, kSignature));
}

TEST(Signing, RefusesEveryOtherBytesSignatureAndKey) {
  EXPECT_FALSE(kPublic.verify("other", kSignature));
  EXPECT_FALSE(kPublic.verify("", kSignature));
  for (std::size_t bit = 0; bit < 8 * kSignature.size(); ++bit) {
    Signature changed = kSignature;
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1U << bit % 8));
    ASSERT_FALSE(kPublic.verify(kMessage, changed)) << bit;
  }
  const PublicKey other = SigningKey(KeyBytes{1}).public_key();
  EXPECT_FALSE(other.verify(kMessage, kSignature));
  EXPECT_NE(other.fingerprint(), kPublic.fingerprint());
}

TEST(Signing, KeysComeBackFromPem) {
  EXPECT_THAT(kKey.to_pem(), StartsWith("-----BEGIN PRIVATE KEY-----\n"));
  const auto key = SigningKey::from_pem(kKey.to_pem());
  ASSERT_TRUE(key);
  EXPECT_EQ(key->sign(kMessage), kSignature);
  EXPECT_THAT(kPublic.to_pem(), StartsWith("-----BEGIN PUBLIC KEY-----\n"));
  const auto opened = PublicKey::from_pem(kPublic.to_pem());
  ASSERT_TRUE(opened);
  EXPECT_EQ(*opened, kPublic);
}

TEST(Signing, NoChangedByteOfAPublicKeyGoesUnseen) {
  const std::string pem = kPublic.to_pem();
  for (std::size_t i = 0; i < pem.size(); ++i) {
    for (const int change : {1, 2, 4, 8, 16, 32, 64, 128, 255}) {
      std::string changed = pem;
      changed[i] = static_cast<char>(changed[i] ^ change);
      const auto opened = PublicKey::from_pem(changed);
      ASSERT_FALSE(opened && *opened == kPublic) << i << " ^ " << change;
    }
  }
  EXPECT_FALSE(PublicKey::from_pem(pem + "\n"));
  EXPECT_FALSE(PublicKey::from_pem("text\n" + pem));
}

TEST(Signing, RefusesWhatIsNoKey) {
  for (const std::string& text : {std::string(), std::string("hello"), kPublic.to_pem(),
                                  std::string(10'000, '-'), kKey.to_pem().substr(0, 60)}) {
    const auto key = SigningKey::from_pem(text);
    ASSERT_FALSE(key) << text;
    EXPECT_EQ(key.error().code, ErrorCode::StateCorrupt);
  }
  EXPECT_EQ(PublicKey::from_pem(kKey.to_pem()).error().code, ErrorCode::AuditBroken);
}

}  // namespace
}  // namespace fusebox::killswitch
