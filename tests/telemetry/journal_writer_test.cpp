#include "telemetry/journal_writer.hpp"

#include <gtest/gtest.h>

#include "telemetry/journal.hpp"
#include "tests/telemetry/input_lines.hpp"

namespace fusebox::telemetry {
namespace {

std::string rewritten(const std::string& line, Arguments arguments) {
  JournalDecoder decoder;
  const auto input = decoder.decode_line(line);
  EXPECT_TRUE(input) << line << ": " << input.error().message;
  std::string out;
  if (input) append_journal_line(out, **input, arguments);
  return out;
}

TEST(JournalWriter, WritesTheLineThatWasRead) {
  for (const InputLine& row : input_lines()) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(rewritten(row.line, Arguments::Full), row.line);
  }
}

TEST(JournalWriter, MasksEveryValueOfArgumentsAndNothingElse) {
  const std::string line =
      R"({"at":"2026-01-01T00:00:00Z","check":{"action":"tool","agent":"bot","tool":"t",)"
      R"("args":{"k":"secret","n":{"deep":[1,true,null,{}]},"empty":[]},"attributes":{"a":"b"}}})";
  EXPECT_EQ(rewritten(line, Arguments::Masked),
            R"({"at":"2026-01-01T00:00:00Z","check":{"action":"tool","agent":"bot","tool":"t",)"
            R"("args":{"k":"***","n":{"deep":["***","***","***",{}]},"empty":[]},)"
            R"("attributes":{"a":"b"}}})");
}

TEST(JournalWriter, AppendsBehindWhatIsThere) {
  std::string out = "x\n";
  append_journal_line(out, {from_ns(0), Tick{}}, Arguments::Full);
  EXPECT_EQ(out, "x\n{\"at\":\"1970-01-01T00:00:00Z\",\"tick\":true}");
}

}  // namespace
}  // namespace fusebox::telemetry
