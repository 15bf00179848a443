// One segment of the audit as bytes. Lines of JSON: a head, entries of the chain, and, once the
// segment is sealed, a seal.
//
//   {"segment":2,"after":17,"head":"<hash of entry 17>","key":"<fingerprint of audit.pub>"}
//   {"n":18,…}                                            (killswitch/audit.hpp)
//   {"seal":2,"entries":40,"head":"<hash of entry 40>","ends":"rolled","signature":"<128 digits>"}
//
// Every byte is covered: what a head must say follows from the segment before it and from
// audit.pub, entries hash each other, a seal is signed over what stands before `,"signature"`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "killswitch/audit.hpp"
#include "killswitch/signing.hpp"

namespace fusebox::store {

struct AuditSegmentHead {
  std::uint64_t number = 1;
  killswitch::AuditPosition after;  // where the segment before ended
  killswitch::Digest key{};         // fingerprint
  friend bool operator==(const AuditSegmentHead&, const AuditSegmentHead&) = default;
};

// With its line end, as all of these.
[[nodiscard]] std::string format_audit_head(const AuditSegmentHead& head);
// Of a segment that begins with exactly what format_audit_head gives.
[[nodiscard]] std::optional<AuditSegmentHead> parse_audit_head(std::string_view bytes);

// How a sealed segment came to its end.
enum class AuditEnd : std::uint8_t {
  Rolled,   // the next one was begun at once
  Stopped,  // the daemon stopped; the next start begins the next one
};
struct AuditSeal {
  std::uint64_t number = 1;
  killswitch::AuditPosition at;
  AuditEnd end = AuditEnd::Rolled;
};
[[nodiscard]] std::string format_audit_seal(const AuditSeal& seal,
                                            const killswitch::SigningKey& key);

struct AuditSegmentCheck {
  killswitch::AuditPosition at;  // after the last good entry
  std::string_view entries;      // the good ones, as they stand
  std::optional<AuditEnd> seal;
  std::size_t good = 0;  // bytes of good lines; 0: not even the head is whole
  std::size_t torn = 0;  // bytes behind them, if they may be the beginning of the next line
  std::string why;       // what is wrong with the entry after `at`; "" if nothing
};
// Any bytes against the one head that fits.
[[nodiscard]] AuditSegmentCheck check_audit_segment(std::string_view bytes,
                                                    const AuditSegmentHead& head,
                                                    const killswitch::PublicKey& key);

}  // namespace fusebox::store
