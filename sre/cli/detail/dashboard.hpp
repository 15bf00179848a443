// exporters/grafana/fleet.json, as it was when the program was built.
#pragma once

#include <string_view>

namespace fusebox::cli {

[[nodiscard]] std::string_view fleet_dashboard();

}  // namespace fusebox::cli
