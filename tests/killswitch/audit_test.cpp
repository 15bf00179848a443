#include "killswitch/audit.hpp"

#include <random>
#include <vector>

#include <gmock/gmock.h>

namespace fusebox::killswitch {
namespace {

using testing::HasSubstr;

constexpr Instant kAt{std::chrono::seconds{1'767'225'600}};

struct Chain {
  std::string bytes;
  std::vector<std::size_t> starts;  // of each entry, and the end
  AuditChain writer;

  void append(std::string_view kind, std::string_view body) {
    if (starts.empty()) starts.push_back(0);
    writer.append(bytes, kAt, kind, body);
    starts.push_back(bytes.size());
  }
  [[nodiscard]] std::string_view entry(std::size_t n) const {
    return std::string_view(bytes).substr(starts[n - 1], starts[n] - starts[n - 1]);
  }
  [[nodiscard]] std::int64_t entry_at(std::size_t byte) const {
    std::size_t n = 1;
    while (starts[n] <= byte) ++n;
    return static_cast<std::int64_t>(n);
  }
};

Chain chain_of(int entries) {
  Chain chain;
  for (int i = 0; i < entries; ++i) {
    chain.append(i % 2 == 0 ? "kill" : "rearm",
                 R"({"order":"kill-)" + std::to_string(i) + R"(","prev":"x","s":"\"}\n"})");
  }
  return chain;
}

TEST(AuditChain, AnEntryIsOneLineOfJsonThatNamesTheOneBefore) {
  Chain chain;
  chain.append("kill", R"({"scope":"global"})");
  const std::string opening =
      R"({"n":1,"at":"2026-01-01T00:00:00Z","kind":"kill","body":{"scope":"global"},"prev":")" +
      std::string(64, '0') + R"(","hash":")";
  EXPECT_EQ(chain.bytes, opening + to_hex(sha256(opening)) + "\"}\n");
  const std::string first = to_hex(chain.writer.head());
  chain.append("rearm", "{}");
  EXPECT_THAT(std::string(chain.entry(2)), HasSubstr(R"("prev":")" + first + '"'));
}

TEST(AuditChain, AGoodChainVerifiesToItsHead) {
  const Chain chain = chain_of(5);
  const AuditCheck check = verify_chain(chain.bytes);
  EXPECT_EQ(check.entries, 5);
  EXPECT_EQ(check.head, chain.writer.head());
  EXPECT_EQ(check.first_bad, std::nullopt);
  EXPECT_FALSE(check.torn_tail);
  EXPECT_EQ(check.why, "");
  EXPECT_EQ(verify_chain("").entries, 0);
}

TEST(AuditChain, GoesOnAfterSaveAndRestore) {
  Chain chain = chain_of(2);
  std::string state;
  ArchiveWriter writer(state);
  chain.writer.visit(writer);
  AuditChain back;
  ArchiveReader reader(state);
  back.visit(reader);
  ASSERT_FALSE(reader.failed());
  chain.writer = back;
  chain.append("kill", "{}");
  EXPECT_EQ(verify_chain(chain.bytes).entries, 3);
}

TEST(AuditChain, ContinuesAndIsVerifiedFromWhereAnotherPartEnds) {
  const Chain first = chain_of(2);
  const AuditPosition middle{.entries = first.writer.entries(), .head = first.writer.head()};
  AuditChain next(middle);
  std::string bytes;
  next.append(bytes, kAt, "kill", "{}");
  EXPECT_EQ(verify_chain(first.bytes + bytes).entries, 3);
  const AuditCheck check = verify_chain(bytes, middle);
  EXPECT_EQ(check.entries, 3);
  EXPECT_EQ(check.head, next.head());
  EXPECT_EQ(verify_chain(bytes).first_bad, 1);
}

// Every byte of a chain, changed to every value in turn: the entry that holds it is named.
TEST(KillRows, K27_AFlippedByteIsFoundInItsEntry) {
  const Chain chain = chain_of(3);
  for (std::size_t i = 0; i < chain.bytes.size(); ++i) {
    for (int change = 1; change < 256; change += i % 7 == 0 ? 1 : 37) {
      std::string bytes = chain.bytes;
      bytes[i] = static_cast<char>(bytes[i] ^ change);
      const AuditCheck check = verify_chain(bytes);
      ASSERT_EQ(check.first_bad, chain.entry_at(i)) << "byte " << i << ": " << bytes[i];
      ASSERT_EQ(check.entries, chain.entry_at(i) - 1);
      ASSERT_FALSE(check.torn_tail);
      ASSERT_NE(check.why, "");
    }
  }
}

TEST(KillRows, K27_ADeletedByteIsFoundInItsEntry) {
  const Chain chain = chain_of(3);
  // Without its line end the last entry is whole and torn at once, as truncation below.
  for (std::size_t i = 0; i + 1 < chain.bytes.size(); ++i) {
    std::string bytes = chain.bytes;
    bytes.erase(i, 1);
    ASSERT_EQ(verify_chain(bytes).first_bad, chain.entry_at(i)) << "byte " << i;
  }
}

TEST(KillRows, K27_AnInsertedByteIsFoundWhereItStands) {
  const Chain chain = chain_of(3);
  for (std::size_t i = 0; i < chain.bytes.size(); ++i) {
    for (const char c : {'0', '"', '}', '\n', '\0'}) {
      if (chain.bytes[i] == c) continue;
      std::string bytes = chain.bytes;
      bytes.insert(i, 1, c);
      ASSERT_EQ(verify_chain(bytes).first_bad, chain.entry_at(i)) << "byte " << i;
    }
  }
}

TEST(KillRows, K27_ADeletedEntryIsFoundUnlessItWasTheLast) {
  const Chain chain = chain_of(5);
  for (std::size_t n = 1; n <= 4; ++n) {
    std::string bytes = chain.bytes;
    bytes.erase(chain.starts[n - 1], chain.entry(n).size());
    EXPECT_EQ(verify_chain(bytes).first_bad, static_cast<std::int64_t>(n));
  }
  // Cut at the end of a line a chain is a shorter chain: only a head kept elsewhere tells.
  const AuditCheck check = verify_chain(chain.bytes.substr(0, chain.starts[4]));
  EXPECT_EQ(check.first_bad, std::nullopt);
  EXPECT_EQ(check.entries, 4);
  EXPECT_NE(check.head, chain.writer.head());
}

TEST(KillRows, K27_ReorderedAndInsertedEntriesAreFound) {
  const Chain chain = chain_of(4);
  const auto line = [&chain](std::size_t n) { return std::string(chain.entry(n)); };
  EXPECT_EQ(verify_chain(line(1) + line(3) + line(2) + line(4)).first_bad, 2);
  EXPECT_EQ(verify_chain(line(2) + line(1)).first_bad, 1);
  EXPECT_EQ(verify_chain(line(1) + line(2) + line(2) + line(3)).first_bad, 3);
  EXPECT_EQ(verify_chain(line(1) + "\n" + line(2)).first_bad, 2);
  // A well-made entry of another chain, with the right number.
  Chain other;
  other.append("kill", "{}");
  other.append("kill", "{}");
  const AuditCheck check = verify_chain(line(1) + std::string(other.entry(2)) + line(3));
  EXPECT_EQ(check.first_bad, 2);
  EXPECT_EQ(check.why, "entry 2: it does not follow the entry before it");
}

TEST(KillRows, K27_TruncatedAtAnyByteItIsTornAndKeepsWhatIsWhole) {
  const Chain chain = chain_of(3);
  for (std::size_t size = 0; size < chain.bytes.size(); ++size) {
    const AuditCheck check = verify_chain(std::string_view(chain.bytes).substr(0, size));
    const std::int64_t whole = chain.entry_at(size) - 1;
    ASSERT_EQ(check.first_bad, std::nullopt) << "at " << size;
    ASSERT_EQ(check.entries, whole);
    ASSERT_EQ(check.torn_tail, size != chain.starts[static_cast<std::size_t>(whole)]);
  }
}

TEST(KillRows, K27_ATailThatNoCrashLeavesIsAChange) {
  const Chain chain = chain_of(2);
  EXPECT_EQ(verify_chain(chain.bytes + "garbage").first_bad, 3);
  EXPECT_EQ(verify_chain(chain.bytes + R"({"n":4,"at":")").first_bad, 3);
  const std::string unended = chain.bytes.substr(0, chain.bytes.size() - 1);
  EXPECT_TRUE(verify_chain(unended).torn_tail);
  EXPECT_EQ(verify_chain(unended + " ").first_bad, 2);
  EXPECT_EQ(verify_chain(unended + "more \"} and more").first_bad, 2);
}

// The hash fits, the text does not: a verifier that only hashed would take it.
TEST(AuditVerify, AnEntryOfAnotherShapeIsRefused) {
  const std::string zeros(64, '0');
  const auto seal = [](std::string text) { return text + to_hex(sha256(text)) + "\"}\n"; };
  const std::string head = R"({"n":1,"at":"","kind":"k","body":{})";
  EXPECT_EQ(verify_chain(seal(head + R"(,"prev":")" + zeros + R"(","hash":")")).entries, 1);
  EXPECT_EQ(verify_chain(seal(head + R"(,"Prev":")" + zeros + R"(","hash":")")).first_bad, 1);
  EXPECT_EQ(verify_chain(seal(head + R"(,"prev":")" + zeros + R"(","Hash":")")).first_bad, 1);
}

TEST(AuditVerify, HostileBytesNeverCrash) {
  std::mt19937 random(11);
  const Chain chain = chain_of(2);
  const std::string_view pieces[] = {
      "{\"n\":1,\"at\":\"", ",\"prev\":\"", "\",\"hash\":\"",  "\"}", "\n", "\"",
      chain.entry(1),       chain.entry(2), "0000000000000000"};
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes;
    for (auto j = random() % 12; j > 0; --j) bytes += pieces[random() % std::size(pieces)];
    if (!bytes.empty() && random() % 2 == 0)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    const AuditCheck check = verify_chain(bytes);
    ASSERT_GE(check.entries, 0);
    ASSERT_LE(check.entries, 2);
    ASSERT_EQ(check.first_bad.has_value(), !check.why.empty());
  }
}

}  // namespace
}  // namespace fusebox::killswitch
