// What the fleet does, as numbers, and the same as the telemetry and the questions that an engine
// understands.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/dimension.hpp"
#include "base/money.hpp"
#include "base/time.hpp"
#include "chaos/arm.hpp"
#include "chaos/profile.hpp"
#include "sre/sim/names.hpp"
#include "telemetry/event.hpp"
#include "telemetry/input.hpp"

namespace fusebox::sim {

// Whose work it is.
struct Subject {
  AgentIndex agent = 0;
  std::uint32_t session = 0;  // of the agent's, from 0
  std::uint64_t task = 0;
  chaos::Arm arm = chaos::Arm::Outside;
};

// A model or a tool of the profile, by its number there.
struct Callee {
  bool is_model = true;
  std::uint8_t index = 0;
};

struct Usage {
  std::int64_t tokens_in = 0;
  std::int64_t tokens_out = 0;
  MicroUsd cost;
};

// A call or a task that has ended. Small, because telemetry that is late is kept as this.
struct Work {
  Subject subject;
  bool is_task = false;
  Callee callee;           // of a call
  std::uint64_t call = 0;  // the number of its permit
  telemetry::Outcome outcome = telemetry::Outcome::Ok;
  std::string_view error;  // class; "" if it went well; a literal
  Instant ended{};
  Duration duration{};
  std::optional<Duration> ttft;
  Usage usage;  // of a call
};

// What `in` and `out` tokens of this model cost, rounded half up.
[[nodiscard]] MicroUsd cost_of(const chaos::ModelProfile& model, std::int64_t in, std::int64_t out);

// Fills in forms. What it returns views into it, and holds until it is asked for the next.
class Forms {
 public:
  // The profile must outlive it.
  explicit Forms(const chaos::Profile& profile) : profile_(profile) {}

  [[nodiscard]] const telemetry::Event& event(const Work& work);
  [[nodiscard]] const telemetry::Report& report(const Work& work);
  struct Question {
    Subject subject;
    Callee callee;
    Usage expected;
  };
  [[nodiscard]] const telemetry::CheckInput& check(const Question& question);

 private:
  void identify(const Subject& subject, Dimensions& out);
  void point_at(Callee callee, Dimensions& out) const;

  const chaos::Profile& profile_;
  std::optional<std::uint64_t> task_;  // whose names stand in the buffers
  Name agent_, tenant_, session_, task_name_, call_;
  telemetry::Event event_;
  telemetry::Report report_;
  telemetry::CheckInput check_;
};

}  // namespace fusebox::sim
