// What the simulated fleet is called: "agent-17", its fourth session "agent-17/3", "tenant-2",
// "task-1234". Written into the caller's buffer, because a run names millions of things and keeps
// none of the names.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fusebox::sim {

class Name {
 public:
  Name() = default;

  Name& set(std::string_view prefix, std::uint64_t number) {
    size_ = prefix.copy(text_.data(), text_.size());
    return add(number);
  }
  // Appends "/<number>".
  Name& then(std::uint64_t number) {
    text_[size_++] = '/';
    return add(number);
  }
  [[nodiscard]] std::string_view view() const { return {text_.data(), size_}; }

 private:
  Name& add(std::uint64_t number) {
    const auto end = std::to_chars(text_.data() + size_, text_.data() + text_.size(), number).ptr;
    size_ = static_cast<std::size_t>(end - text_.data());
    return *this;
  }

  std::array<char, 48> text_{};  // a prefix of at most 7 and two numbers of at most 20
  std::size_t size_ = 0;
};

using AgentIndex = std::uint32_t;

// Agents of one tenant.
inline constexpr std::uint32_t kAgentsPerTenant = 50;
[[nodiscard]] constexpr std::uint32_t tenant_of(AgentIndex agent) {
  return agent / kAgentsPerTenant;
}

// As the engine names permits, and tasks as the fleet does.
inline constexpr std::string_view kPermitPrefix = "d-";
inline constexpr std::string_view kTaskPrefix = "task-";

inline Name& name_agent(AgentIndex agent, Name& out) { return out.set("agent-", agent); }
inline Name& name_tenant(std::uint32_t tenant, Name& out) { return out.set("tenant-", tenant); }
inline Name& name_session(AgentIndex agent, std::uint32_t session, Name& out) {
  return name_agent(agent, out).then(session);
}

}  // namespace fusebox::sim
