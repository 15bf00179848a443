#include "chaos/profile.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace fusebox::chaos {
namespace {

using namespace std::chrono_literals;

// Numbers are round figures of what hosted models and tools showed in 2026. Capacities are so large
// that 200 tasks/s leave every queue empty, whatever share of them an arm has: what makes a service
// scarce is the scenario's word (`sim` of a target), never an accident of the profile.

ServiceModel service(Ratio errors, std::int64_t capacity) {
  ServiceModel model;
  model.errors = errors;
  model.capacity = capacity;
  model.queue = capacity / 10;
  return model;
}

ToolProfile tool(std::string name, LogNormal latency, ServiceModel behaviour) {
  return {.name = std::move(name), .latency = latency, .service = std::move(behaviour)};
}

// The frontier model that agents ask for first: 3 USD for a million tokens in, 15 out.
ModelProfile large_model() {
  ModelProfile model;
  model.name = "m1";
  model.ttft = LogNormal{.p50 = 500ms, .p99 = 2500ms};
  model.tokens_per_s = 80;
  model.tokens_in = 3'000;
  model.tokens_out = 250;
  model.usd_per_million_in_micros = 3'000'000;
  model.usd_per_million_out_micros = 15'000'000;
  model.service = service({5, 1'000}, 20'000);
  return model;
}

// A smaller model of another provider: a third of the price, and faster.
ModelProfile small_model() {
  ModelProfile model = large_model();
  model.name = "m2";
  model.ttft = LogNormal{.p50 = 350ms, .p99 = 1500ms};
  model.tokens_per_s = 120;
  model.usd_per_million_in_micros = 1'000'000;
  model.usd_per_million_out_micros = 5'000'000;
  model.service = service({1, 1'000}, 20'000);
  return model;
}

// Looks things up and answers. Two rounds use up its five calls, so that a tool error in the second
// cannot be repaired: half of the tasks have two calls of 0.2 % each that must not fail, which is
// 0.2 % of all tasks.
Profile research_agent() {
  Profile profile;
  profile.name = "research-agent";
  profile.models = {large_model(), small_model()};
  for (ModelProfile& model : profile.models) {
    model.tokens_in = 1'000;
    model.tokens_out = 150;
  }
  profile.fallback = 1;
  profile.tools = {
      tool("search", {.p50 = 400ms, .p99 = 3s}, service({2, 1'000}, 10'000)),
      tool("fetch", {.p50 = 250ms, .p99 = 4s}, service({2, 1'000}, 10'000)),
  };
  profile.rounds_min = 1;
  profile.rounds_max = 2;
  profile.calls_max = 5;
  return profile;
}

// Works until its tests pass. A failed command is its daily bread and is planned again, a failed
// model call is tried again on top of what the SDK does, and nothing but the sixty calls ends it.
Profile coding_agent() {
  Profile profile;
  profile.name = "coding-agent";
  ModelProfile model = large_model();
  model.ttft = LogNormal{.p50 = 900ms, .p99 = 5s};
  model.tokens_in = 12'000;
  model.tokens_out = 400;
  model.service = service({5, 1'000}, 200'000);
  profile.models = {std::move(model)};
  profile.tools = {
      tool("shell", {.p50 = 800ms, .p99 = 60s}, service({6, 100}, 200'000)),
      tool("edit", {.p50 = 30ms, .p99 = 300ms}, service({2, 100}, 200'000)),
      tool("search", {.p50 = 120ms, .p99 = 1s}, service({1, 1'000}, 200'000)),
  };
  profile.rounds_min = 4;
  profile.rounds_max = 16;
  profile.turns = 6;
  profile.agent_retries = 2;
  profile.tool_retries = 60;
  profile.task_deadline = 30min;
  profile.calls_max = 60;
  return profile;
}

// One question, one look into the customer's record, one answer, while somebody waits.
Profile support_agent() {
  Profile profile;
  profile.name = "support-agent";
  profile.models = {large_model(), small_model()};
  for (ModelProfile& model : profile.models) {
    model.tokens_in = 1'500;
    model.tokens_out = 150;
  }
  profile.fallback = 1;
  profile.tools = {tool("lookup", {.p50 = 80ms, .p99 = 800ms}, service({1, 1'000}, 10'000))};
  profile.rounds_min = 1;
  profile.rounds_max = 1;
  profile.turns = 4;
  profile.retry.timeout = 1min;
  profile.task_deadline = 2min;
  profile.calls_max = 5;
  return profile;
}

const std::array<Profile, 3>& profiles() {
  static const std::array<Profile, 3> all{coding_agent(), research_agent(), support_agent()};
  return all;
}

constexpr std::array<std::string_view, 3> kNames{"coding-agent", "research-agent", "support-agent"};

template <class T>
void override_with(const std::optional<T>& value, std::optional<T>& out) {
  if (value) out = value;
}

// All but what a model or a tool has as a member of its own.
void apply(const ServiceModel& sim, ServiceModel& service) {
  override_with(sim.errors, service.errors);
  override_with(sim.capacity, service.capacity);
  override_with(sim.queue, service.queue);
  override_with(sim.requests_per_s, service.requests_per_s);
}

void apply(const Target& target, ModelProfile& model) {
  model.ttft = target.sim.latency.value_or(model.ttft);
  model.tokens_per_s = target.sim.tokens_per_s.value_or(model.tokens_per_s);
  apply(target.sim, model.service);
}

void apply(const Target& target, ToolProfile& tool) {
  tool.latency = target.sim.latency.value_or(tool.latency);
  apply(target.sim, tool.service);
}

void apply(const Target& target, Profile& profile) {
  switch (target.kind) {
    case TargetKind::Llm:
      for (ModelProfile& model : profile.models) {
        const bool first = &model == &profile.models.front();
        if (target.model.empty() ? first : model.name == target.model) apply(target, model);
      }
      return;
    case TargetKind::Tool:
      for (ToolProfile& tool : profile.tools) {
        if (target.tool.empty() || tool.name == target.tool) apply(target, tool);
      }
      return;
    case TargetKind::Telemetry:
    case TargetKind::Clock:
      return;
  }
}

}  // namespace

std::span<const std::string_view> profile_names() { return kNames; }

const Profile* find_profile(std::string_view name) {
  const auto& all = profiles();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const Profile& profile) { return profile.name == name; });
  return found == all.end() ? nullptr : &*found;
}

Profile profile_of(const Scenario& scenario) {
  const Profile* known = find_profile(scenario.workload.profile);
  FUSEBOX_ASSERT(known != nullptr);
  Profile profile = *known;
  for (const Target& target : scenario.targets) apply(target, profile);
  return profile;
}

}  // namespace fusebox::chaos
