// The larger sections of a Config document, each from the map it stands in.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sre/config/detail/map_reader.hpp"
#include "sre/config/settings.hpp"

namespace fusebox::config::detail {

// `auth`. The mode is absent if it is wrong, so that nothing is judged by it.
struct AuthSection {
  std::optional<AuthMode> mode = AuthMode::None;
  std::vector<TokenSpec> tokens;
};
[[nodiscard]] AuthSection read_auth(const MapReader& spec);

// `prices` of `telemetry`.
[[nodiscard]] telemetry::PriceTable read_prices(const MapReader& telemetry);

// `webhooks` and `terminators`.
[[nodiscard]] std::vector<Webhook> read_webhooks(const MapReader& spec);
[[nodiscard]] std::vector<Terminator> read_terminators(const MapReader& spec);

// A relative path as from the folder of the file that it stands in; others as they are.
[[nodiscard]] std::string from_folder_of(const Report& report, std::string_view path);
[[nodiscard]] std::optional<std::string> as_path(const Field& field);

// The items of a list that is no longer than `max`; a longer one is reported and gives none.
[[nodiscard]] std::vector<Field> list_up_to(const MapReader& map, std::string_view name,
                                            std::size_t max);

// The names of a list's items: the second use of one is reported, with the place of the first.
class UniqueNames {
 public:
  // The `name` of an item; "" if it is absent or wrong. Letters, digits, `-`, `_`, `.` and `@`, and
  // no colon: actors with one (`policy:…`) are fusebox's own.
  [[nodiscard]] std::string take(const MapReader& item);

 private:
  std::map<std::string, std::uint32_t> lines_;
};

}  // namespace fusebox::config::detail
