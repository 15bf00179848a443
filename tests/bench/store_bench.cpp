// What durability costs on the disk below the temporary folder (TMPDIR chooses it): appending to
// the input log, a stop order until it is safe, a checkpoint of 50 MB. Figures with a sync in them
// are the disk's more than ours.
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <benchmark/benchmark.h>

#include "base/assert.hpp"
#include "sre/store/audit_log.hpp"
#include "sre/store/checkpoint.hpp"
#include "sre/store/input_log.hpp"
#include "sre/store/latch.hpp"
#include "sre/store/posix_files.hpp"

namespace fusebox::store {
namespace {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "fusebox-bench-XXXXXX").string();
    const char* made = ::mkdtemp(name.data());
    FUSEBOX_ASSERT(made != nullptr);
    path_ = made;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().message.c_str());
    std::abort();
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// Frames of 300 bytes, as many to a write as the argument says. The log starts anew from time to
// time, so that the disk is not filled.
void log_append(benchmark::State& state) {
  const Folder folder;
  InputLog log = must(InputLog::open(posix_files(), folder.path(), {}));
  const std::string payload(300, 'x');
  const auto frames = state.range(0);
  for (auto _ : state) {
    for (std::int64_t i = 0; i < frames; ++i) must(log.add(payload));
    must(log.flush());
    if (log.end() < kLogSegmentBytes - (std::uint64_t{1} << 20)) continue;
    state.PauseTiming();
    must(log.drop_before(must(log.rotate()).segment));
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * frames);
}
BENCHMARK(log_append)->ArgName("frames")->Arg(1)->Arg(64);

void log_append_and_sync(benchmark::State& state) {
  const Folder folder;
  InputLog log = must(InputLog::open(posix_files(), folder.path(), {}));
  for (auto _ : state) {
    must(log.add(std::string(300, 'x')));
    must(log.flush());
    must(log.sync());
  }
}
BENCHMARK(log_append_and_sync)->Unit(benchmark::kMicrosecond);

void log_read(benchmark::State& state) {
  const Folder folder;
  InputLog log = must(InputLog::open(posix_files(), folder.path(), {}));
  constexpr int kFrames = 100'000;
  for (int i = 0; i < kFrames; ++i) must(log.add(std::string(300, 'x')));
  must(log.flush());
  for (auto _ : state) {
    must(
        read_log(posix_files(), folder.path(), 1, [](std::string_view) { return Result<void>(); }));
  }
  state.SetItemsProcessed(state.iterations() * kFrames);
}
BENCHMARK(log_read)->Unit(benchmark::kMillisecond);

void latch_append(benchmark::State& state) {
  const Folder folder;
  auto opened =
      must(Latch::open(posix_files(), {.path = folder.path() + "/latch", .is_new_folder = true}));
  killswitch::Order order{.id = "kill-1",
                          .scope = *killswitch::parse_scope("agent:bot"),
                          .reg = {1, killswitch::RegisterState::Tripped},
                          .reason = "runaway spending",
                          .actor = "alice",
                          .at = {},
                          .rearm_actors = {}};
  for (auto _ : state) {
    must(opened.latch.append(std::array{order}));
    order.reg.epoch += 2;
  }
}
BENCHMARK(latch_append)->Unit(benchmark::kMicrosecond);

void audit_append(benchmark::State& state) {
  const Folder folder;
  const StatePaths paths(folder.path());
  must(posix_files().make_folder(paths.audit));
  const killswitch::SigningKey key(killswitch::KeyBytes{1});
  auto opened = must(AuditLog::open(posix_files(), paths, key));
  killswitch::AuditChain chain(opened.log.position());
  std::string bytes;
  for (auto _ : state) {
    state.PauseTiming();
    bytes.clear();
    for (int i = 0; i < 100; ++i) chain.append(bytes, {}, "kill", R"({"scope":"agent:bot"})");
    state.ResumeTiming();
    must(opened.log.append(bytes));
  }
  state.SetItemsProcessed(state.iterations() * 100);
}
BENCHMARK(audit_append)->Unit(benchmark::kMicrosecond);

Checkpoint large_checkpoint() {
  Checkpoint checkpoint;
  checkpoint.engine.resize(std::size_t{50} << 20);
  std::uint64_t bits = 1;
  for (char& c : checkpoint.engine) {
    bits = bits * 6364136223846793005U + 1442695040888963407U;
    c = static_cast<char>(bits >> 56);
  }
  return checkpoint;
}

void checkpoint_write(benchmark::State& state) {
  const Folder folder;
  auto store = must(CheckpointStore::open(posix_files(), folder.path() + "/fusebox.db"));
  const Checkpoint checkpoint = large_checkpoint();
  for (auto _ : state) must(store.write(checkpoint));
}
BENCHMARK(checkpoint_write)->Unit(benchmark::kMillisecond)->UseRealTime();

void checkpoint_open_and_read(benchmark::State& state) {
  const Folder folder;
  const std::string path = folder.path() + "/fusebox.db";
  must(must(CheckpointStore::open(posix_files(), path)).write(large_checkpoint()));
  for (auto _ : state) {
    auto store = must(CheckpointStore::open(posix_files(), path));
    benchmark::DoNotOptimize(must(store.read())->engine.size());
  }
}
BENCHMARK(checkpoint_open_and_read)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace fusebox::store
