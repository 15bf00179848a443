#include "sre/api/processes.hpp"

#include <utility>

#include "base/assert.hpp"

namespace fusebox::api {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Duration kHeartbeat = std::chrono::seconds{5};

std::string order_line(const StopOrder& order) {
  std::string line;
  JsonWriter json(line);
  json.begin_object();
  json.key("order");
  write_json(json, order);
  json.end_object();
  return line + "\n";
}

std::string name_for_people(const std::string& id, const ProcessSpec& spec) {
  return spec.name.empty() ? id : spec.name + " (" + id + ")";
}

}  // namespace

bool covers(const killswitch::Scope& scope, const ProcessSpec& process) {
  using killswitch::ScopeKind;
  switch (scope.kind) {
    case ScopeKind::Global:
      return true;
    case ScopeKind::Tenant:
      return scope.value == process.tenant;
    case ScopeKind::Agent:
      return scope.value == process.agent;
    case ScopeKind::TenantAgent:
      return scope.tenant == process.tenant && scope.value == process.agent;
    case ScopeKind::Session:
      return scope.value == process.session;
    case ScopeKind::RootTask:
    case ScopeKind::Task:
    case ScopeKind::Provider:
    case ScopeKind::Model:
    case ScopeKind::Tool:
    case ScopeKind::Capability:
    case ScopeKind::Drill:
      return false;
  }
  FUSEBOX_ASSERT(false);
  return false;
}

void Processes::start_heartbeat() {
  const std::lock_guard lock(mutex_);
  heartbeat_ = io_.every(kHeartbeat, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->beat();
  });
}

// Streams are written, and closed, without the lock: they may call back at once.
void Processes::close_all() {
  std::map<std::string, Process, std::less<>> closed;
  Stops dropped;
  const std::lock_guard lock(mutex_);
  heartbeat_.cancel();
  closed.swap(processes_);
  dropped.swap(stops_);
}

bool Processes::is_full() const {
  const std::lock_guard lock(mutex_);
  return processes_.size() >= kMax;
}

std::optional<std::string> Processes::add(ProcessSpec spec, runtime::StreamWriter stream) {
  const auto shared = std::make_shared<runtime::StreamWriter>(std::move(stream));
  std::string id;
  {
    const std::lock_guard lock(mutex_);
    if (processes_.size() >= kMax) return std::nullopt;
    id = "proc-" + std::to_string(++last_process_);
    processes_.emplace(id, Process{std::move(spec), shared});
  }
  (void)shared->write("{\"process\":\"" + id + "\"}\n");
  shared->on_closed([weak = weak_from_this(), id] {
    if (const auto self = weak.lock()) self->remove(id);
  });
  return id;
}

std::optional<ProcessSpec> Processes::find(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto found = processes_.find(id);
  return found == processes_.end() ? std::nullopt : std::optional(found->second.spec);
}

void Processes::tell_standing(std::string_view id, const std::vector<StopOrder>& orders) {
  std::shared_ptr<runtime::StreamWriter> stream;
  std::string lines;
  std::size_t standing = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto found = processes_.find(id);
    if (found == processes_.end()) return;
    stream = found->second.stream;
    for (const StopOrder& order : orders) {
      if (!covers(order.scope, found->second.spec)) continue;
      lines += order_line(order);
      ++standing;
    }
  }
  lines += "{\"standing\":" + std::to_string(standing) + "}\n";
  (void)stream->write(lines);
}

void Processes::settle(Stop& stop, const std::string& id, const Acknowledgement& what) {
  const auto awaited = stop.awaited.find(id);
  if (awaited == stop.awaited.end()) return;
  const auto since = std::chrono::duration_cast<Duration>(Clock::now() - stop.began);
  stop.results.push_back({.kind = "process",
                          .name = awaited->second,
                          .outcome = what.outcome,
                          .detail = what.detail,
                          .took = what.took.value_or(since)});
  stop.awaited.erase(awaited);
}

std::vector<Processes::Stop> Processes::take_complete() {
  std::vector<Stop> complete;
  for (auto each = stops_.begin(); each != stops_.end();) {
    const auto next = std::next(each);
    if (each->second.awaited.empty()) complete.push_back(std::move(stops_.extract(each).mapped()));
    each = next;
  }
  return complete;
}

void Processes::acknowledge(std::string_view id, const Acknowledgement& acknowledgement) {
  std::vector<Stop> complete;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [number, stop] : stops_) {
      if (stop.order == acknowledgement.order) settle(stop, std::string(id), acknowledgement);
    }
    complete = take_complete();
  }
  for (Stop& each : complete) each.done(std::move(each.results));
}

void Processes::remove(const std::string& id) {
  std::vector<Stop> complete;
  std::map<std::string, Process, std::less<>>::node_type removed;
  {
    const std::lock_guard lock(mutex_);
    removed = processes_.extract(id);
    for (auto& [number, stop] : stops_) {
      settle(stop, id,
             {.order = {},
              .outcome = StopOutcome::Unconfirmed,
              .detail = "its connection ended before it said what became of the order",
              .took = {}});
    }
    complete = take_complete();
  }
  for (Stop& each : complete) each.done(std::move(each.results));
}

void Processes::give_up(std::uint64_t number) {
  Stop stop;
  {
    const std::lock_guard lock(mutex_);
    const auto found = stops_.find(number);
    if (found == stops_.end()) return;
    while (!found->second.awaited.empty()) {
      settle(found->second, std::string(found->second.awaited.begin()->first),
             {.order = {},
              .outcome = StopOutcome::TimedOut,
              .detail = "no word before the deadline",
              .took = {}});
    }
    stop = std::move(stops_.extract(found).mapped());
  }
  stop.done(std::move(stop.results));
}

void Processes::stop(const StopOrder& order, Done done) {
  std::vector<std::shared_ptr<runtime::StreamWriter>> told;
  {
    const std::lock_guard lock(mutex_);
    Stop stop{.order = order.id,
              .began = Clock::now(),
              .awaited = {},
              .results = {},
              .done = done,
              .timer = {}};
    for (const auto& [id, process] : processes_) {
      if (!covers(order.scope, process.spec)) continue;
      told.push_back(process.stream);
      stop.awaited.emplace(id, name_for_people(id, process.spec));
    }
    if (!told.empty()) {
      const std::uint64_t number = ++last_stop_;
      stop.timer = io_.after(order.deadline + kStopGrace, [weak = weak_from_this(), number] {
        if (const auto self = weak.lock()) self->give_up(number);
      });
      stops_.emplace(number, std::move(stop));
    }
  }
  if (told.empty()) {
    done({});
    return;
  }
  const std::string line = order_line(order);
  for (const auto& stream : told) (void)stream->write(line);
}

void Processes::beat() {
  std::vector<std::shared_ptr<runtime::StreamWriter>> streams;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, process] : processes_) streams.push_back(process.stream);
  }
  for (const auto& stream : streams) (void)stream->write("\n");
}

}  // namespace fusebox::api
