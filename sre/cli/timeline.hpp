// Output lines as a timeline that a person can read: one line a record, the date when it changes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "telemetry/event.hpp"
#include "telemetry/record.hpp"

namespace fusebox::cli {

class Timeline {
 public:
  explicit Timeline(bool colour) : colour_(colour) {}

  // `asked` is the check that a decision answers, if the caller knows it.
  void append(std::string& out, const telemetry::Record& record,
              const telemetry::Check* asked = nullptr);

 private:
  bool colour_;
  std::string date_;
};

// The summary line as tables: SLOs, breakers, limits, stop orders, and what was counted.
// `summary_json` is what Engine::write_summary wrote.
void append_summary_tables(std::string& out, std::string_view summary_json, bool colour);

}  // namespace fusebox::cli
