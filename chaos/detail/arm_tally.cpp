#include "chaos/detail/arm_tally.hpp"

namespace fusebox::chaos {
namespace {

Measured empty_of(ComparisonKind kind) {
  switch (kind) {
    case ComparisonKind::Proportion:
      return Proportions{};
    case ComparisonKind::Latency:
      return Values{};
    case ComparisonKind::Cost:
      return Means{};
  }
  return Proportions{};
}

void add_unit(Measured& measured) {
  if (auto* shares = std::get_if<Proportions>(&measured)) {
    shares->bad.push_back(0);
    shares->all.push_back(0);
  } else if (auto* means = std::get_if<Means>(&measured)) {
    means->sum.push_back(0);
    means->count.push_back(0);
  }
}

}  // namespace

ArmTally::ArmTally(std::span<const Comparison> comparisons) {
  for (const Comparison& comparison : comparisons) {
    sample_.measured.push_back(empty_of(comparison.kind));
  }
}

std::size_t ArmTally::index_of(std::uint64_t unit) {
  const auto [entry, is_new] = units_.try_emplace(unit, sample_.units);
  if (is_new) {
    ++sample_.units;
    ++summary_.units;
    for (Measured& measured : sample_.measured) add_unit(measured);
  }
  return entry->second;
}

void ArmTally::count(const telemetry::Event& event, std::uint64_t unit) {
  const std::size_t index = index_of(unit);
  switch (event.kind) {
    case telemetry::EventKind::Task:
      return count_task(event, index);
    case telemetry::EventKind::Llm:
    case telemetry::EventKind::Tool:
    case telemetry::EventKind::Delegation:
      return count_call(event, index);
    case telemetry::EventKind::Policy:
    case telemetry::EventKind::Evaluation:
    case telemetry::EventKind::Heartbeat:
      return;
  }
}

void ArmTally::count_task(const telemetry::Event& event, std::size_t unit) {
  ++summary_.tasks;
  if (event.outcome == telemetry::Outcome::Ok) ++summary_.tasks_ok;
  for (Measured& measured : sample_.measured) {
    if (auto* means = std::get_if<Means>(&measured)) ++means->count[unit];
  }
}

void ArmTally::count_call(const telemetry::Event& event, std::size_t unit) {
  ++summary_.calls;
  summary_.tokens += event.measured.tokens_in.value_or(0) + event.measured.tokens_out.value_or(0);
  const MicroUsd cost = event.measured.cost_usd.value_or(MicroUsd{});
  summary_.cost.value += cost.value;
  for (Measured& measured : sample_.measured) {
    if (auto* means = std::get_if<Means>(&measured)) means->sum[unit] += to_usd(cost);
  }
}

void ArmTally::measure(std::size_t comparison, const slo::Classified& seen, std::int64_t weight,
                       std::uint64_t unit) {
  const std::size_t index = index_of(unit);
  Measured& measured = sample_.measured[comparison];
  if (auto* shares = std::get_if<Proportions>(&measured)) {
    shares->all[index] += static_cast<double>(weight);
    if (!seen.good) shares->bad[index] += static_cast<double>(weight);
  } else if (auto* values = std::get_if<Values>(&measured); values != nullptr && seen.value) {
    values->values.push_back({.value = *seen.value,
                              .unit = static_cast<std::uint32_t>(index),
                              .weight = static_cast<std::uint32_t>(weight)});
  }
}

void ArmTally::attempt(std::size_t target, bool first) {
  if (target >= targets_.size()) targets_.resize(target + 1);
  ++summary_.upstream;
  ++targets_[target].upstream;
  if (first) ++targets_[target].logical;
}

ArmTally::PerTarget ArmTally::at(std::size_t target) const {
  return target < targets_.size() ? targets_[target] : PerTarget{};
}

}  // namespace fusebox::chaos
