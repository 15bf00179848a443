// A configuration as a test writes it.
#pragma once

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "base/result.hpp"
#include "sre/config/load.hpp"
#include "sre/engine/engine.hpp"

namespace fusebox::engine {

// The specification of `yaml`; fails the test with every diagnostic if it does not load.
inline Result<EngineSpec> parse_spec(const std::string& yaml) {
  Diagnostics diagnostics;
  auto loaded = config::load({{"test.yaml", yaml}}, diagnostics);
  for (const Diagnostic& each : diagnostics.all()) {
    if (each.severity == Severity::Error) ADD_FAILURE() << format(each);
  }
  if (!loaded) return Unexpected{ErrorCode::InvalidValue, "the test's configuration is invalid"};
  return std::move(loaded->engine);
}

inline EngineSpec spec_of(const std::string& yaml) {
  auto spec = parse_spec(yaml);
  return spec ? std::move(*spec) : EngineSpec{};
}

}  // namespace fusebox::engine
