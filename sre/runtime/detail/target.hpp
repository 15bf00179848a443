// The target of a request line: "/v1/slos?window=1h".
#pragma once

#include <string_view>

#include "sre/runtime/http.hpp"

namespace fusebox::runtime::detail {

// Fills path and query. Takes "/path?query", "http://host/path?query" and "*"; false for anything
// else and for malformed percent escapes. A fragment is none of a server's business: refused.
[[nodiscard]] bool split_target(std::string_view target, HttpRequest& request);

}  // namespace fusebox::runtime::detail
