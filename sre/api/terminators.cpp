#include "sre/api/terminators.hpp"

#include <memory>
#include <mutex>
#include <utility>

#include "base/assert.hpp"

namespace fusebox::api {
namespace {

std::int64_t in_ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

// The results of all, while some are missing.
struct Gathering {
  std::mutex mutex;
  std::vector<std::vector<StopResult>> results;
  std::size_t missing = 0;
  Terminator::Done done;

  void take(std::size_t from, std::vector<StopResult> some) {
    std::vector<StopResult> all;
    {
      const std::lock_guard lock(mutex);
      results[from] = std::move(some);
      if (--missing > 0) return;
      for (auto& each : results) {
        for (StopResult& result : each) all.push_back(std::move(result));
      }
    }
    done(std::move(all));
  }
};

}  // namespace

std::string_view name_of(StopCategory category) {
  switch (category) {
    case StopCategory::Hard:
      return "hard";
    case StopCategory::Drain:
      return "drain";
  }
  FUSEBOX_ASSERT(false);
  return {};
}

void write_json(JsonWriter& json, const StopOrder& order) {
  json.begin_object();
  json.field("id", order.id);
  json.field("scope", killswitch::format(order.scope));
  json.field("epoch", order.epoch);
  json.field("category", name_of(order.category));
  json.field("deadline_ms", in_ms(order.deadline));
  json.field("reason", order.reason);
  json.field("actor", order.actor);
  json.end_object();
}

void write_json(JsonWriter& json, const StopResult& result) {
  json.begin_object();
  json.field("kind", result.kind);
  json.field("name", result.name);
  json.field("outcome", name_of(result.outcome));
  if (!result.detail.empty()) json.field("detail", result.detail);
  json.field("took_ms", in_ms(result.took));
  json.end_object();
}

void stop_all(const std::vector<std::shared_ptr<Terminator>>& terminators, const StopOrder& order,
              Terminator::Done done) {
  if (terminators.empty()) {
    done({});
    return;
  }
  const auto gathering = std::make_shared<Gathering>();
  gathering->results.resize(terminators.size());
  gathering->missing = terminators.size();
  gathering->done = std::move(done);
  for (std::size_t i = 0; i < terminators.size(); ++i) {
    terminators[i]->stop(order, [gathering, i](std::vector<StopResult> results) {
      gathering->take(i, std::move(results));
    });
  }
}

}  // namespace fusebox::api
