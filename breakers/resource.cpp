#include "breakers/resource.hpp"

#include <algorithm>

namespace fusebox::breakers {
namespace {

using telemetry::Action;
using telemetry::EventKind;
using telemetry::Outcome;

constexpr std::array<std::string_view, kResourceCount> kNames{
    "tokens",      "tokens_in",     "tokens_out", "cost_usd", "tool_calls",
    "model_calls", "files_changed", "wall_clock", "depth"};

void know(Demand& demand, Resource resource, std::int64_t amount) {
  demand.amounts[index_of(resource)] = amount;
  demand.estimated[index_of(resource)] = true;
}

void report(Usage& usage, Resource resource, std::optional<std::int64_t> amount) {
  if (!amount) return;
  usage.amounts[index_of(resource)] = *amount;
  usage.reported[index_of(resource)] = true;
}

std::optional<std::int64_t> micros(const std::optional<MicroUsd>& cost) {
  return cost ? std::optional(cost->value) : std::nullopt;
}

bool is_neutral(Outcome outcome) {
  switch (outcome) {
    case Outcome::Ok:
    case Outcome::Error:
    case Outcome::Timeout:
      return false;
    case Outcome::Cancelled:
    case Outcome::Throttled:
    case Outcome::Denied:
      return true;
  }
  return false;
}

// The count that a call of this kind adds one to; none for work that only contains calls.
std::optional<Resource> counted_as(EventKind kind) {
  switch (kind) {
    case EventKind::Tool:
      return Resource::ToolCalls;
    case EventKind::Llm:
      return Resource::ModelCalls;
    case EventKind::Task:
    case EventKind::Delegation:
    case EventKind::Policy:
    case EventKind::Evaluation:
    case EventKind::Heartbeat:
      return std::nullopt;
  }
  return std::nullopt;
}

Usage usage_of(EventKind kind, bool neutral, const telemetry::Measurements& measured) {
  Usage usage;
  usage.neutral = neutral;
  const auto counted = counted_as(kind);
  if (counted && !neutral) report(usage, *counted, 1);
  report(usage, Resource::TokensIn, measured.tokens_in);
  report(usage, Resource::TokensOut, measured.tokens_out);
  usage.amounts[index_of(Resource::Tokens)] =
      add_saturated(measured.tokens_in.value_or(0), measured.tokens_out.value_or(0));
  usage.reported[index_of(Resource::Tokens)] = measured.tokens_in && measured.tokens_out;
  report(usage, Resource::CostUsd, micros(measured.cost_usd));
  report(usage, Resource::FilesChanged, measured.files_changed);
  return usage;
}

}  // namespace

std::string_view name_of(Resource resource) { return kNames[index_of(resource)]; }

std::span<const std::string_view> resource_names() { return kNames; }

std::optional<Resource> parse_resource(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Resource>(found - kNames.begin());
}

Demand demand_of(const telemetry::Check& check) {
  Demand demand;
  demand.depth = check.depth;
  know(demand, Resource::ToolCalls, check.action == Action::Tool ? 1 : 0);
  know(demand, Resource::ModelCalls, check.action == Action::Llm ? 1 : 0);
  if (check.action == Action::Llm) know(demand, Resource::FilesChanged, 0);
  const auto& [tokens, cost_usd, files_changed] = check.estimate;
  if (tokens) know(demand, Resource::Tokens, *tokens);
  if (cost_usd) know(demand, Resource::CostUsd, cost_usd->value);
  if (files_changed) know(demand, Resource::FilesChanged, *files_changed);
  return demand;
}

Usage usage_of(Action action, Outcome outcome, const telemetry::Measurements& measured) {
  return usage_of(telemetry::kind_of(action), is_neutral(outcome), measured);
}

Usage usage_of(const telemetry::Event& event) {
  const bool neutral = event.outcome && is_neutral(*event.outcome);
  Usage usage = usage_of(event.kind, neutral, event.measured);
  usage.depth = event.depth;
  return usage;
}

}  // namespace fusebox::breakers
