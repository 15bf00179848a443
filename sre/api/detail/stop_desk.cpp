#include "sre/api/detail/stop_desk.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace fusebox::api::detail {
namespace {

// Approvals of re-arming are records of a tripped order, too; a trip voids them all.
bool is_trip(const telemetry::KillRecord& record) {
  return record.tripped && record.rearm_approvals == 0;
}

}  // namespace

void StopDesk::stop(std::int64_t seq, const telemetry::KillRecord& record, StopOrder order,
                    Terminator::Done done) {
  taken_.push_back(seq);
  dispatch(record, std::move(order), std::move(done));
}

void StopDesk::on_records(std::span<const telemetry::Record> records) {
  for (const telemetry::Record& record : records) {
    const auto* kill = std::get_if<telemetry::KillRecord>(&record.body);
    if (kill == nullptr || !is_trip(*kill)) continue;
    if (std::find(taken_.begin(), taken_.end(), record.seq) != taken_.end()) continue;
    dispatch(*kill, {}, [](const std::vector<StopResult>&) {});
  }
  taken_.clear();
}

void StopDesk::dispatch(const telemetry::KillRecord& record, StopOrder order,
                        Terminator::Done done) {
  const auto scope = killswitch::parse_scope(record.scope);
  FUSEBOX_ASSERT(scope.has_value());
  order.id = record.id;
  order.scope = *scope;
  order.epoch = record.epoch;
  order.reason = record.reason;
  order.actor = record.actor;
  io_.post([terminators = terminators_, order = std::move(order), done = std::move(done),
            recorder = recorder_] {
    stop_all(terminators, order,
             [id = order.id, done, recorder](const std::vector<StopResult>& results) {
               if (!results.empty()) recorder(id, results);
               done(results);
             });
  });
}

}  // namespace fusebox::api::detail
