// What a recorded journal says of a configuration decides as the files do, and holds no secret.
#include "sre/config/journal_text.hpp"

#include <filesystem>

#include <gtest/gtest.h>

#include "sre/config/load.hpp"
#include "sre/engine/engine.hpp"

namespace fusebox::config {
namespace {

Configuration loaded(const std::vector<Source>& sources) {
  Diagnostics diagnostics;
  auto configuration = load(sources, diagnostics);
  for (const Diagnostic& each : diagnostics.all()) {
    if (each.severity == Severity::Error) ADD_FAILURE() << format(each);
  }
  return configuration ? std::move(*configuration) : built_in();
}

std::vector<Source> journalled(const std::vector<Source>& sources) {
  std::vector<Source> out;
  for (const telemetry::ConfigText& each : journal_text(sources)) {
    out.push_back({each.name, each.text});
  }
  return out;
}

// The same specification begins nothing afresh: a state goes from one to the other without a word.
void expect_same_engine(const std::vector<Source>& sources) {
  const engine::EngineSpec before = loaded(sources).engine;
  const engine::EngineSpec after = loaded(journalled(sources)).engine;
  EXPECT_EQ(after.policy_digest, before.policy_digest);
  EXPECT_EQ(after.lateness, before.lateness);
  EXPECT_EQ(after.silence, before.silence);
  engine::Engine restored(after);
  const auto effects = restored.restore(engine::Engine(before).save());
  ASSERT_TRUE(effects.has_value()) << effects.error().message;
  EXPECT_TRUE(effects->records.empty());
  EXPECT_TRUE(effects->audit.empty());
}

TEST(JournalText, DecidesAsTheFilesDo) {
  const std::string data = FUSEBOX_TEST_DATA;
  for (const std::string file : {"/accepted/example.yaml"}) {
    SCOPED_TRACE(file);
    Diagnostics diagnostics;
    const auto sources = read_sources({data + file}, diagnostics);
    ASSERT_FALSE(diagnostics.has_errors());
    expect_same_engine(sources);
  }
}

TEST(JournalText, KeepsWhatIsPlainPlainAndWhatIsQuotedQuoted) {
  const std::string yaml = R"(
apiVersion: fusebox/v1
kind: Breaker
metadata: {name: "007"}
spec:
  key: [tool]
  where: 'kind == "tool" && tool != "a: b, {c} # d"'
  window: {count: 10}
  minimum_calls: 4
  failure_rate: 50%
  open: {wait: 10s, backoff: 1.5}
---
apiVersion: fusebox/v1
kind: Limit
metadata: {name: calls}
spec:
  scope: [agent]
  window: 1h
  budget: {cost_usd: "0.50", tokens: 1000}
  rate: {limit: 60/m, burst: 5}
)";
  expect_same_engine({{"a.yaml", yaml}});
}

TEST(JournalText, WithoutFilesThePresetsAreOn) {
  EXPECT_TRUE(journal_text({}).empty());
  expect_same_engine({{"empty.yaml", ""}});
}

TEST(JournalText, HoldsNoCredentialAndNoAddress) {
  const std::string yaml = R"(
apiVersion: fusebox/v1
kind: Config
metadata: {name: production}
spec:
  state: /var/lib/secret-place
  listen: {api: "127.0.0.1:7199"}
  presets: false
  telemetry: {lateness: 10m, silence: 2m}
  journal: {path: secret-journal}
  auth:
    mode: tokens
    tokens:
      - name: secret-alice
        role: admin
        sha256: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  webhooks:
    - {name: hook, url: "http://127.0.0.1:9/secret-path", events: [kill]}
  terminators:
    - {name: end, scopes: [agent], command: [/bin/secret-command]}
)";
  const std::vector<Source> sources{{"fusebox.yaml", yaml}};
  ASSERT_EQ(loaded(sources).settings.auth.tokens.size(), 1U);
  const std::string text = journal_text(sources).at(0).text;
  for (const char* secret : {"secret", "0123456789abcdef", "7199", "auth", "webhooks"}) {
    EXPECT_EQ(text.find(secret), std::string::npos) << secret << " in " << text;
  }
  EXPECT_NE(text.find("10m"), std::string::npos) << text;
  expect_same_engine(sources);
}

}  // namespace
}  // namespace fusebox::config
