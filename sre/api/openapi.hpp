// The API described for programs, from the table that routes (routes.hpp) and the schemas of bodies
// (detail/schemas.hpp). Routes that are not built, and OTLP's own, are left out.
#pragma once

#include <string>
#include <string_view>

namespace fusebox::api {

// OpenAPI 3.1. The same text for the same program.
[[nodiscard]] std::string openapi_json(std::string_view version);

}  // namespace fusebox::api
