#include "sre/sim/forms.hpp"

#include "base/ratio.hpp"

namespace fusebox::sim {
namespace {

double ms_of(Duration duration) { return static_cast<double>(duration.count()) / 1e6; }

telemetry::Measurements measured(const Work& work) {
  telemetry::Measurements out;
  out.duration_ms = ms_of(work.duration);
  if (work.ttft) out.ttft_ms = ms_of(*work.ttft);
  if (work.is_task || !work.callee.is_model) return out;
  out.tokens_in = work.usage.tokens_in;
  out.tokens_out = work.usage.tokens_out;
  out.cost_usd = work.usage.cost;
  return out;
}

}  // namespace

MicroUsd cost_of(const chaos::ModelProfile& model, std::int64_t in, std::int64_t out) {
  constexpr std::int64_t kMillion = 1'000'000;
  const Int128 exact =
      Int128{in} * model.usd_per_million_in_micros + Int128{out} * model.usd_per_million_out_micros;
  return {static_cast<std::int64_t>((exact + kMillion / 2) / kMillion)};
}

// One task is spoken of several times in a row, nearly always.
void Forms::identify(const Subject& subject, Dimensions& out) {
  if (task_ != subject.task) {
    task_ = subject.task;
    name_agent(subject.agent, agent_);
    name_tenant(tenant_of(subject.agent), tenant_);
    name_session(subject.agent, subject.session, session_);
    task_name_.set(kTaskPrefix, subject.task);
  }
  out[Dimension::Agent] = agent_.view();
  out[Dimension::Tenant] = tenant_.view();
  out[Dimension::Session] = session_.view();
  out[Dimension::Task] = task_name_.view();
  out[Dimension::Arm] = chaos::name_of(subject.arm);
}

void Forms::point_at(Callee callee, Dimensions& out) const {
  out[Dimension::Model] = {};
  out[Dimension::Tool] = {};
  if (callee.is_model) {
    out[Dimension::Model] = profile_.models[callee.index].name;
  } else {
    out[Dimension::Tool] = profile_.tools[callee.index].name;
  }
}

const telemetry::Event& Forms::event(const Work& work) {
  identify(work.subject, event_.dimensions);
  if (work.is_task) {
    event_.kind = telemetry::EventKind::Task;
    event_.dimensions[Dimension::Model] = {};
    event_.dimensions[Dimension::Tool] = {};
    event_.id = task_name_.view();
  } else {
    event_.kind = work.callee.is_model ? telemetry::EventKind::Llm : telemetry::EventKind::Tool;
    point_at(work.callee, event_.dimensions);
    event_.id = call_.set(kPermitPrefix, work.call).view();
  }
  event_.dimensions[Dimension::Kind] = telemetry::name_of(event_.kind);
  event_.at = work.ended;
  event_.outcome = work.outcome;
  event_.error = work.error;
  event_.measured = measured(work);
  return event_;
}

const telemetry::Report& Forms::report(const Work& work) {
  report_.permit = call_.set(kPermitPrefix, work.call).view();
  report_.outcome = work.outcome;
  report_.error = work.error;
  report_.measured = measured(work);
  return report_;
}

const telemetry::CheckInput& Forms::check(const Question& question) {
  telemetry::Check& check = check_.check;
  identify(question.subject, check.dimensions);
  point_at(question.callee, check.dimensions);
  check.action = question.callee.is_model ? telemetry::Action::Llm : telemetry::Action::Tool;
  check.dimensions[Dimension::Kind] = telemetry::name_of(check.action);
  check.target = question.callee.is_model ? check.dimensions[Dimension::Model]
                                          : check.dimensions[Dimension::Tool];
  check.estimate = {};
  if (question.callee.is_model) {
    check.estimate.tokens = question.expected.tokens_in + question.expected.tokens_out;
    check.estimate.cost_usd = question.expected.cost;
  }
  return check_;
}

}  // namespace fusebox::sim
