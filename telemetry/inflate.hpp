// gzip bodies, whole in memory, with a bound on what comes out: a kilobyte of gzip can hold a
// megabyte of zeros.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/result.hpp"

namespace fusebox::telemetry {

// Reuses its memory; of an unusually large body it is given back at the next one. Not thread-safe.
class Inflater {
 public:
  Inflater();
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // The contents of one gzip file, all its members in a row; a view that lives until the next call.
  // Errors: TooLarge when they would exceed `limit` bytes, found without making more than that;
  // InvalidGzip when the data is corrupt, cut short, or followed by something else. Linear in the
  // input and the output.
  [[nodiscard]] Result<std::string_view> gunzip(std::string_view compressed, std::size_t limit);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fusebox::telemetry
