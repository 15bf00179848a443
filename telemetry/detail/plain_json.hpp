// JSON as nearly every client writes it, read in one pass: an object of ASCII text without escapes,
// of integers and decimals that need no care to be exact, and of objects like it. A parser of all
// that JSON allows takes four times as long for a journal line.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fusebox::telemetry::detail {

// One value. Those of an object's members follow it, each with its own behind it.
struct PlainNode {
  enum class Kind : std::uint8_t { Null, Bool, Int, Double, Text, Object };
  Kind kind = Kind::Null;
  bool boolean = false;  // this and the next three: what `kind` says, else meaningless
  std::string_view text;
  std::int64_t integer = 0;       // >= 0
  double number = 0;              // >= 0
  std::uint32_t descendants = 0;  // nodes that stand behind this one and within it
  std::string_view name;          // of the member; the root has none
};

// Values of one text, in the order in which they stand: an object, then its members. A fixed array,
// for far more of them than a client writes, so that adding one asks for no memory.
class PlainNodes {
 public:
  [[nodiscard]] const PlainNode& root() const { return nodes_.front(); }

  [[nodiscard]] std::size_t size() const { return size_; }
  void clear() { size_ = 0; }
  // Of the kind Null, and without a name; null if there is no room.
  [[nodiscard]] PlainNode* add() {
    if (size_ == nodes_.size()) return nullptr;
    PlainNode& node = nodes_[size_++];
    node.kind = PlainNode::Kind::Null;
    node.descendants = 0;
    return &node;
  }

 private:
  std::array<PlainNode, 256> nodes_;
  std::size_t size_ = 0;
};

// Bytes behind the text that may be read. The first of them must be NUL.
inline constexpr std::size_t kPlainPadding = 8;

// Fills `nodes`, whose texts view into `text`, and says whether that is all there is to `text`.
// False does not mean that it is no JSON: lists, escapes, other alphabets, negative and long
// numbers, deep nesting, hundreds of values and blanks other than one before a name or a value are
// left to others, as is the telling of mistakes. What is read means exactly what it means to them;
// names may stand twice.
[[nodiscard]] bool read_plain(std::string_view text, PlainNodes& nodes);

}  // namespace fusebox::telemetry::detail
