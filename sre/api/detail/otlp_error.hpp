// Errors as OTLP wants them: a google.rpc.Status in the encoding of the request.
#pragma once

#include "sre/api/problem.hpp"
#include "sre/runtime/http.hpp"

namespace fusebox::api::detail {

// The request's own encoding if it is one of OTLP's, else JSON, which people can read.
[[nodiscard]] runtime::HttpResponse otlp_error(const runtime::HttpRequest& request,
                                               const Problem& problem);

// Without parameters, in lower case: "application/json".
[[nodiscard]] std::string media_type_of(const runtime::HttpRequest& request);

}  // namespace fusebox::api::detail
