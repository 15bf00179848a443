#include "telemetry/journal_parts.hpp"

#include <sstream>

#include <gtest/gtest.h>

#include "telemetry/journal.hpp"

namespace fusebox::telemetry {
namespace {

// What all lines of `text` come to, which is one whole; the longest line besides.
struct Read {
  std::optional<JournalParts::Whole> whole;
  std::size_t lines = 0;
  std::size_t longest = 0;
};

Read read(const std::string& text) {
  Read out;
  JournalDecoder decoder;
  JournalParts parts;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line); ++out.lines) {
    EXPECT_FALSE(out.whole.has_value()) << "lines behind the whole";
    out.longest = std::max(out.longest, line.size());
    const auto decoded = decoder.decode_any_line(line);
    EXPECT_TRUE(decoded.has_value()) << decoded.error().message;
    auto whole = parts.add(std::get<JournalPart>(*decoded));
    EXPECT_TRUE(whole.has_value()) << whole.error().message;
    out.whole = std::move(*whole);
    EXPECT_EQ(parts.is_waiting(), !out.whole.has_value());
  }
  return out;
}

std::vector<ConfigText> documents_in(const std::string& text) {
  return std::get<std::vector<ConfigText>>(*read(text).whole);
}

TEST(JournalParts, ConfigurationsComeBackAsTheyWere) {
  const std::vector<std::vector<ConfigText>> rows{
      {{"a.yaml", "x: 1\n"}},
      {{"a.yaml", "x: 1\n"}, {"b.yaml", ""}, {"c.yaml", "\"quoted\" \\ \t é"}},
      {{"big.yaml", std::string(1 << 20, 'x')}, {"small.yaml", "y"}},
  };
  for (const auto& documents : rows) {
    std::string text;
    append_config_lines(text, from_ns(0), documents);
    EXPECT_EQ(documents_in(text), documents);
  }
}

TEST(JournalParts, NoConfigurationIsOneEmptyText) {
  std::string text;
  append_config_lines(text, from_ns(0), {});
  EXPECT_EQ(documents_in(text), (std::vector<ConfigText>{{"", ""}}));
}

TEST(JournalParts, NoLineIsTooLongAndNoCharacterIsCut) {
  std::string euros;
  while (euros.size() < (1 << 20)) euros += "€";
  for (const std::string& worst : {std::string(1 << 20, '\1'), euros, "x" + euros}) {
    std::string text;
    append_config_lines(text, from_ns(0), std::vector<ConfigText>{{"w.yaml", worst}});
    const Read found = read(text);
    EXPECT_LT(found.longest, kJournalLineBytesMax);
    EXPECT_EQ(std::get<std::vector<ConfigText>>(*found.whole).at(0).text, worst);
  }
}

TEST(JournalParts, StatesComeBackAsTheyWere) {
  for (const std::size_t size : {0u, 1u, 2u, 3u, 393'215u, 393'216u, 393'217u, 2'000'000u}) {
    std::string state(size, '\0');
    for (std::size_t i = 0; i < size; ++i) state[i] = static_cast<char>(i * 31);
    std::string text;
    append_state_lines(text, from_ns(0), state);
    const Read found = read(text);
    EXPECT_EQ(std::get<SavedState>(*found.whole).bytes, state) << size;
    EXPECT_EQ(found.lines, std::max<std::size_t>(1, (size + 393'215) / 393'216));
  }
}

TEST(JournalParts, APartThatDoesNotFollowIsRefused) {
  const JournalPart first{.at = {}, .part = 1, .of = 2, .name = "a", .bytes = "x"};
  const JournalPart third{.at = {}, .part = 3, .of = 3};
  const JournalPart other{.at = {}, .kind = PartKind::State, .part = 2, .of = 2};
  const JournalPart longer{.at = {}, .part = 2, .of = 3};
  for (const JournalPart& wrong : {first, third, other, longer}) {
    JournalParts parts;
    ASSERT_TRUE(parts.add(first).has_value());
    EXPECT_FALSE(parts.add(wrong).has_value()) << wrong.part << " of " << wrong.of;
  }
  JournalParts parts;
  EXPECT_FALSE(parts.add(third).has_value());
}

TEST(JournalParts, BytesThatAreNoBase64AreRefused) {
  JournalParts parts;
  EXPECT_FALSE(
      parts.add({.at = {}, .kind = PartKind::State, .name = {}, .bytes = "***"}).has_value());
}

}  // namespace
}  // namespace fusebox::telemetry
