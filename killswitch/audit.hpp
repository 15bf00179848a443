// The audit chain as bytes: each entry carries the digest of the one before it, so a changed,
// dropped, inserted or reordered entry breaks the chain at a place that can be named. Files,
// fsync and signatures of segments come with the store.
//
// An entry is one line of JSON:
//   {"n":1,"at":"…","kind":"…","body":{…},"prev":"<64 hex>","hash":"<64 hex>"}\n
// `n` counts from 1, `prev` is the hash of the entry before (zeros for the first), and `hash` is
// the SHA-256 of every byte of the line before its own 64 digits. What comes after them is fixed,
// so every byte is covered. Verification recomputes over the bytes as they stand and never
// re-serialises, so that no two texts count as the same entry.
//
// A chain alone cannot show that its last entries were cut off at the end of a line, nor that all
// of it was written anew: that takes a head kept elsewhere, such as a sealed, signed segment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/archive.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "killswitch/sha256.hpp"

namespace fusebox::killswitch {

// Where a chain stands: how many entries it has, and the hash of the last one.
struct AuditPosition {
  std::int64_t entries = 0;
  Digest head{};  // zeros before the first entry
  friend bool operator==(const AuditPosition&, const AuditPosition&) = default;
};

class AuditChain {
 public:
  AuditChain() = default;
  // Continues a chain that is kept elsewhere.
  explicit AuditChain(const AuditPosition& from) : entries_(from.entries), head_(from.head) {}

  // Appends one entry to `out`. `body` is a JSON object on one line.
  void append(std::string& out, Instant at, std::string_view kind, std::string_view body);

  [[nodiscard]] std::int64_t entries() const { return entries_; }
  [[nodiscard]] const Digest& head() const { return head_; }

  template <class Archive>
  void visit(Archive& archive) {
    archive(entries_, head_);
  }

 private:
  std::int64_t entries_ = 0;
  Digest head_{};
};

// What a verifier found in the bytes of one chain.
struct AuditCheck {
  std::int64_t entries = 0;               // good ones, from the chain's first
  Digest head{};                          // of the last good one
  std::optional<std::int64_t> first_bad;  // number of the entry that breaks the chain
  bool torn_tail = false;                 // the last line has no end: a crash, not a change
  std::string why;                        // in words, if first_bad
};

// Verifies from the first entry, or the one after `from`, whose entries are counted too. Linear;
// never trusts what it reads. A tail without its line end is torn if it may be the beginning of the
// next entry, and a change if it cannot.
[[nodiscard]] AuditCheck verify_chain(std::string_view bytes, const AuditPosition& from = {});

}  // namespace fusebox::killswitch
