#include "sre/config/detail/yaml.hpp"

#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "base/text.hpp"
#include "sre/config/detail/split_documents.hpp"
#include "sre/config/source.hpp"

namespace fusebox::config::detail {
namespace {

constexpr std::string_view kSubset =
    "expected plain YAML without anchors, aliases, tags and merges";

// Thrown through yaml-cpp when a limit is passed; caught in parse_chunk.
struct LimitPassed {};

// Receives the parser's events and keeps the open lists and maps on a stack.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const Chunk& chunk, std::size_t& nodes, Report& report)
      : chunk_(chunk), nodes_(nodes), report_(report) {}

  [[nodiscard]] std::optional<Node> take_root() { return std::exchange(root_, std::nullopt); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check_properties(mark, "", anchor);
    Node node;
    node.at = expects_value() ? open_.back().key_at : position(mark);
    close(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "an alias", "write the value out");
    Node node;
    node.at = position(mark);
    close(std::move(node));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_properties(mark, tag, anchor);
    Node node = opened(NodeKind::Scalar, mark);
    node.quoted = tag == "!";
    node.text = value;
    close(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(NodeKind::List, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close_top(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(NodeKind::Map, mark, tag, anchor);
  }
  void OnMapEnd() override {
    drop_duplicates(open_.back().node);
    close_top();
  }

 private:
  struct Frame {
    Node node;
    std::optional<std::string> key;  // Map: read, and waiting for its value
    Position key_at;
    bool key_refused = false;  // its value is read and dropped
  };

  [[nodiscard]] Position position(const YAML::Mark& mark) const {
    return {.line = chunk_.first_line + static_cast<std::uint32_t>(std::max(mark.line, 0)),
            .column = static_cast<std::uint32_t>(std::max(mark.column, 0)) + 1,
            .offset = chunk_.offset + static_cast<std::uint32_t>(std::max(mark.pos, 0))};
  }

  void refuse(const YAML::Mark& mark, std::string_view what, std::string hint) {
    report_.error(position(mark), ErrorCode::YamlFeature, std::string(what) + " is not taken here",
                  std::string(kSubset), std::move(hint));
  }

  void check_properties(const YAML::Mark& mark, std::string_view tag, YAML::anchor_t anchor) {
    if (anchor != 0) refuse(mark, "an anchor", "write the value out where it is used");
    // yaml-cpp's own tags are "?" for plain and "!" for quoted nodes; a "!" that stands in the text
    // is the user's.
    const std::size_t at = position(mark).offset;
    const bool written = at < report_.text().size() && report_.text()[at] == '!';
    if (written || (!tag.empty() && tag != "?" && tag != "!")) {
      refuse(mark, "a tag", "quote the value if it is text");
    }
  }

  [[nodiscard]] Node opened(NodeKind kind, const YAML::Mark& mark) {
    Node node;
    node.kind = kind;
    node.at = position(mark);
    return node;
  }

  void open(NodeKind kind, const YAML::Mark& mark, std::string_view tag, YAML::anchor_t anchor) {
    check_properties(mark, tag, anchor);
    if (open_.size() == kYamlDepthMax) {
      report_.error(position(mark), ErrorCode::TooDeep,
                    "nested deeper than " + std::to_string(kYamlDepthMax) + " levels");
      throw LimitPassed{};
    }
    open_.push_back(
        {.node = opened(kind, mark), .key = std::nullopt, .key_at = {}, .key_refused = false});
  }

  [[nodiscard]] bool expects_value() const {
    return !open_.empty() && open_.back().key.has_value();
  }

  void close_top() {
    Node node = std::move(open_.back().node);
    open_.pop_back();
    close(std::move(node));
  }

  // A finished node goes where the innermost open one expects it.
  void close(Node node) {
    if (++nodes_ > kYamlNodesMax) {
      report_.error(node.at, ErrorCode::TooLarge,
                    "more than " + std::to_string(kYamlNodesMax) + " values in one file");
      throw LimitPassed{};
    }
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& top = open_.back();
    if (top.node.kind == NodeKind::List) {
      top.node.items.push_back(std::move(node));
    } else if (top.key) {
      std::string key = *std::exchange(top.key, std::nullopt);
      if (top.key_refused) return;
      top.node.entries.push_back({std::move(key), top.key_at, std::move(node)});
    } else {
      take_key(top, std::move(node));
    }
  }

  void take_key(Frame& map, Node node) {
    map.key_at = node.at;
    map.key_refused = true;
    if (node.kind != NodeKind::Scalar) {
      report_.error(node.at, ErrorCode::YamlFeature, "a key that is not text", "expected a name");
    } else if (node.text == "<<" && !node.quoted) {
      report_.error(node.at, ErrorCode::YamlFeature, "a merge key is not taken here",
                    std::string(kSubset), "write the keys out");
    } else {
      map.key_refused = false;
    }
    map.key = std::move(node.text);
  }

  // The first of equal keys stays, each further one is a mistake.
  void drop_duplicates(Node& map) {
    std::vector<std::size_t> order(map.entries.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return map.entries[a].key < map.entries[b].key;
    });
    std::vector<bool> repeated(order.size(), false);
    for (std::size_t i = 1, first = 0; i < order.size(); ++i) {
      const Entry& kept = map.entries[order[first]];
      const Entry& other = map.entries[order[i]];
      if (other.key != kept.key) {
        first = i;
        continue;
      }
      repeated[order[i]] = true;
      report_.error(other.key_at, ErrorCode::DuplicateKey, quoted(other.key) + " stands twice",
                    "the first is in line " + std::to_string(kept.key_at.line));
    }
    std::size_t index = 0;
    std::erase_if(map.entries, [&](const Entry&) { return repeated[index++]; });
  }

  const Chunk& chunk_;
  std::size_t& nodes_;
  Report& report_;
  std::vector<Frame> open_;
  std::optional<Node> root_;
};

void report_syntax(const Chunk& chunk, const YAML::Exception& failure, Report& report) {
  const bool placed = !failure.mark.is_null() && failure.mark.line >= 0;
  const auto line = static_cast<std::uint32_t>(placed ? failure.mark.line : 0);
  const auto column = static_cast<std::uint32_t>(placed ? failure.mark.column : 0);
  report.error({.line = chunk.first_line + line, .column = column + 1, .offset = 0},
               ErrorCode::YamlSyntax, "not YAML: " + failure.msg);
}

// False if a limit was passed and the file is given up.
bool parse_chunk(const Chunk& chunk, std::size_t& nodes, Report& report, std::vector<Node>& out) {
  TreeBuilder builder(chunk, nodes, report);
  try {
    std::istringstream in{std::string(chunk.text)};
    YAML::Parser parser(in);
    parser.HandleNextDocument(builder);
    std::optional<Node> root = builder.take_root();
    // yaml-cpp takes whatever follows a finished node for one more document.
    if (parser.HandleNextDocument(builder)) {
      const Node rest = builder.take_root().value_or(Node{});
      report.error(rest.at, ErrorCode::YamlSyntax,
                   "not YAML: more text after the end of the document",
                   "expected `---` between documents");
    } else if (root && root->kind != NodeKind::Null) {
      out.push_back(std::move(*root));
    }
  } catch (const YAML::Exception& failure) {
    report_syntax(chunk, failure, report);
  } catch (const LimitPassed&) {
    return false;
  }
  return true;
}

Position position_of(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t newline = before.rfind('\n');
  const std::size_t line_start = newline == std::string_view::npos ? 0 : newline + 1;
  return {.line = static_cast<std::uint32_t>(1 + std::count(before.begin(), before.end(), '\n')),
          .column = static_cast<std::uint32_t>(offset - line_start + 1),
          .offset = static_cast<std::uint32_t>(offset)};
}

// yaml-cpp holds the tokens of a whole line before it reports the first of them, some 90 bytes
// each, because a key may turn out to have begun. A line with more structure than kYamlNodesMax
// values need would take the memory before the count of values could stop it.
std::optional<std::size_t> find_crowded_line(std::string_view text) {
  constexpr std::size_t kMarksMax = 4 * kYamlNodesMax;
  std::size_t marks = 0;
  for (std::size_t pos = 0; pos < text.size(); ++pos) {
    const char c = text[pos];
    if (c == '\n') marks = 0;
    if (c == '[' || c == ']' || c == '{' || c == '}' || c == ',') ++marks;
    if (marks > kMarksMax) return pos;
  }
  return std::nullopt;
}

bool is_forbidden(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x7F || (byte < 0x20 && c != '\n' && c != '\r' && c != '\t');
}

// yaml-cpp takes invalid UTF-8 and NUL without a word, so the bytes are looked at first.
bool check_bytes(Report& report) {
  const std::string_view text = report.text();
  if (text.size() > kFileBytesMax) {
    report.error({}, ErrorCode::TooLarge,
                 "larger than " + std::to_string(kFileBytesMax) + " bytes");
    return false;
  }
  if (const auto bad = find_invalid_utf8(text)) {
    report.error(position_of(text, *bad), ErrorCode::InvalidUtf8, "the bytes are not UTF-8");
    return false;
  }
  const auto bad = std::find_if(text.begin(), text.end(), is_forbidden);
  if (bad != text.end()) {
    report.error(position_of(text, static_cast<std::size_t>(bad - text.begin())),
                 ErrorCode::YamlSyntax, "not YAML: a control character");
    return false;
  }
  if (const auto crowded = find_crowded_line(text)) {
    report.error(position_of(text, *crowded), ErrorCode::TooLarge,
                 "more lists and maps in one line than a file may have values");
    return false;
  }
  return true;
}

}  // namespace

const Entry* Node::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

std::vector<Node> parse_yaml(Report& report) {
  if (!check_bytes(report)) return {};
  std::vector<Node> documents;
  std::size_t nodes = 0;
  std::size_t count = 0;
  for (const Chunk& chunk : split_documents(report.text())) {
    const auto first = first_line(chunk);
    if (!first) continue;
    if (++count > kYamlDocumentsMax) {
      report.error(first->at, ErrorCode::TooLarge,
                   "more than " + std::to_string(kYamlDocumentsMax) + " documents in one file");
      return {};
    }
    if (first->text.starts_with('%')) {
      report.error(first->at, ErrorCode::YamlFeature, "a YAML directive is not taken here",
                   std::string(kSubset), "leave the line out");
      continue;
    }
    if (!parse_chunk(chunk, nodes, report, documents)) return {};
  }
  return documents;
}

}  // namespace fusebox::config::detail
