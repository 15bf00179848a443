// Every way to fail that is known of agents and what they call, and which of them can be made to
// happen here. docs/faults.md is written from this table, and a scenario that asks for one that is
// not built is told so by name.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "chaos/fault.hpp"

namespace fusebox::chaos {

struct CatalogueRow {
  std::string_view id;      // "P07": provider, Tool, Mcp, Agent, Infrastructure, adversarial (X)
  std::string_view name;    // "slow_ttft"
  std::string_view breaks;  // what happens on the wire
  std::string_view asks;    // what a client that survives it does
  std::string_view shows;   // the indicator that gives it away
  std::optional<FaultType> type;  // absent: not built
  std::string_view remark;        // what of it is built, where that is not all
};

// By group, then by number.
[[nodiscard]] std::span<const CatalogueRow> fault_catalogue();

// The names of the rows that are not built.
[[nodiscard]] std::span<const std::string_view> unbuilt_faults();

// docs/faults.md, to the byte.
[[nodiscard]] std::string faults_markdown();

}  // namespace fusebox::chaos
