#include "base/json_writer.hpp"

#include <cstdlib>
#include <limits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace fusebox {
namespace {

TEST(JsonWriter, PutsCommasBetweenAndNowhereElse) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("empty", "");
  json.key("list");
  json.begin_array();
  json.integer(1);
  json.begin_object();
  json.end_object();
  json.begin_array();
  json.end_array();
  json.null();
  json.end_array();
  json.field("yes", true);
  json.key("raw");
  json.raw(R"({"a":1})");
  json.field("at", from_ns(1'500'000'000));
  json.end_object();
  EXPECT_EQ(out, R"({"empty":"","list":[1,{},[],null],"yes":true,"raw":{"a":1},)"
                 R"("at":"1970-01-01T00:00:01.5Z"})");
}

TEST(JsonWriter, AppendsToWhatIsThere) {
  std::string out = "before ";
  JsonWriter(out).integer(1);
  EXPECT_EQ(out, "before 1");
}

TEST(JsonWriter, NumbersAreShortestAndReadBackTheSame) {
  const std::vector<std::pair<double, std::string>> rows{{0, "0"},
                                                         {-0.0, "-0"},
                                                         {-39, "-39"},
                                                         {0.1, "0.1"},
                                                         {1.0 / 3, "0.3333333333333333"},
                                                         {1e300, "1e+300"},
                                                         {5e-324, "5e-324"},
                                                         {123456789, "123456789"},
                                                         {-2.5, "-2.5"},
                                                         {0.000001, "1e-06"}};
  for (const auto& [number, text] : rows) {
    std::string out;
    JsonWriter(out).number(number);
    EXPECT_EQ(out, text);
    EXPECT_EQ(std::strtod(out.c_str(), nullptr), number);
  }
}

TEST(JsonWriter, WhatJsonCannotSayIsNull) {
  for (const double number :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    std::string out;
    JsonWriter(out).number(number);
    EXPECT_EQ(out, "null");
  }
}

TEST(JsonWriter, NullForANumberStillSeparates) {
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  json.number(std::numeric_limits<double>::quiet_NaN());
  json.number(1);
  json.end_array();
  EXPECT_EQ(out, "[null,1]");
}

TEST(JsonWriter, IntegersKeepTheirExtremes) {
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  json.integer(std::numeric_limits<std::int64_t>::min());
  json.integer(std::numeric_limits<std::int64_t>::max());
  json.end_array();
  EXPECT_EQ(out, "[-9223372036854775808,9223372036854775807]");
}

TEST(JsonEscape, EscapesWhatMustBeAndNothingElse) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"", ""},
      {"plain / text", "plain / text"},
      {"\"\\", R"(\"\\)"},
      {"\n\r\t", R"(\n\r\t)"},
      {std::string("a\0b", 3), R"(a\u0000b)"},
      {"\x1F\x7F", "\\u001f\x7F"},
      {"€ 😀", "€ 😀"},
      {"</script>", "</script>"}};
  for (const auto& [text, escaped] : rows) {
    std::string out;
    append_json_escaped(out, text);
    EXPECT_EQ(out, escaped);
  }
}

TEST(JsonEscape, NamesAreEscapedToo) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("a\"b", "c");
  json.end_object();
  EXPECT_EQ(out, R"({"a\"b":"c"})");
}

// Short texts are copied in words of several lengths: each of them must see each of its bytes.
TEST(JsonWriterText, AnEscapeIsSeenAtEveryPlaceOfEveryLength) {
  for (std::size_t length = 1; length <= 70; ++length) {
    for (std::size_t place = 0; place < length; ++place) {
      const std::string before(place, 'a');
      const std::string behind(length - place - 1, 'b');
      std::string out;
      JsonWriter(out).string(before + '"' + behind);
      EXPECT_EQ(out, '"' + before + "\\\"" + behind + '"');
    }
  }
}

TEST(JsonWriterText, EveryLengthIsWrittenWhole) {
  for (std::size_t length = 0; length <= 70; ++length) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) text += static_cast<char>('#' + i % 50);
    std::string out;
    JsonWriter(out).string(text);
    EXPECT_EQ(out, '"' + text + '"');
  }
}

}  // namespace
}  // namespace fusebox
