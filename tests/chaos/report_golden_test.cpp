// Reports against data/; UPDATE_GOLDEN=1 writes the files anew, and they are reviewed as code.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "chaos/report.hpp"
#include "tests/chaos/sample_run.hpp"

namespace fusebox::chaos {
namespace {

constexpr const char* kVersion = "1.2.3";

void expect_golden(const std::string& written, const std::string& file) {
  const std::string path = std::string(FUSEBOX_TEST_DATA "/") + file;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): tests have one thread
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << written;
  std::ifstream in(path, std::ios::binary);
  const std::string golden{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_EQ(written, golden) << file;
}

// A few points of each series are enough to see how they are written.
RunResult short_run(bool protection) {
  RunResult result = sample_run({.protection = protection, .unit = minutes{1}});
  for (SliSeries& series : result.series) series.counts.resize(6);
  for (FaultSummary& fault : result.faults) fault.series.resize(6);
  return result;
}

TEST(ReportGolden, Json) {
  expect_golden(report_json(short_run(true), kVersion), "protected.json");
  expect_golden(report_json(short_run(false), kVersion), "unprotected.json");
}

TEST(ReportGolden, Junit) {
  expect_golden(report_junit(short_run(true)), "protected.xml");
  expect_golden(report_junit(short_run(false)), "unprotected.xml");
}

TEST(ReportGolden, Markdown) {
  expect_golden(report_markdown(short_run(true), kVersion), "protected.md");
  expect_golden(report_markdown(short_run(false), kVersion), "unprotected.md");
}

TEST(ReportGolden, Terminal) {
  expect_golden(summary_text(short_run(true), 100), "protected.txt");
  expect_golden(summary_text(short_run(false), 72), "unprotected.txt");
}

}  // namespace
}  // namespace fusebox::chaos
