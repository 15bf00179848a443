#include "base/error.hpp"

#include "base/assert.hpp"

namespace fusebox {

std::string code_text(ErrorCode code) {
  std::string digits = std::to_string(static_cast<unsigned>(code));
  return "E" + std::string(4 - digits.size(), '0') + digits;
}

std::string_view explain(ErrorCode code) {
  switch (code) {
#define FUSEBOX_ERROR(name, number, text) \
  case ErrorCode::name:                   \
    return text;
#include "base/error_codes.def"
#undef FUSEBOX_ERROR
  }
  FUSEBOX_ASSERT(false);
  return {};
}

}  // namespace fusebox
