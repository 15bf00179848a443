// Patterns of `matches`: RE2 behind two functions.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <re2/re2.h>

namespace fusebox::policy::detail {

// Immutable; matching is thread-safe.
using Pattern = std::unique_ptr<const re2::RE2>;
using Patterns = std::vector<Pattern>;

// What one pattern may take for its program and its state cache. RE2 refuses a pattern that would
// need more, and searches without the cache where the cache would.
inline constexpr std::int64_t kPatternMemoryMax = 256 << 10;

// The compiled pattern, or what is wrong with it.
[[nodiscard]] std::variant<Pattern, std::string> compile_pattern(std::string_view text);

// True if some part of `text` matches. Linear in `text`.
[[nodiscard]] bool matches(const re2::RE2& pattern, std::string_view text);

}  // namespace fusebox::policy::detail
