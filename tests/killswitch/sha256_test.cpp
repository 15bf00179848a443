#include "killswitch/sha256.hpp"

#include <gtest/gtest.h>

namespace fusebox::killswitch {
namespace {

struct Vector {
  std::string bytes;
  std::string_view hex;
};

// FIPS 180-4 examples and the empty message.
TEST(Sha256, AgreesWithThePublishedVectors) {
  for (const Vector& each : {
           Vector{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
           Vector{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
           Vector{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
           Vector{std::string(1'000'000, 'a'),
                  "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
       }) {
    EXPECT_EQ(to_hex(sha256(each.bytes)), each.hex);
  }
}

}  // namespace
}  // namespace fusebox::killswitch
