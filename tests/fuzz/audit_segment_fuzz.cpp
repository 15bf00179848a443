// Any bytes as the first segment of an audit: good lines, then nothing, the beginning of a line, or
// a reason why not; and the good ones are a segment without fault by themselves.
#include "sre/store/detail/audit_segment.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace store = fusebox::store;
  namespace killswitch = fusebox::killswitch;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);  // NOLINT: bytes as text
  static const killswitch::PublicKey key =
      killswitch::SigningKey(killswitch::KeyBytes{1, 2, 3}).public_key();
  const store::AuditSegmentHead head{.number = 1, .after = {}, .key = key.fingerprint()};
  const auto check = store::check_audit_segment(bytes, head, key);
  FUSEBOX_ASSERT(check.at.entries >= 0);
  FUSEBOX_ASSERT(check.good + check.torn <= size);
  FUSEBOX_ASSERT(!check.why.empty() || check.good + check.torn == size);
  const auto again = store::check_audit_segment(bytes.substr(0, check.good), head, key);
  FUSEBOX_ASSERT(again.why.empty());
  FUSEBOX_ASSERT(again.torn == 0);
  FUSEBOX_ASSERT(again.at == check.at);
  FUSEBOX_ASSERT(!store::parse_audit_head(bytes) ||
                 bytes.starts_with(store::format_audit_head(*store::parse_audit_head(bytes))));
  return 0;
}
