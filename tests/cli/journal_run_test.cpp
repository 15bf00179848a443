// A journal with a head: cut anywhere, and as a daemon records it, it replays to the same lines.
#include "sre/cli/detail/journal_run.hpp"

#include <condition_variable>
#include <mutex>

#include <gtest/gtest.h>

#include "sre/cli/exit_code.hpp"
#include "sre/config/journal_text.hpp"
#include "sre/config/load.hpp"
#include "sre/runtime/engine_host.hpp"
#include "sre/store/posix_files.hpp"
#include "tests/cli/scratch.hpp"
#include "tests/engine/random_journal.hpp"

namespace fusebox::cli {
namespace {

struct Output {
  int code = kSuccess;
  std::string lines;
  std::string summary;
};

std::string text_of(std::span<const telemetry::Record> records) {
  std::string out;
  for (const telemetry::Record& record : records) {
    telemetry::append_json(out, record);
    out += '\n';
  }
  return out;
}

Output run(const std::string& path, std::optional<engine::EngineSpec> given = {}) {
  Output out;
  const bool is_given = given.has_value();
  JournalRun journal({.path = path,
                      .spec = is_given ? std::move(*given) : config::built_in().engine,
                      .is_spec_given = is_given});
  out.code =
      journal.run([&](const telemetry::Input*, const engine::Effects& effects) -> Result<void> {
        out.lines += text_of(effects.records);
        return {};
      });
  journal.engine().write_summary(out.summary);
  return out;
}

engine::EngineSpec spec_of(const std::string& yaml) {
  Diagnostics diagnostics;
  auto loaded = config::load({{"test.yaml", yaml}}, diagnostics);
  EXPECT_TRUE(loaded.has_value());
  return std::move(loaded->engine);
}

std::string config_lines(const std::string& yaml) {
  std::string out;
  telemetry::append_config_lines(out, from_ns(0), config::journal_text({{"test.yaml", yaml}}));
  return out;
}

// Lines 0..cut through an engine, then its state and the other lines as a journal.
struct Cut {
  std::string before;   // output lines
  std::string journal;  // what follows
};

Cut cut_at(const std::vector<std::string>& lines, std::size_t cut) {
  engine::Engine engine(spec_of(engine::kEverything));
  telemetry::JournalDecoder decoder;
  engine::Effects effects;
  for (std::size_t i = 0; i < cut; ++i) {
    (void)engine.apply(**decoder.decode_line(lines[i]), effects);
  }
  Cut out{text_of(effects.records), config_lines(engine::kEverything)};
  telemetry::append_state_lines(out.journal, engine.now(), engine.save());
  for (std::size_t i = cut; i < lines.size(); ++i) out.journal += lines[i] + "\n";
  return out;
}

TEST(JournalRun, CutAnywhereBehindAHeadGivesTheSameLines) {
  const Scratch scratch;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto lines = engine::random_journal(seed, 800);
    std::string whole = config_lines(engine::kEverything);
    for (const std::string& line : lines) whole += line + "\n";
    const Output expected = run(scratch.write("whole", whole));
    ASSERT_EQ(expected.code, kSuccess);
    EXPECT_GT(expected.lines.size(), 1'000U);
    engine::RandomSource random(seed ^ 0xC07);
    for (int i = 0; i < 4; ++i) {
      const auto at =
          static_cast<std::size_t>(random.below(static_cast<std::int64_t>(lines.size())));
      const Cut cut = cut_at(lines, at);
      const Output rest = run(scratch.write("rest", cut.journal));
      ASSERT_EQ(rest.code, kSuccess) << at;
      EXPECT_EQ(cut.before + rest.lines, expected.lines) << at;
      EXPECT_EQ(rest.summary, expected.summary) << at;
    }
  }
}

const std::string kBreaker = engine::config("{}") + engine::breaker("enforce");
const std::string kStricter =
    engine::config("{}") + engine::breaker("enforce") + engine::call_limit("deny");

std::string check_line(int second, const std::string& id) {
  return R"({"at":"2026-01-01T00:00:0)" + std::to_string(second) + R"(Z","id":")" + id +
         R"(","check":{"agent":"bot","action":"tool","target":"search"}})" + "\n";
}

TEST(JournalRun, AConfigurationInTheMiddleIsAReload) {
  const Scratch scratch;
  const std::string journal = config_lines(kBreaker) + check_line(1, "a") + check_line(2, "b") +
                              check_line(3, "c") + config_lines(kStricter) + check_line(4, "d") +
                              check_line(5, "e") + check_line(6, "f");
  const Output out = run(scratch.write("journal", journal));
  ASSERT_EQ(out.code, kSuccess);
  EXPECT_EQ(out.lines.find("budget_exceeded"), out.lines.rfind("budget_exceeded")) << out.lines;
  EXPECT_NE(out.lines.find("budget_exceeded"), std::string::npos) << out.lines;
}

TEST(JournalRun, AGivenConfigurationDecidesInsteadOfTheRecordedOne) {
  const Scratch scratch;
  const std::string path = scratch.write("journal", config_lines(kStricter) + check_line(1, "a") +
                                                        check_line(2, "b") + check_line(3, "c"));
  EXPECT_NE(run(path).lines.find("budget_exceeded"), std::string::npos);
  EXPECT_EQ(run(path, spec_of(kBreaker)).lines.find("budget_exceeded"), std::string::npos);
}

TEST(JournalRun, AHeadThatIsNoneIsRefusedWithItsLine) {
  const Scratch scratch;
  const std::string config = config_lines(kBreaker);
  const std::string state = R"({"at":0,"state":{"bytes":""}})"
                            "\n";
  struct Row {
    const char* name;
    std::string journal;
    const char* line;
  };
  const Row rows[] = {
      {"damaged state", config + state, ":2:1: "},
      {"state behind an input", config + check_line(1, "a") + state, ":3:1: "},
      {"configuration that does not load",
       R"({"at":0,"config":{"text":"kind: Nonsense"}})"
       "\n",
       ":1:1: "},
      {"an input between two parts",
       R"({"at":0,"config":{"part":1,"of":2,"text":""}})"
       "\n" +
           check_line(1, "a"),
       ":2:1: "},
      {"an end between two parts",
       R"({"at":0,"config":{"part":1,"of":2,"text":""}})"
       "\n",
       ":1:1: "},
  };
  for (const Row& row : rows) {
    const std::string path = scratch.write("journal", row.journal);
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(run(path).code, kUsage) << row.name;
    const std::string said = ::testing::internal::GetCapturedStderr();
    EXPECT_NE(said.find(path + row.line), std::string::npos) << row.name << ": " << said;
  }
}

// A daemon without its sockets, which records.
class Recorded {
 public:
  Recorded(const Scratch& scratch, const std::string& yaml, std::int64_t start_s) {
    const Instant start = from_ns(start_s * 1'000'000'000);
    auto recorder = runtime::JournalRecorder::open(store::posix_files(),
                                                   {.folder = scratch.path("journal"),
                                                    .arguments = telemetry::Arguments::Full,
                                                    .start = start});
    EXPECT_TRUE(recorder.has_value());
    path = recorder->path();
    auto started = runtime::EngineHost::start(
        store::posix_files(),
        {.durable = {.root = scratch.path("state"),
                     .process_id = 1,
                     .secret = {1, 2, 3},
                     .configuration = configuration(yaml),
                     .parse = [](const std::string& text) -> Result<engine::EngineSpec> {
                       return spec_of(text);
                     },
                     .wall = start},
         .journal = std::move(*recorder),
         .on_records = [this](std::span<const telemetry::Record> records) {
           lines += text_of(records);
         }});
    EXPECT_TRUE(started.has_value()) << started.error().message;
    host = std::move(started->host);
  }
  static runtime::EngineConfiguration configuration(const std::string& yaml) {
    return {yaml, spec_of(yaml), config::journal_text({{"test.yaml", yaml}})};
  }
  void feed(const std::string& line) const {
    const auto decoder = std::make_shared<telemetry::JournalDecoder>();
    const auto input = decoder->decode_line(line);
    ASSERT_TRUE(input.has_value()) << line << ": " << input.error().message;
    host->submit(runtime::InputRequest{.owner = decoder, .input = *input, .answer = nullptr});
  }
  void reload(const std::string& yaml) const { host->reconfigure(configuration(yaml), {}); }
  void stop() const { ASSERT_TRUE(host->stop().has_value()); }

  std::string path;   // of the journal
  std::string lines;  // of the engine's thread until it has stopped
  std::unique_ptr<runtime::EngineHost> host;
};

TEST(Recording, ReplaysToTheLinesThatTheDaemonGave) {
  const Scratch scratch;
  const auto lines = engine::random_journal(7, 600);
  for (int start = 0; start < 3; ++start) {
    SCOPED_TRACE("start " + std::to_string(start));
    Recorded daemon(scratch, engine::kEverything, 1'800'000'000 + start * 1'000);
    for (std::size_t i = 0; i < 200; ++i) {
      if (i == 100) daemon.reload(kStricter);
      if (i == 150) daemon.reload(engine::kEverything);
      daemon.feed(lines[static_cast<std::size_t>(start) * 200 + i]);
    }
    daemon.feed(R"({"at":0,"kill":{"scope":"agent:x","reason":"r","actor":"a"}})");
    daemon.feed(R"({"at":0,"terminator":{"order":"kill-1","kind":"process","outcome":"failed"}})");
    daemon.stop();
    const Output replayed = run(daemon.path);
    ASSERT_EQ(replayed.code, kSuccess);
    EXPECT_FALSE(daemon.lines.empty());
    EXPECT_EQ(replayed.lines, daemon.lines);
  }
}

}  // namespace
}  // namespace fusebox::cli
