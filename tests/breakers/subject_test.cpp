#include "breakers/subject.hpp"

#include <gtest/gtest.h>

namespace fusebox::breakers {
namespace {

const KeySpec kTenantAgent({Dimension::Tenant, Dimension::Agent});

std::string encoded(std::string_view tenant, std::string_view agent) {
  Dimensions values;
  values[Dimension::Tenant] = tenant;
  values[Dimension::Agent] = agent;
  KeyBuffer buffer;
  return std::string(kTenantAgent.encode(values, buffer));
}

struct Row {
  std::string_view tenant;
  std::string_view agent;
  std::string_view text;
};

TEST(Subject, TextAndKeyAreEachOthersInverse) {
  for (const Row& row :
       {Row{"acme", "bot", "spend:acme:bot"}, Row{"", "bot", "spend::bot"},
        Row{"a:b", "50%", "spend:a%3Ab:50%25"}, Row{"é", "a b/c", "spend:%C3%A9:a%20b%2Fc"}}) {
    SCOPED_TRACE(row.text);
    EXPECT_EQ(format_subject("spend", kTenantAgent, encoded(row.tenant, row.agent)), row.text);
    const auto subject = parse_subject(row.text);
    ASSERT_TRUE(subject.has_value());
    EXPECT_EQ(subject->name, "spend");
    EXPECT_EQ(key_of(*subject, kTenantAgent), encoded(row.tenant, row.agent));
  }
}

TEST(Subject, DocumentWithoutAKeyIsItsName) {
  EXPECT_EQ(format_subject("all", KeySpec{}, ""), "all");
  EXPECT_EQ(key_of(*parse_subject("all"), KeySpec{}), "");
  EXPECT_EQ(key_of(*parse_subject("all:"), KeySpec{}), std::nullopt);
}

TEST(Subject, WhatIsTypedPlainIsTakenAsItIs) {
  EXPECT_EQ(key_of(*parse_subject("spend:é:a b"), kTenantAgent), encoded("é", "a b"));
}

TEST(Subject, AnotherNumberOfValuesIsNoKey) {
  for (const char* text : {"spend", "spend:a", "spend:a:b:c"}) {
    EXPECT_EQ(key_of(*parse_subject(text), kTenantAgent), std::nullopt) << text;
  }
}

TEST(Subject, BrokenEscapesAreRefused) {
  for (const char* text : {"a:%", "a:%2", "a:%2x", "a:%-1", "%zz"}) {
    EXPECT_EQ(parse_subject(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace fusebox::breakers
