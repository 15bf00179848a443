// State as bytes. One `visit` function per type serves both directions, so that what is written
// and what is read cannot drift apart:
//
//   template <class Archive> void visit(Archive& archive) { archive(count_, name_, deadlines_); }
//
// Integers are zigzag varints, so the format does not depend on the machine. The reader never
// trusts a length: a truncated, inflated or out-of-range input sets failed() and leaves values
// at their defaults, and it allocates no more than the bytes that are really there.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/money.hpp"
#include "base/time.hpp"

namespace fusebox {

class ArchiveWriter {
 public:
  static constexpr bool kReading = false;
  explicit ArchiveWriter(std::string& out) : out_(out) {}

  template <class... T>
  void operator()(const T&... values) {
    (write(values), ...);
  }
  [[nodiscard]] bool failed() const { return false; }
  void fail() {}

 private:
  void write_varint(std::uint64_t value);
  void write(bool value) { write_varint(value ? 1 : 0); }
  void write(double value);
  void write(const std::string& text) { write(std::string_view(text)); }
  void write(std::string_view text);
  void write(Instant at) { write(to_ns(at)); }
  void write(Duration duration) { write(duration.count()); }
  void write(MicroUsd amount) { write(amount.value); }

  template <std::integral T>
  void write(T value) {
    const auto wide = static_cast<std::int64_t>(value);
    write_varint((static_cast<std::uint64_t>(wide) << 1) ^ static_cast<std::uint64_t>(wide >> 63));
  }
  template <class T>
    requires std::is_enum_v<T>
  void write(T value) {
    write(static_cast<std::int64_t>(value));
  }
  template <class T>
  void write(const std::optional<T>& value) {
    write(value.has_value());
    if (value) write(*value);
  }
  template <class A, class B>
  void write(const std::pair<A, B>& value) {
    write(value.first);
    write(value.second);
  }
  template <class T, std::size_t N>
  void write(const std::array<T, N>& values) {
    for (const T& value : values) write(value);
  }
  template <class T>
  void write(const std::vector<T>& values) {
    write_range(values);
  }
  template <class T>
  void write(const std::deque<T>& values) {
    write_range(values);
  }
  template <class K, class V, class C>
  void write(const std::map<K, V, C>& values) {
    write_range(values);
  }
  template <class Range>
  void write_range(const Range& values) {
    write_varint(values.size());
    for (const auto& value : values) write(value);
  }
  template <class T>
    requires requires(T& value, ArchiveWriter& archive) { value.visit(archive); }
  void write(const T& value) {
    // visit() serves both directions, so it is not const; the writer changes nothing.
    const_cast<T&>(value).visit(*this);
  }

  std::string& out_;
};

class ArchiveReader {
 public:
  static constexpr bool kReading = true;
  explicit ArchiveReader(std::string_view bytes) : bytes_(bytes) {}

  template <class... T>
  void operator()(T&... values) {
    (read(values), ...);
  }
  // True once any read met bytes that the writer cannot have written.
  [[nodiscard]] bool failed() const { return failed_; }
  void fail() { failed_ = true; }
  [[nodiscard]] bool at_end() const { return bytes_.empty(); }

 private:
  [[nodiscard]] std::uint64_t read_varint();
  // A count of elements of at least one byte each.
  [[nodiscard]] std::size_t read_count();
  void read(bool& value);
  void read(double& value);
  void read(std::string& text);
  void read(std::string_view& text);  // a view of the bytes that are read
  void read(Instant& at);
  void read(Duration& duration);
  void read(MicroUsd& amount) { read(amount.value); }

  template <std::integral T>
  void read(T& value) {
    const std::uint64_t raw = read_varint();
    const auto wide = static_cast<std::int64_t>((raw >> 1) ^ (~(raw & 1) + 1));
    value = static_cast<T>(wide);
    if (static_cast<std::int64_t>(value) != wide) {
      value = T{};
      failed_ = true;
    }
  }
  // An enum says how many values it has with `constexpr T kLast = …` found by ADL: last_of(T{}).
  template <class T>
    requires std::is_enum_v<T>
  void read(T& value) {
    std::int64_t raw = 0;
    read(raw);
    if (raw < 0 || raw > static_cast<std::int64_t>(last_of(T{}))) {
      failed_ = true;
      raw = 0;
    }
    value = static_cast<T>(raw);
  }
  template <class T>
  void read(std::optional<T>& value) {
    bool present = false;
    read(present);
    value.reset();
    if (present && !failed_) read(value.emplace());
  }
  template <class A, class B>
  void read(std::pair<A, B>& value) {
    read(value.first);
    read(value.second);
  }
  template <class T, std::size_t N>
  void read(std::array<T, N>& values) {
    for (T& value : values) read(value);
  }
  template <class T>
  void read(std::vector<T>& values) {
    read_sequence(values);
  }
  template <class T>
  void read(std::deque<T>& values) {
    read_sequence(values);
  }
  template <class Sequence>
  void read_sequence(Sequence& values) {
    values.clear();
    const std::size_t count = read_count();
    for (std::size_t i = 0; i < count && !failed_; ++i) read(values.emplace_back());
  }
  template <class K, class V, class C>
  void read(std::map<K, V, C>& values) {
    values.clear();
    const std::size_t count = read_count();
    for (std::size_t i = 0; i < count && !failed_; ++i) {
      K key{};
      read(key);
      read(values[std::move(key)]);
    }
  }
  template <class T>
    requires requires(T& value, ArchiveReader& archive) { value.visit(archive); }
  void read(T& value) {
    value.visit(*this);
  }

  std::string_view bytes_;
  bool failed_ = false;
};

}  // namespace fusebox
