#include "base/key.hpp"

#include <map>

#include <gtest/gtest.h>

#include "base/archive.hpp"
#include "tests/base/draw.hpp"

namespace fusebox {
namespace {

const KeySpec kAgentTool({Dimension::Agent, Dimension::Tool});

Dimensions agent_tool(std::string_view agent, std::string_view tool) {
  Dimensions dimensions;
  dimensions[Dimension::Agent] = agent;
  dimensions[Dimension::Tool] = tool;
  return dimensions;
}

std::string encoded(const KeySpec& spec, const Dimensions& dimensions) {
  KeyBuffer buffer;
  return std::string(spec.encode(dimensions, buffer));
}

TEST(KeySpec, ValuesComeBack) {
  Draw draw(1);
  for (int round = 0; round < 500; ++round) {
    const std::string agent = draw.bytes(300);
    const std::string tool = draw.bytes(5);
    const std::string key = encoded(kAgentTool, agent_tool(agent, tool));
    ASSERT_EQ(kAgentTool.value(key, Dimension::Agent), agent);
    ASSERT_EQ(kAgentTool.value(key, Dimension::Tool), tool);
    const Dimensions back = kAgentTool.decode(key);
    ASSERT_EQ(back[Dimension::Agent], agent);
    ASSERT_EQ(back[Dimension::Tool], tool);
    ASSERT_EQ(back[Dimension::Model], "");
  }
}

// Two different pairs of values never give one key, whatever the bytes look like.
TEST(KeySpec, ValuesOfEveryLengthComeBack) {
  Draw draw(2);
  for (std::size_t length = 0; length <= 140; ++length) {
    std::string agent = draw.bytes(600);
    agent.resize(length, 'x');
    const std::string key = encoded(kAgentTool, agent_tool(agent, "t"));
    ASSERT_EQ(kAgentTool.value(key, Dimension::Agent), agent) << length;
    ASSERT_EQ(kAgentTool.value(key, Dimension::Tool), "t") << length;
  }
}

TEST(KeySpec, NoValueImitatesASeparator) {
  Draw draw(2);
  std::map<std::string, std::pair<std::string, std::string>> keys;
  for (int round = 0; round < 20'000; ++round) {
    std::pair<std::string, std::string> values;
    // Bytes 0 to 3: they are lengths as well, and collide often if anything can.
    for (std::string* value : {&values.first, &values.second}) {
      for (auto left = draw.below(4); left > 0; --left) *value += static_cast<char>(draw.below(4));
    }
    const std::string key = encoded(kAgentTool, agent_tool(values.first, values.second));
    const auto [at, is_new] = keys.emplace(key, values);
    ASSERT_TRUE(is_new || at->second == values);
  }
}

TEST(KeySpec, NoDimensionsMakeOneKeyForEverything) {
  const KeySpec none;
  EXPECT_EQ(encoded(none, agent_tool("a", "b")), "");
  EXPECT_EQ(none.value("", Dimension::Agent), "");
  EXPECT_FALSE(none.contains(Dimension::Agent));
  EXPECT_TRUE(none.accepts(""));
  EXPECT_FALSE(none.accepts("x"));
}

TEST(KeySpec, OrderIsTheUsers) {
  const KeySpec tool_agent({Dimension::Tool, Dimension::Agent});
  std::string out;
  JsonWriter json(out);
  tool_agent.write_json(json, encoded(tool_agent, agent_tool("bot\"", "")));
  EXPECT_EQ(out, R"({"tool":"","agent":"bot\""})");
  EXPECT_TRUE(tool_agent.contains(Dimension::Tool));
  EXPECT_EQ(tool_agent.value(encoded(tool_agent, {}), Dimension::Model), "");
}

TEST(KeySpec, AcceptsOnlyWhatItCouldHaveWritten) {
  EXPECT_TRUE(kAgentTool.accepts(encoded(kAgentTool, agent_tool("bot", "search"))));
  EXPECT_TRUE(kAgentTool.accepts(encoded(kAgentTool, agent_tool(std::string(200, 'a'), ""))));
  const std::vector<std::pair<std::string, std::string>> rows{
      {"nothing", ""},
      {"one value", std::string("\1a", 2)},
      {"a third value", std::string("\1a\1b\0", 5)},
      {"cut", std::string("\1a\2b", 4)},
      {"length that goes on", "\1a\x80"},
      {"padded length", std::string("\x81\0a\0", 4)},
      {"length above 64 bits", std::string(12, '\xFF')},
      {"not UTF-8", std::string("\1\xFF\0", 3)}};
  for (const auto& [name, key] : rows) EXPECT_FALSE(kAgentTool.accepts(key)) << name;
}

TEST(KeyTable, NumbersKeysInOrderOfFirstSight) {
  KeyTable table;
  EXPECT_EQ(table.find("b"), std::nullopt);
  EXPECT_EQ(table.insert("b"), 0U);
  EXPECT_EQ(table.insert("a"), 1U);
  EXPECT_EQ(table.insert(""), 2U);
  EXPECT_EQ(table.find("a"), 1U);
  EXPECT_EQ(table.key(0), "b");
  EXPECT_EQ(table.size(), 3U);
  EXPECT_EQ(table.sorted(), (std::vector<KeyIndex>{2, 1, 0}));
}

TEST(KeyTable, ErasedIndicesAreReusedLastFirst) {
  KeyTable table;
  for (const char* key : {"a", "b", "c"}) table.insert(key);
  table.erase(0);
  table.erase(2);
  EXPECT_FALSE(table.contains(0));
  EXPECT_EQ(table.find("a"), std::nullopt);
  EXPECT_EQ(table.size(), 1U);
  EXPECT_EQ(table.index_end(), 3U);
  EXPECT_EQ(table.insert("d"), 2U);
  EXPECT_EQ(table.insert("e"), 0U);
  EXPECT_EQ(table.insert("f"), 3U);
}

// A restored table goes on exactly as the one that was saved.
// Against a map, over growth and the gaps that erasing leaves.
TEST(KeyTable, FindsWhatAMapFinds) {
  KeyTable table;
  std::map<std::string, KeyIndex> model;
  std::uint64_t state = 7;
  const auto draw = [&state](std::uint64_t below) {
    state = state * 6364136223846793005 + 1442695040888963407;
    return (state >> 33) % below;
  };
  for (int step = 0; step < 20'000; ++step) {
    const std::string key = "key-" + std::to_string(draw(600));
    const auto known = model.find(key);
    EXPECT_EQ(table.find(key), known == model.end() ? std::nullopt : std::optional(known->second));
    if (known == model.end()) {
      model.emplace(key, table.insert(key));
    } else if (draw(3) == 0) {
      table.erase(known->second);
      model.erase(known);
    }
    EXPECT_EQ(table.size(), model.size());
  }
  for (const auto& [key, index] : model) EXPECT_EQ(table.find(key), index);
}

TEST(KeyTable, SaveAndRestoreChangesNothing) {
  Draw draw(3);
  KeyTable table;
  for (int step = 0; step < 2000; ++step) {
    const std::string key = std::to_string(draw.below(60));
    if (const auto index = table.find(key)) {
      table.erase(*index);
    } else {
      table.insert(key);
    }
    if (step % 97 != 0) continue;
    std::string bytes;
    ArchiveWriter writer(bytes);
    writer(table);
    KeyTable back;
    ArchiveReader reader(bytes);
    reader(back);
    ASSERT_FALSE(reader.failed());
    ASSERT_EQ(back.sorted(), table.sorted());
    ASSERT_EQ(back.insert("new"), table.insert("new"));
    table = std::move(back);
    table.erase(*table.find("new"));
  }
}

TEST(KeyTable, DuplicateKeysInAFileFail) {
  std::string bytes;
  ArchiveWriter writer(bytes);
  writer(std::vector<std::optional<std::string>>{"a", "a"}, std::vector<KeyIndex>{});
  KeyTable table;
  ArchiveReader reader(bytes);
  reader(table);
  EXPECT_TRUE(reader.failed());
  EXPECT_EQ(table.size(), 0U);
}

TEST(KeyTable, FreeIndicesThatDoNotFitFail) {
  const std::vector<std::optional<std::string>> keys{"a", std::nullopt};
  for (const std::vector<KeyIndex>& free : {std::vector<KeyIndex>{}, {0}, {7}, {1, 1}, {1, 0}}) {
    std::string bytes;
    ArchiveWriter writer(bytes);
    writer(keys, free);
    KeyTable table;
    ArchiveReader reader(bytes);
    reader(table);
    EXPECT_TRUE(reader.failed());
  }
}

}  // namespace
}  // namespace fusebox
