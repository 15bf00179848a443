// What a supervisor and the daemon say to each other, as JSON: the registration, the lines of its
// answer, the acknowledgement.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "sre/runtime/detail/supervision.hpp"
#include "sre/runtime/http.hpp"

namespace fusebox::runtime::detail {

// "" is absent; texts are UTF-8.
struct Registration {
  std::string_view agent{};
  std::string_view tenant{};
  std::string_view session{};
  std::string_view name{};
  std::int64_t pid = 0;
};
[[nodiscard]] std::string registration_body(const Registration& registration);

[[nodiscard]] std::string acknowledgement_body(const effect::Acknowledge& acknowledgement);

// One line of the daemon: {"process":ID} first, {"order":{…}} for each order that stands or comes,
// {"standing":N} after those that stood, or a blank line, which is a heartbeat. nullopt for an
// object that is none of them: a newer daemon may say more. An order is read with
// leniency, because one that cannot be read to the end must stop the command all the same: what is
// missing or has another type is empty, an unknown category is hard. Deadlines are cut to a day.
// Errors: InvalidJson.
[[nodiscard]] Result<std::optional<SupervisionEvent>> read_order_line(std::string_view line);

// What an answer that is not the stream says: "HTTP 403 Forbidden: the token is not for this
// agent".
[[nodiscard]] std::string problem_text(const HttpResponse& response);

}  // namespace fusebox::runtime::detail
