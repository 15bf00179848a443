// GET /v1/explain/{subject}: one session, task or decision, from what the daemon keeps in memory.
#include <utility>

#include "sre/api/detail/call.hpp"
#include "sre/api/detail/handlers.hpp"
#include "sre/engine/story.hpp"

namespace fusebox::api::detail {
namespace {

using engine::Story;
using engine::Subject;
using engine::SubjectKind;

bool is_about(const LoggedDecision& entry, const Subject& subject) {
  switch (subject.kind) {
    case SubjectKind::Session:
      return check_key().value(entry.key, Dimension::Session) == subject.id;
    case SubjectKind::Task:
      return check_key().value(entry.key, Dimension::Task) == subject.id;
    case SubjectKind::Decision:
      return entry.id == subject.id;
  }
  return false;
}

void tell_decisions(const DecisionLog& log, const Subject& subject, Story& story) {
  const auto decisions = log.read(
      0, kDecisionsMax, [&](const LoggedDecision& entry) { return is_about(entry, subject); });
  for (const LoggedDecision& each : decisions) {
    story.add({.at = each.at,
               .seq = each.seq,
               .dimensions = check_key().decode(each.key),
               .action = each.action,
               .target = each.target,
               .id = each.id,
               .effect = each.effect,
               .rule = each.rule,
               .json = each.decision});
  }
}

std::optional<Instant> tell_inputs(const InputRing& ring, Story& story) {
  std::optional<Instant> since;
  ring.each([&](const telemetry::Input& input) {
    if (!since) since = input.at;
    story.add(input);
  });
  return since;
}

std::optional<Instant> tell_changes(const RecordRing& ring, Story& story) {
  constexpr std::size_t kPage = 512;
  std::optional<Instant> since;
  RecordRing::Part part{.records = {}, .more = true};
  while (part.more) {
    part = ring.read(part.last, kPage);
    for (const telemetry::Record& each : part.records) {
      if (!since) since = each.at;
      story.add(each);
    }
  }
  return since;
}

void answer(Call& call, const Subject& subject) {
  const Services& services = *call.services;
  Story story(subject);
  tell_decisions(services.decisions, subject, story);
  engine::Reach reach;
  reach.decisions = services.decisions.since();
  reach.inputs = tell_inputs(services.inputs, story);
  reach.changes = tell_changes(services.streams->ring(), story);
  if (story.is_known()) {
    call.answer_json(story.json(reach));
    return;
  }
  const std::string since =
      reach.inputs ? format_rfc3339(*reach.inputs) : std::string("its start, with no input yet");
  call.refuse({.status = 404,
               .detail = "nothing is known of " + engine::format(subject) +
                         "; the daemon remembers back to " + since +
                         ", a recorded journal reaches further"});
}

}  // namespace

void get_explain(const CallPtr& call) {
  auto subject = engine::parse_subject(call->id);
  if (!subject) {
    call->refuse({.status = 400,
                  .detail = subject.error().message,
                  .field = "id",
                  .code = subject.error().code});
    return;
  }
  const bool taken =
      call->services->slow.run([call, subject = std::move(*subject)] { answer(*call, subject); });
  if (!taken) call->refuse({.status = 429, .detail = "too many ask for a story at this time"});
}

}  // namespace fusebox::api::detail
