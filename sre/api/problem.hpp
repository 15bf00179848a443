// What is wrong with a request, as RFC 9457 problem details.
#pragma once

#include <optional>
#include <string>

#include "base/error.hpp"
#include "sre/runtime/http.hpp"

namespace fusebox::api {

struct Problem {
  int status = 400;
  std::string detail{};             // for the person who sent it
  std::string field{};              // whose value is wrong: `estimate.tokens`; "" if it is none
  std::optional<ErrorCode> code{};  // what programs may match
};

// {"title":"Bad Request","status":400,"detail":…,"field":…,"code":"E0303"}. A 401 says how to
// authenticate, a 429 and a 503 when to come back.
[[nodiscard]] runtime::HttpResponse to_response(const Problem& problem);

// An error of a decoder or of the engine. What a decoder says of a field begins with its name.
[[nodiscard]] Problem problem_of(const Error& error);

}  // namespace fusebox::api
