// What tells one document from another: digests of specifications, for carrying state over from one
// configuration to the next.
//
// Two of them, because not every change makes a state worthless. Whoever lowers a budget or puts a
// breaker from shadow in force must not thereby forget what was used or seen.
#pragma once

#include "breakers/breaker.hpp"
#include "breakers/limit.hpp"
#include "killswitch/sha256.hpp"
#include "policy/rules.hpp"
#include "slo/spec.hpp"

namespace fusebox::engine {

struct SpecDigest {
  killswitch::Digest state{};  // of what a saved state depends on and means
  killswitch::Digest whole{};  // of every field
};

// SLO: all but names and descriptions and the low-traffic rule matters to the state.
[[nodiscard]] SpecDigest digest_of(const slo::SloSpec& spec);
// Breaker: all but its mode.
[[nodiscard]] SpecDigest digest_of(const breakers::BreakerSpec& spec);
// Limit: whom it counts, over which window, and which things it limits; the numbers may change.
[[nodiscard]] SpecDigest digest_of(const breakers::LimitSpec& spec);
// Rule on SLO state: what it looks at and what it does. Its mode too: a rule that is put in force
// must act on what is so already.
[[nodiscard]] killswitch::Digest state_digest_of(const policy::RuleSpec& rule);

}  // namespace fusebox::engine
