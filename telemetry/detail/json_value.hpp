// A JSON value, whoever read it: simdjson, or the reader of plain lines. Named and used as
// simdjson's own, so that a reader of a member does not know the difference.
#pragma once

#include <cstdint>
#include <string_view>

#include <simdjson.h>

#include "telemetry/detail/plain_json.hpp"

namespace fusebox::telemetry::detail {

class JsonObject;

// A view: what was read must stay as it is.
class Json {
 public:
  using Type = simdjson::dom::element_type;

  Json() = default;
  Json(simdjson::dom::element element) : element_(element) {}  // NOLINT: it is the same thing
  explicit Json(const PlainNode& node) : plain_(&node) {}

  [[nodiscard]] Type type() const { return plain_ == nullptr ? element_.type() : plain_type(); }
  [[nodiscard]] bool is_null() const {
    return plain_ == nullptr ? element_.is_null() : plain_->kind == PlainNode::Kind::Null;
  }
  [[nodiscard]] bool is_string() const {
    return plain_ == nullptr ? element_.is_string() : plain_->kind == PlainNode::Kind::Text;
  }

  // SUCCESS, or why the value cannot be read as that: it has another type, or is out of range. An
  // integer is a number too.
  template <class T>
  [[nodiscard]] simdjson::error_code get(T& out) const {
    if (plain_ == nullptr) return element_.get(out);
    return get_plain(out) ? simdjson::SUCCESS : simdjson::INCORRECT_TYPE;
  }
  [[nodiscard]] inline simdjson::error_code get(JsonObject& out) const;

 private:
  using Kind = PlainNode::Kind;

  [[nodiscard]] bool is(Kind kind) const { return plain_->kind == kind; }
  [[nodiscard]] bool get_plain(std::string_view& out) const {
    if (is(Kind::Text)) out = plain_->text;
    return is(Kind::Text);
  }
  [[nodiscard]] bool get_plain(std::int64_t& out) const {
    if (is(Kind::Int)) out = plain_->integer;
    return is(Kind::Int);
  }
  [[nodiscard]] bool get_plain(std::uint64_t& out) const {
    if (is(Kind::Int)) out = static_cast<std::uint64_t>(plain_->integer);
    return is(Kind::Int);
  }
  [[nodiscard]] bool get_plain(double& out) const {
    if (is(Kind::Int)) out = static_cast<double>(plain_->integer);
    if (is(Kind::Double)) out = plain_->number;
    return is(Kind::Int) || is(Kind::Double);
  }
  [[nodiscard]] bool get_plain(bool& out) const {
    if (is(Kind::Bool)) out = plain_->boolean;
    return is(Kind::Bool);
  }
  [[nodiscard]] static bool get_plain(simdjson::dom::array&) { return false; }  // it has none
  [[nodiscard]] inline Type plain_type() const;

  const PlainNode* plain_ = nullptr;  // null: element_ is the value
  simdjson::dom::element element_;
};

// The members of an object, in the order in which they stand.
class JsonObject {
 public:
  struct Member {
    std::string_view name;
    Json value;
  };

  class Iterator {
   public:
    explicit Iterator(const PlainNode* node) : plain_(node) {}
    explicit Iterator(simdjson::dom::object::iterator member) : member_(member) {}

    [[nodiscard]] Member operator*() const {
      if (plain_ == nullptr) return {member_.key(), member_.value()};
      return {plain_->name, Json(*plain_)};
    }
    Iterator& operator++() {
      if (plain_ == nullptr) {
        ++member_;
      } else {
        plain_ += plain_->descendants + 1;
      }
      return *this;
    }
    [[nodiscard]] bool operator!=(const Iterator& other) const {
      return plain_ == nullptr ? member_ != other.member_ : plain_ != other.plain_;
    }

   private:
    const PlainNode* plain_ = nullptr;  // null: `member_`
    simdjson::dom::object::iterator member_{};
  };

  JsonObject() = default;
  explicit JsonObject(const PlainNode& node) : plain_(&node) {}

  [[nodiscard]] Iterator begin() const {
    return plain_ == nullptr ? Iterator(object_.begin()) : Iterator(plain_ + 1);
  }
  [[nodiscard]] Iterator end() const {
    return plain_ == nullptr ? Iterator(object_.end()) : Iterator(plain_ + plain_->descendants + 1);
  }

 private:
  friend class Json;
  const PlainNode* plain_ = nullptr;  // null: `object_`
  simdjson::dom::object object_;
};

inline simdjson::error_code Json::get(JsonObject& out) const {
  if (plain_ == nullptr) return element_.get(out.object_);
  if (is(Kind::Object)) out = JsonObject(*plain_);
  return is(Kind::Object) ? simdjson::SUCCESS : simdjson::INCORRECT_TYPE;
}

inline Json::Type Json::plain_type() const {
  switch (plain_->kind) {
    case Kind::Null:
      return Type::NULL_VALUE;
    case Kind::Bool:
      return Type::BOOL;
    case Kind::Int:
      return Type::INT64;
    case Kind::Double:
      return Type::DOUBLE;
    case Kind::Text:
      return Type::STRING;
    case Kind::Object:
      return Type::OBJECT;
  }
  return Type::NULL_VALUE;
}

}  // namespace fusebox::telemetry::detail
