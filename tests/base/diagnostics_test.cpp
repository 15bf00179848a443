#include "base/diagnostics.hpp"

#include <gtest/gtest.h>

namespace fusebox {
namespace {

Diagnostic mistake(std::string file, std::size_t line, std::size_t column, std::string what) {
  return {Severity::Error,
          {std::move(file), line, column},
          ErrorCode::UnknownKey,
          std::move(what),
          {},
          {}};
}

TEST(DiagnosticFormat, NamesPlaceCodeAndEachPartThatIsThere) {
  Diagnostic diagnostic = mistake("a.yaml", 3, 7, "unknown key 'wher'");
  EXPECT_EQ(format(diagnostic), "a.yaml:3:7: error[E0102]: unknown key 'wher'");
  diagnostic.expected = "one of where, key";
  EXPECT_EQ(format(diagnostic), "a.yaml:3:7: error[E0102]: unknown key 'wher'; one of where, key");
  diagnostic.hint = "did you mean 'where'?";
  EXPECT_EQ(format(diagnostic),
            "a.yaml:3:7: error[E0102]: unknown key 'wher'; one of where, key; "
            "did you mean 'where'?");
  diagnostic.expected.clear();
  diagnostic.severity = Severity::Notice;
  EXPECT_EQ(format(diagnostic),
            "a.yaml:3:7: notice[E0102]: unknown key 'wher'; did you mean 'where'?");
}

TEST(DiagnosticFormat, LineZeroIsTheFileAsAWhole) {
  EXPECT_EQ(format(mistake("a.yaml", 0, 0, "empty")), "a.yaml: error[E0102]: empty");
}

TEST(Diagnostics, OnlyErrorsAreCounted) {
  Diagnostics diagnostics;
  Diagnostic notice = mistake("a", 1, 1, "n");
  notice.severity = Severity::Notice;
  diagnostics.add(notice);
  EXPECT_FALSE(diagnostics.has_errors());
  diagnostics.add(mistake("a", 1, 1, "e"));
  EXPECT_TRUE(diagnostics.has_errors());
  EXPECT_EQ(diagnostics.error_count(), 1U);
  EXPECT_EQ(diagnostics.all().size(), 2U);
}

TEST(Diagnostics, SortByPlaceAndKeepTheOrderOfEquals) {
  Diagnostics diagnostics;
  diagnostics.add(mistake("b", 1, 1, "5"));
  diagnostics.add(mistake("a", 10, 1, "4"));
  diagnostics.add(mistake("a", 9, 2, "2"));
  diagnostics.add(mistake("a", 9, 2, "3"));
  diagnostics.add(mistake("a", 9, 1, "1"));
  diagnostics.sort();
  std::string order;
  for (const Diagnostic& diagnostic : diagnostics.all()) order += diagnostic.what;
  EXPECT_EQ(order, "12345");
}

TEST(ErrorCode, IsFourDigitsAndExplained) {
  EXPECT_EQ(code_text(ErrorCode::InvalidUtf8), "E0001");
  EXPECT_EQ(code_text(ErrorCode::UnknownKey), "E0102");
  EXPECT_EQ(explain(ErrorCode::InvalidJson), "the line is not JSON");
}

}  // namespace
}  // namespace fusebox
