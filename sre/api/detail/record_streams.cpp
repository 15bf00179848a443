#include "sre/api/detail/record_streams.hpp"

#include <string>
#include <utility>

#include "base/json_writer.hpp"

namespace fusebox::api::detail {
namespace {

constexpr Duration kHeartbeat = std::chrono::seconds{15};
// Records between two looks at the others; a copy under the ring's lock takes 20 us.
constexpr std::size_t kPartMax = 64;

// Whether a reader may see this record, and wants to.
bool is_shown(const telemetry::Record& record, const Identity& identity, const RecordKinds& kinds) {
  if (!kinds.test(record.body.index())) return false;
  if (!identity.is_pinned()) return true;
  const auto* kill = std::get_if<telemetry::KillRecord>(&record.body);
  if (kill == nullptr) return false;
  const auto scope = killswitch::parse_scope(kill->scope);
  return !scope || identity.is_concerned_by(*scope);
}

void append_event(std::string& out, const telemetry::Record& record) {
  out += "id: " + std::to_string(record.seq) + "\nevent: ";
  out += kRecordNames[record.body.index()];
  out += "\ndata: ";
  telemetry::append_json(out, record);
  out += "\n\n";
}

// The id is where it may go on from.
void append_gap(std::string& out, std::int64_t after, std::int64_t next) {
  out += "id: " + std::to_string(next - 1) + "\nevent: gap\ndata: ";
  JsonWriter json(out);
  json.begin_object();
  json.field("after", after);
  json.field("next", next);
  json.end_object();
  out += "\n\n";
}

}  // namespace

void RecordStreams::start() {
  const std::lock_guard lock(mutex_);
  heartbeat_ = io_.every(kHeartbeat, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->beat();
  });
}

void RecordStreams::stop() {
  const std::lock_guard lock(mutex_);
  heartbeat_.cancel();
  listeners_.clear();
  count_ = 0;
}

void RecordStreams::add(std::span<const telemetry::Record> records) {
  ring_.add(records);
  if (count_ == 0 || is_pump_posted_.exchange(true)) return;
  io_.post([self = shared_from_this()] { self->pump(); });
}

void RecordStreams::open(Reader reader) {
  {
    const std::lock_guard lock(mutex_);
    listeners_.push_back({.writer = std::move(reader.writer),
                          .identity = std::move(reader.identity),
                          .kinds = reader.kinds,
                          .after = reader.after.value_or(ring_.last())});
    count_ = static_cast<int>(listeners_.size());
  }
  pump();
}

void RecordStreams::pump() {
  is_pump_posted_ = false;
  const std::lock_guard lock(mutex_);
  listeners_.remove_if([this](Listener& each) { return !feed(each); });
  count_ = static_cast<int>(listeners_.size());
}

// All that is new to one of them; false if it has gone, or was too slow.
bool RecordStreams::feed(Listener& listener) const {
  for (;;) {
    const RecordRing::Part part = ring_.read(listener.after, kPartMax);
    std::string text;
    if (part.missed) {
      const std::int64_t next = part.records.empty() ? part.last + 1 : part.records.front().seq;
      append_gap(text, listener.after, next);
    }
    for (const telemetry::Record& record : part.records) {
      if (is_shown(record, listener.identity, listener.kinds)) append_event(text, record);
    }
    listener.after = part.last;
    if (!text.empty() && !listener.writer.write(text)) return false;
    if (!part.more) return true;
  }
}

void RecordStreams::beat() {
  const std::lock_guard lock(mutex_);
  listeners_.remove_if([](const Listener& each) { return !each.writer.write(":\n\n"); });
  count_ = static_cast<int>(listeners_.size());
}

}  // namespace fusebox::api::detail
