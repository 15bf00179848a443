#include "sre/runtime/durable_engine.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/json_writer.hpp"
#include "killswitch/scope.hpp"
#include "sre/store/posix_files.hpp"

namespace fusebox::runtime {
namespace {

using engine::Effects;
using engine::Engine;

// A frame of the log: inputs one behind the other, each after its length. What one write() covers
// is one frame, unless that would be too large for the log.
constexpr std::size_t kLengthBytes = sizeof(std::uint32_t);
constexpr std::size_t kFrameBytesMax = store::kLogPayloadMax / 2;

void append_length(std::string& out, std::size_t at, std::size_t length) {
  const auto value = static_cast<std::uint32_t>(length);
  std::memcpy(out.data() + at, &value, kLengthBytes);
}

// Applies the inputs of one frame as they were applied before, and keeps only the audit bytes: the
// records were answered then.
Result<std::uint64_t> replay_frame(Engine& engine, telemetry::InputDecoder& decoder,
                                   std::string_view frame, std::string& audit) {
  std::uint64_t inputs = 0;
  Effects effects;
  while (!frame.empty()) {
    const auto bytes = take_input(frame);
    if (!bytes) return Unexpected{ErrorCode::StateCorrupt, "a frame of the input log is cut short"};
    const auto input = decoder.decode(*bytes);
    if (!input)
      return Unexpected{ErrorCode::StateCorrupt, "the input log: " + input.error().message};
    (void)engine.apply(**input, effects);
    ++inputs;
    audit += effects.audit;
    effects.clear();
  }
  return inputs;
}

bool same_order(const killswitch::Order& a, const killswitch::Order& b) {
  return a.id == b.id && a.scope == b.scope && a.reg == b.reg && a.rearm_actors == b.rearm_actors;
}

bool contains(const OrdersById& orders, const killswitch::Order& wanted) {
  const auto found = orders.find(wanted.id);
  return found != orders.end() && same_order(found->second, wanted);
}

OrdersById by_id(std::span<const killswitch::Order> orders) {
  OrdersById out;
  for (const killswitch::Order& order : orders) out.emplace(order.id, order);
  return out;
}

std::string torn_body(std::string_view file, std::uint64_t bytes) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.field("file", file);
  json.field("bytes_cut", static_cast<std::int64_t>(bytes));
  json.end_object();
  return body;
}

// A damaged file is refused as it is, with what a person can do about it.
Unexpected refused(Error error, const std::string& path) {
  if (error.code == ErrorCode::StateCorrupt || error.code == ErrorCode::AuditBroken) {
    error.message += "; nothing was changed: bring back a copy of " + path +
                     ", or move the whole state folder away to begin anew";
  }
  return Unexpected{std::move(error)};
}

// The engine as the checkpoint and the log behind it left it, under the configuration of then.
struct Restored {
  Engine engine;
  std::string configuration;
  store::LogRead log;
  std::uint64_t replayed = 0;
  std::string audit;  // entries that the replay made
};

Result<engine::EngineSpec> spec_of(const std::string& text, const DurableOptions& options) {
  if (text == options.configuration.text) return options.configuration.spec;
  return options.parse(text);
}

Result<Restored> restore(store::Files& files, const store::StateFolder& folder,
                         store::CheckpointStore& checkpoints, const DurableOptions& options) {
  auto found = checkpoints.read();
  if (!found) return Unexpected{found.error()};
  const std::optional<store::Checkpoint>& checkpoint = *found;
  if (!checkpoint && folder.is_marked()) {
    return Unexpected{ErrorCode::StateCorrupt,
                      folder.paths().database +
                          ": no checkpoint, though this folder was in use; restore the file, or "
                          "move the folder away to begin anew"};
  }
  const std::string& text = checkpoint ? checkpoint->configuration : options.configuration.text;
  auto spec = spec_of(text, options);
  if (!spec) return Unexpected{spec.error()};
  Restored restored{Engine(std::move(*spec)), text, {}, 0, {}};
  if (checkpoint) {
    const auto loaded = restored.engine.restore(checkpoint->engine);
    if (!loaded)
      return Unexpected{loaded.error().code,
                        folder.paths().database + ": " + loaded.error().message};
  }
  telemetry::InputDecoder decoder;
  auto read = store::read_log(files, folder.paths().log, checkpoint ? checkpoint->first_segment : 1,
                              [&](std::string_view frame) -> Result<void> {
                                auto inputs =
                                    replay_frame(restored.engine, decoder, frame, restored.audit);
                                if (!inputs) return Unexpected{inputs.error()};
                                restored.replayed += *inputs;
                                if (options.on_frame) options.on_frame(frame);
                                return {};
                              });
  if (!read) return refused(read.error(), folder.paths().log);
  restored.log = *read;
  return restored;
}

}  // namespace

std::optional<std::string_view> take_input(std::string_view& frame) {
  if (frame.size() < kLengthBytes) return std::nullopt;
  std::uint32_t length = 0;
  std::memcpy(&length, frame.data(), kLengthBytes);
  frame.remove_prefix(kLengthBytes);
  if (length > frame.size()) return std::nullopt;
  const std::string_view input = frame.substr(0, length);
  frame.remove_prefix(length);
  return input;
}

// What open() has found and built, on its way into the object.
struct DurableEngine::Parts {
  store::StateFolder folder;
  std::string configuration;
  Engine engine;
  store::InputLog log;
  store::AuditLog audit;
  store::Latch latch;
  std::unique_ptr<store::CheckpointStore> checkpoints;
};

DurableEngine::DurableEngine(Parts parts)
    : folder_(std::move(parts.folder)),
      configuration_(std::move(parts.configuration)),
      engine_(std::move(parts.engine)),
      log_(std::move(parts.log)),
      audit_(std::move(parts.audit)),
      latch_(std::move(parts.latch)),
      checkpoints_(std::move(parts.checkpoints)) {}

Result<DurableEngine::Opened> DurableEngine::open(store::Files& files, DurableOptions options) {
  auto folder = store::StateFolder::open(files, options.root, options.process_id);
  if (!folder) return Unexpected{folder.error()};
  const store::StatePaths& paths = folder->paths();
  auto key = store::load_or_create_audit_key(files, paths, options.secret);
  if (!key) return Unexpected{key.error()};
  auto checkpoints = store::CheckpointStore::open(files, paths.database);
  if (!checkpoints) return Unexpected{checkpoints.error()};
  auto restored = restore(files, *folder, *checkpoints, options);
  if (!restored) return Unexpected{restored.error()};
  auto log = store::InputLog::open(files, paths.log, restored->log);
  if (!log) return Unexpected{log.error()};
  auto audit = store::AuditLog::open(files, paths, *key);
  if (!audit) return refused(audit.error(), paths.audit);
  if (auto caught = audit->log.catch_up(restored->audit); !caught) {
    return refused(caught.error(), paths.audit);
  }
  auto latch =
      store::Latch::open(files, {.path = paths.latch, .is_new_folder = !folder->is_marked()});
  if (!latch) return Unexpected{latch.error()};

  Recovery recovery{.is_new = folder->is_new(),
                    .replayed = restored->replayed,
                    .torn_log_bytes = restored->log.torn_bytes,
                    .torn_audit_bytes = audit->cut_bytes,
                    .tripped = latch->must_start_tripped,
                    .notices = {}};
  const std::vector<killswitch::Order> latched = std::move(latch->orders);
  Opened opened{DurableEngine({std::move(*folder), std::move(restored->configuration),
                               std::move(restored->engine), std::move(*log), std::move(audit->log),
                               std::move(latch->latch),
                               std::make_unique<store::CheckpointStore>(std::move(*checkpoints))}),
                std::move(recovery)};
  if (auto begun =
          opened.engine.begin(std::move(options), audit->cut_file, latched, opened.recovery);
      !begun) {
    return Unexpected{begun.error()};
  }
  return opened;
}

// From what was found to an engine that may take input: orders of the latch, the configuration
// asked for, a checkpoint. Nothing of it goes to the log: should this start end before its
// checkpoint, the next one must replay what this one replayed, against the same audit.
Result<void> DurableEngine::begin(DurableOptions options, const std::string& torn_audit_file,
                                  std::span<const killswitch::Order> latched, Recovery& recovery) {
  on_frame_ = std::move(options.on_frame);
  engine_.continue_audit(audit_.position());
  for (const killswitch::Order& order : latched) (void)engine_.merge(order);
  Effects effects;
  if (options.wall > engine_.now()) {
    (void)engine_.apply({options.wall, telemetry::Tick{}}, effects);
  }
  if (recovery.torn_log_bytes > 0) {
    engine_.audit("torn_log", torn_body("log", recovery.torn_log_bytes), effects);
  }
  if (recovery.torn_audit_bytes > 0) {
    engine_.audit("torn_audit", torn_body(torn_audit_file, recovery.torn_audit_bytes), effects);
  }
  if (options.configuration.text != configuration_) {
    Effects changed = engine_.reconfigure(std::move(options.configuration.spec));
    effects.audit += changed.audit;
    configuration_ = std::move(options.configuration.text);
    for (const telemetry::Record& record : changed.records) {
      const auto* notice = std::get_if<telemetry::NoticeRecord>(&record.body);
      if (notice != nullptr) recovery.notices.push_back(notice->text);
    }
  }
  if (recovery.tripped) {
    (void)apply({engine_.now(),
                 telemetry::KillInput{
                     .scope = "global", .reason = *recovery.tripped, .actor = "system:latch"}},
                effects);
  }
  if (auto done = audit_.append(effects.audit); !done) return done;
  latched_ = by_id(latched);
  if (auto done = latch_news(); !done) return done;
  if (auto done = save_now(); !done) return done;
  return folder_.mark();
}

engine::Reply DurableEngine::apply(const telemetry::Input& from, Effects& effects) {
  telemetry::Input input = from;
  input.at = std::max(input.at, engine_.now());
  const std::size_t first = effects.records.size();
  engine::Reply reply = engine_.apply(input, effects);
  if (const auto* check = std::get_if<engine::CheckReply>(&reply)) {
    std::get<telemetry::CheckInput>(input.body).recorded = check->recorded;
  }
  const std::size_t length_at = frame_.size();
  frame_.append(kLengthBytes, '\0');
  telemetry::encode_input(input, frame_);
  append_length(frame_, length_at, frame_.size() - length_at - kLengthBytes);
  audit_bytes_ += effects.audit;
  effects.audit.clear();
  note_latched(effects, first);
  if (frame_.size() > kFrameBytesMax) add_frame();
  return reply;
}

// Every record of a stop order means that a register, or who approved its re-arming, has moved.
void DurableEngine::note_latched(const Effects& effects, std::size_t first) {
  for (std::size_t i = first; i < effects.records.size(); ++i) {
    latch_changed_ |= std::holds_alternative<telemetry::KillRecord>(effects.records[i].body);
  }
}

void DurableEngine::add_frame() {
  if (frame_.empty()) return;
  log_bytes_ += frame_.size();
  if (on_frame_) on_frame_(frame_);
  if (auto added = log_.add(frame_); !added) fault_ = added.error();
  frame_.clear();
}

WriteFault DurableEngine::write() {
  add_frame();
  WriteFault fault;
  fault.state = std::exchange(fault_, std::nullopt);
  if (auto flushed = log_.flush(); !flushed) fault.state = flushed.error();
  const auto audited = audit_bytes_.empty() && audit_.unwritten() == 0
                           ? Result<void>()
                           : audit_.append(audit_bytes_);
  audit_bytes_.clear();
  if (!audited) fault.state = audited.error();
  if (latch_changed_ || !latch_.is_durable()) {
    // All of them: the latch keeps what it has, and takes what is new to it.
    if (auto latched = latch_news(); !latched) fault.latch = latched.error();
  }
  return fault;
}

Result<void> DurableEngine::latch_news() {
  const std::vector<killswitch::Order> orders = engine_.orders();
  std::vector<killswitch::Order> news;
  for (const killswitch::Order& order : orders) {
    if (!contains(latched_, order)) news.push_back(order);
  }
  auto done = news.empty() ? latch_.repair() : latch_.append(news);
  if (!done) return done;
  latched_ = by_id(orders);
  latch_changed_ = false;
  return {};
}

Result<void> DurableEngine::Syncs::run() const {
  if (auto synced = log.run(); !synced) return synced;
  return audit.run();
}

Result<store::Checkpoint> DurableEngine::checkpoint() {
  const WriteFault fault = write();
  if (fault.state && fault.state->code != ErrorCode::StorageFailed) return Unexpected{*fault.state};
  auto rotated = log_.rotate();
  if (!rotated) return Unexpected{rotated.error()};
  log_bytes_ = 0;
  return store::Checkpoint{.engine = engine_.save(),
                           .engine_time = engine_.now(),
                           .configuration = configuration_,
                           .first_segment = rotated->segment,
                           .audit = audit_.position(),
                           .created = {}};
}

Result<void> DurableEngine::write_checkpoint(const store::Checkpoint& checkpoint,
                                             const Syncs& before) {
  if (auto synced = before.audit.run(); !synced) return synced;
  return checkpoints_->write(checkpoint);
}

void DurableEngine::released(std::uint64_t first_segment) {
  // What stays behind is dropped with the next one.
  (void)log_.drop_before(first_segment);
}

Result<void> DurableEngine::save_now() {
  auto saved = checkpoint();
  if (!saved) return Unexpected{saved.error()};
  if (auto done = write_checkpoint(*saved, pending()); !done) return done;
  released(saved->first_segment);
  return {};
}

Result<void> DurableEngine::reconfigure(EngineConfiguration configuration, Effects& effects) {
  Effects changed = engine_.reconfigure(std::move(configuration.spec));
  audit_bytes_ += changed.audit;
  std::move(changed.records.begin(), changed.records.end(), std::back_inserter(effects.records));
  configuration_ = std::move(configuration.text);
  return save_now();
}

Result<void> DurableEngine::close(std::optional<Instant> doubt) {
  const Instant last = engine_.now();
  if (write().state && !doubt) doubt = last;
  const Result<void> saved = save_now();
  if (saved) doubt.reset();
  const Result<void> sealed = audit_.seal();
  const Result<void> withdrawn = folder_.withdraw_listen();
  // A seal proves that nothing was cut off later; without it the audit is as after a kill -9.
  const bool is_kept = !doubt && audit_.unwritten() == 0 && pending().run() && latch_.is_durable();
  if (is_kept) return withdrawn;
  return Unexpected{
      loss(!saved ? saved.error() : Error{ErrorCode::StorageFailed, "no sync"}, doubt)};
}

Error DurableEngine::loss(const Error& why, std::optional<Instant> since) const {
  std::string text = "the state could not be written (" + why.message + "): ";
  text += since ? "what was counted and decided after " + format_rfc3339(*since) + " is lost"
                : "a power cut now would lose the last of what was counted and decided";
  text += latch_.is_durable() ? "; stop orders are kept" : "; so are stop orders since then";
  return {why.code, std::move(text)};
}

}  // namespace fusebox::runtime
