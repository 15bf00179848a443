// Error codes and the value that carries one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fusebox {

enum class ErrorCode : std::uint16_t {
#define FUSEBOX_ERROR(name, number, text) name = number,
#include "base/error_codes.def"
#undef FUSEBOX_ERROR
};

// "E0102": stable, for people to search and programs to match.
[[nodiscard]] std::string code_text(ErrorCode code);

// The one line that explains the code.
[[nodiscard]] std::string_view explain(ErrorCode code);

// An expected failure as a value: what happened here, in words for the person who caused it.
struct Error {
  ErrorCode code;
  std::string message;
};

}  // namespace fusebox
