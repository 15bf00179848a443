#include "policy/dynamic.hpp"

#include <cstdint>
#include <string_view>

#include <gtest/gtest.h>

#include "tests/policy/sample_facts.hpp"

namespace fusebox::policy {
namespace {

using testing::flatten;
using testing::integer;
using testing::list;
using testing::map;
using testing::text;

TEST(Dynamic, AnEmptyDocumentHasNoRoot) {
  DynamicDocument document;
  EXPECT_EQ(document.root(), nullptr);
  document = flatten(integer(1));
  EXPECT_NE(document.root(), nullptr);
  document.clear();
  EXPECT_EQ(document.root(), nullptr);
}

TEST(Dynamic, MembersAreFoundBehindNestedSiblings) {
  const DynamicDocument document =
      flatten(map({{"a", map({{"x", integer(1)}, {"y", list({integer(2), integer(3)})}})},
                   {"b", integer(4)},
                   {"", text("empty")}}));
  const DynamicNode& root = *document.root();
  ASSERT_NE(find_member(root, "b"), nullptr);
  EXPECT_EQ(find_member(root, "b")->integer, 4);
  ASSERT_NE(find_member(root, ""), nullptr);
  EXPECT_EQ(find_member(root, "")->text, "empty");
  EXPECT_EQ(find_member(root, "x"), nullptr) << "a member of a member is none of the root's";
  ASSERT_NE(find_member(*find_member(root, "a"), "y"), nullptr);
  EXPECT_EQ(find_member(*find_member(root, "b"), "x"), nullptr) << "a scalar has no members";
}

TEST(Dynamic, ElementsAreFoundByIndexWithinRange) {
  const DynamicDocument document =
      flatten(list({list({integer(1), integer(2)}), integer(3), map({{"k", integer(4)}})}));
  const DynamicNode& root = *document.root();
  EXPECT_EQ(find_element(root, 0)->kind, DynamicKind::List);
  EXPECT_EQ(find_element(root, 1)->integer, 3);
  EXPECT_EQ(find_member(*find_element(root, 2), "k")->integer, 4);
  EXPECT_EQ(find_element(root, 3), nullptr);
  EXPECT_EQ(find_element(root, -1), nullptr);
  EXPECT_EQ(find_element(root, INT64_MAX), nullptr);
  EXPECT_EQ(find_element(root, INT64_MIN), nullptr);
  EXPECT_EQ(find_element(*find_element(root, 2), 0), nullptr) << "a map has no elements";
  EXPECT_EQ(find_member(root, "k"), nullptr) << "a list has no members";
}

}  // namespace
}  // namespace fusebox::policy
