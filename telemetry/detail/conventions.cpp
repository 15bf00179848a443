#include "telemetry/detail/conventions.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <type_traits>

namespace fusebox::telemetry::detail {
namespace {

using enum Field;

// In each block the order decides: our own name, then the newest generation, then older ones, then
// the other conventions. Bare words (`model`, `tool_name`) are Claude Code's and stand last.
constexpr Alias kAliases[] = {
    {Agent, Unit::Text, "fusebox.agent"},
    {Agent, Unit::Text, "gen_ai.handoff.from_agent"},
    {AgentName, Unit::Text, "gen_ai.agent.name"},
    {AgentName, Unit::Text, "agent.name"},
    {AgentName, Unit::Text, "gen_ai.agent.id"},
    {AgentName, Unit::Text, "agent_id"},
    {Service, Unit::ServiceName, "service.name"},
    {Service, Unit::Text, "openinference.project.name"},
    {Service, Unit::Text, "service.name"},
    {Tenant, Unit::Text, "fusebox.tenant"},
    {Tenant, Unit::Text, "tenant.id"},
    {Environment, Unit::Text, "fusebox.environment"},
    {Environment, Unit::Text, "deployment.environment.name"},
    {Environment, Unit::Text, "deployment.environment"},
    {Version, Unit::Text, "fusebox.version"},
    {Version, Unit::Text, "gen_ai.agent.version"},
    {Version, Unit::Text, "service.version"},
    {User, Unit::Text, "fusebox.user"},
    {User, Unit::Text, "user.id"},
    {User, Unit::Text, "enduser.id"},
    {User, Unit::Text, "traceloop.association.properties.user_id"},
    {User, Unit::Text, "ai.telemetry.metadata.userId"},
    {Session, Unit::Text, "fusebox.session"},
    {Session, Unit::Text, "gen_ai.conversation.id"},
    {Session, Unit::Text, "session.id"},
    {Session, Unit::Text, "traceloop.association.properties.session_id"},
    {Session, Unit::Text, "ai.telemetry.metadata.sessionId"},
    {Task, Unit::Text, "fusebox.task"},
    {Task, Unit::Text, "gen_ai.task.id"},
    {Task, Unit::Text, "prompt.id"},
    {ParentTask, Unit::Text, "fusebox.parent_task"},
    {ParentTask, Unit::Text, "gen_ai.task.parent.id"},
    {RootTask, Unit::Text, "fusebox.root_task"},
    {Domain, Unit::Text, "fusebox.domain"},

    {Tool, Unit::Text, "fusebox.tool"},
    {Tool, Unit::Text, "gen_ai.tool.name"},
    {Tool, Unit::Text, "tool.name"},
    {Tool, Unit::Text, "ai.toolCall.name"},
    {Tool, Unit::Text, "tool_name"},
    {Model, Unit::Text, "fusebox.model"},
    {Model, Unit::Text, "gen_ai.response.model"},
    {Model, Unit::Text, "gen_ai.request.model"},
    {Model, Unit::Text, "llm.response.model_name"},
    {Model, Unit::Text, "llm.model_name"},
    {Model, Unit::Text, "llm.request.model_name"},
    {Model, Unit::Text, "embedding.model_name"},
    {Model, Unit::Text, "ai.response.model"},
    {Model, Unit::Text, "ai.model.id"},
    {Model, Unit::Text, "model"},
    {Provider, Unit::Text, "fusebox.provider"},
    {Provider, Unit::Text, "gen_ai.provider.name"},
    {Provider, Unit::Text, "gen_ai.system"},
    {Provider, Unit::Text, "llm.provider"},
    {Provider, Unit::Text, "llm.system"},
    {Provider, Unit::Text, "ai.model.provider"},
    {ToAgent, Unit::Text, "fusebox.to_agent"},
    {ToAgent, Unit::Text, "gen_ai.handoff.to_agent"},
    {Entity, Unit::Text, "traceloop.entity.name"},

    {Operation, Unit::Operation, "gen_ai.operation.name"},
    {Operation, Unit::Operation, "openinference.span.kind"},
    {Operation, Unit::Operation, "traceloop.span.kind"},
    {Operation, Unit::Operation, "llm.request.type"},
    {Operation, Unit::Operation, "ai.operationId"},
    {McpMethod, Unit::Text, "mcp.method.name"},
    {Permit, Unit::Text, "fusebox.permit"},

    {Outcome, Unit::OutcomeName, "fusebox.outcome"},
    {ErrorClass, Unit::Text, "fusebox.error"},
    {ErrorType, Unit::Text, "error.type"},
    {ErrorType, Unit::Text, "error_type"},
    {HttpStatus, Unit::Count, "http.response.status_code"},
    {HttpStatus, Unit::Count, "http.status_code"},
    {HttpStatus, Unit::Count, "status_code"},
    {Success, Unit::Flag, "success"},
    {Verdict, Unit::Verdict, "agent.policy.violation"},
    {Verdict, Unit::Verdict, "gen_ai.guardrail.verdict.type"},
    {Verdict, Unit::Verdict, "agent.threat.detection.action"},

    {TokensIn, Unit::Count, "gen_ai.usage.input_tokens"},
    {TokensIn, Unit::Count, "gen_ai.usage.prompt_tokens"},
    {TokensIn, Unit::Count, "llm.token_count.prompt"},
    {TokensIn, Unit::Count, "ai.usage.inputTokens"},
    {TokensIn, Unit::Count, "ai.usage.promptTokens"},
    {TokensIn, Unit::Count, "ai.usage.tokens"},
    {TokensIn, Unit::Count, "llm.usage.prompt_tokens"},
    {TokensInFresh, Unit::Count, "input_tokens"},
    {CachedIn, Unit::Count, "gen_ai.usage.cache_read.input_tokens"},
    {CachedIn, Unit::Count, "gen_ai.usage.cache_read_input_tokens"},
    {CachedIn, Unit::Count, "llm.token_count.prompt_details.cache_read"},
    {CachedIn, Unit::Count, "ai.usage.inputTokenDetails.cacheReadTokens"},
    {CachedIn, Unit::Count, "ai.usage.cachedInputTokens"},
    {CachedIn, Unit::Count, "cache_read_tokens"},
    {CacheWritten, Unit::Count, "gen_ai.usage.cache_write.input_tokens"},
    {CacheWritten, Unit::Count, "gen_ai.usage.cache_creation.input_tokens"},
    {CacheWritten, Unit::Count, "gen_ai.usage.cache_creation_input_tokens"},
    {CacheWritten, Unit::Count, "llm.token_count.prompt_details.cache_write"},
    {CacheWritten, Unit::Count, "ai.usage.inputTokenDetails.cacheWriteTokens"},
    {CacheWritten, Unit::Count, "cache_creation_tokens"},
    {TokensOut, Unit::Count, "gen_ai.usage.output_tokens"},
    {TokensOut, Unit::Count, "gen_ai.usage.completion_tokens"},
    {TokensOut, Unit::Count, "llm.token_count.completion"},
    {TokensOut, Unit::Count, "ai.usage.outputTokens"},
    {TokensOut, Unit::Count, "ai.usage.completionTokens"},
    {TokensOut, Unit::Count, "llm.usage.completion_tokens"},
    {TokensOut, Unit::Count, "output_tokens"},
    {Cost, Unit::Usd, "fusebox.cost_usd"},
    {Cost, Unit::Usd, "llm.cost.total"},
    {Cost, Unit::Usd, "gen_ai.usage.cost"},
    {Cost, Unit::Usd, "agent.sre.cost.usd"},
    {Cost, Unit::Usd, "cost_usd"},
    {Ttft, Unit::Seconds, "gen_ai.response.time_to_first_chunk"},
    {Ttft, Unit::Milliseconds, "ai.response.msToFirstChunk"},
    {Ttft, Unit::Milliseconds, "ai.stream.msToFirstChunk"},
    {Ttft, Unit::Milliseconds, "ttft_ms"},
    {Score, Unit::Share, "fusebox.score"},
    {Score, Unit::Share, "gen_ai.evaluation.score.value"},
    {Score, Unit::Share, "evaluation.score"},
    {Score, Unit::Share, "annotation.score"},
    {Confidence, Unit::Share, "fusebox.confidence"},
    {Trust, Unit::TrustScore, "fusebox.trust"},
    {Trust, Unit::TrustScore, "agent.trust.score"},
    {Depth, Unit::Count, "fusebox.depth"},
    {Depth, Unit::Count, "agent.depth"},
    {FilesChanged, Unit::Count, "fusebox.files_changed"},
    {Weight, Unit::SampleRate, "fusebox.weight"},
    {Weight, Unit::SampleRate, "SampleRate"},

    // A row here covers its name and every name below it.
    {Content, Unit::Nothing, "gen_ai.input.messages"},
    {Content, Unit::Nothing, "gen_ai.output.messages"},
    {Content, Unit::Nothing, "gen_ai.system_instructions"},
    {Content, Unit::Nothing, "gen_ai.prompt"},
    {Content, Unit::Nothing, "gen_ai.completion"},
    {Content, Unit::Nothing, "gen_ai.tool.definitions"},
    {Content, Unit::Nothing, "gen_ai.tool.call.arguments"},
    {Content, Unit::Nothing, "gen_ai.tool.call.result"},
    {Content, Unit::Nothing, "gen_ai.retrieval.documents"},
    {Content, Unit::Nothing, "gen_ai.retrieval.query.text"},
    {Content, Unit::Nothing, "gen_ai.evaluation.explanation"},
    {Content, Unit::Nothing, "input.value"},
    {Content, Unit::Nothing, "output.value"},
    {Content, Unit::Nothing, "llm.input_messages"},
    {Content, Unit::Nothing, "llm.output_messages"},
    {Content, Unit::Nothing, "llm.prompts"},
    {Content, Unit::Nothing, "llm.choices"},
    {Content, Unit::Nothing, "llm.completions"},
    {Content, Unit::Nothing, "llm.function_call"},
    {Content, Unit::Nothing, "llm.prompt_template"},
    {Content, Unit::Nothing, "llm.tools"},
    {Content, Unit::Nothing, "tool.parameters"},
    {Content, Unit::Nothing, "tool_call.function.arguments"},
    {Content, Unit::Nothing, "retrieval.documents"},
    {Content, Unit::Nothing, "reranker.query"},
    {Content, Unit::Nothing, "reranker.input_documents"},
    {Content, Unit::Nothing, "reranker.output_documents"},
    {Content, Unit::Nothing, "embedding.text"},
    {Content, Unit::Nothing, "embedding.vector"},
    {Content, Unit::Nothing, "embedding.embeddings"},
    {Content, Unit::Nothing, "traceloop.entity.input"},
    {Content, Unit::Nothing, "traceloop.entity.output"},
    {Content, Unit::Nothing, "ai.prompt"},
    {Content, Unit::Nothing, "ai.response.text"},
    {Content, Unit::Nothing, "ai.response.object"},
    {Content, Unit::Nothing, "ai.response.reasoning"},
    {Content, Unit::Nothing, "ai.response.toolCalls"},
    {Content, Unit::Nothing, "ai.response.files"},
    {Content, Unit::Nothing, "ai.result"},
    {Content, Unit::Nothing, "ai.toolCall.args"},
    {Content, Unit::Nothing, "ai.toolCall.result"},
    {Content, Unit::Nothing, "ai.value"},
    {Content, Unit::Nothing, "ai.values"},
    {Content, Unit::Nothing, "ai.embedding"},
    {Content, Unit::Nothing, "ai.embeddings"},
    {Content, Unit::Nothing, "ai.request.headers"},
    {Content, Unit::Nothing, "ai.request.body"},
    {Content, Unit::Nothing, "http.request.header"},
    {Content, Unit::Nothing, "http.response.header"},
    {Content, Unit::Nothing, "prompt"},
    {Content, Unit::Nothing, "user_prompt"},
    {Content, Unit::Nothing, "tool_input"},
    {Content, Unit::Nothing, "tool_parameters"},
};
constexpr std::size_t kAliasCount = std::size(kAliases);
static_assert(kAliasCount < kNoRow);

constexpr std::size_t kSlotBits = 10;
constexpr std::size_t kSlots = std::size_t{1} << kSlotBits;
static_assert(kSlots >= 4 * kAliasCount, "an unknown name should meet an empty slot at once");

// Eight bytes as one number. By hand while compiling, where memcpy does not exist; the order of
// the bytes is the machine's in both, because the table is built for the machine that runs it.
constexpr std::uint64_t load_word(std::string_view bytes, std::size_t from) {
  std::uint64_t word = 0;
  if (std::is_constant_evaluated()) {
    for (std::size_t i = 0; i < 8; ++i) {
      const std::size_t shift = std::endian::native == std::endian::little ? i : 7 - i;
      word |= std::uint64_t{static_cast<unsigned char>(bytes[from + i])} << (8 * shift);
    }
    return word;
  }
  std::memcpy(&word, bytes.data() + from, sizeof word);
  return word;
}

constexpr std::uint64_t short_word(std::string_view bytes) {
  std::uint64_t word = 0;
  for (const char c : bytes) word = word << 8 | static_cast<unsigned char>(c);
  return word;
}

// Names begin alike ("gen_ai.usage."), so length, middle and end tell them apart. A sender who
// makes names collide gains nothing: probing ends at the next empty slot, and there are many.
constexpr std::uint64_t hash_of(std::string_view name) {
  constexpr std::uint64_t kFirst = 0x9E3779B97F4A7C15;   // odd, without a pattern
  constexpr std::uint64_t kSecond = 0xC2B2AE3D27D4EB4F;  // another one
  if (name.size() < 8) return (short_word(name) + name.size()) * kFirst;
  // Two products side by side; the middle's is turned so that its good bits meet those of the end.
  const std::uint64_t end = (load_word(name, name.size() - 8) + name.size()) * kFirst;
  return end ^ std::rotl(load_word(name, (name.size() - 8) / 2) * kSecond, 32);
}
constexpr std::size_t slot_of(std::uint64_t hash) { return hash >> (64 - kSlotBits); }

// A slot keeps other bits of the hash, so that another name is nearly never compared.
struct Slot {
  std::uint16_t tag = 0;
  Row row = kNoRow;
};
constexpr std::uint16_t tag_of(std::uint64_t hash) {
  return static_cast<std::uint16_t>(hash >> 32);
}

struct Index {
  std::array<Slot, kSlots> slots{};
  std::array<Row, kAliasCount> next{};

  constexpr Index() {
    next.fill(kNoRow);
    for (std::size_t row = 0; row < kAliasCount; ++row) add(static_cast<Row>(row));
  }

 private:
  // Rows with one name form a chain in their order, and only the first stands in a slot.
  constexpr void add(Row row) {
    const std::string_view name = kAliases[row].attribute;
    const std::uint64_t hash = hash_of(name);
    std::size_t slot = slot_of(hash);
    while (slots[slot].row != kNoRow && kAliases[slots[slot].row].attribute != name) {
      slot = (slot + 1) % kSlots;
    }
    if (slots[slot].row == kNoRow) {
      slots[slot] = {tag_of(hash), row};
      return;
    }
    Row last = slots[slot].row;
    while (next[last] != kNoRow) last = next[last];
    next[last] = row;
  }
};
constexpr Index kIndex;

// Of names of one length. The last words may overlap the ones before.
bool is_same(std::string_view a, std::string_view b) {
  if (a.size() < 8) return short_word(a) == short_word(b);
  const std::size_t last = a.size() - 8;
  for (std::size_t pos = 0; pos < last; pos += 8) {
    if (load_word(a, pos) != load_word(b, pos)) return false;
  }
  return load_word(a, last) == load_word(b, last);
}

Row find_exact(std::string_view name) {
  const std::uint64_t hash = hash_of(name);
  for (std::size_t at = slot_of(hash);; at = (at + 1) % kSlots) {
    const Slot slot = kIndex.slots[at];
    if (slot.row == kNoRow) return kNoRow;
    if (slot.tag != tag_of(hash)) continue;
    const std::string_view known = kAliases[slot.row].attribute;
    if (known.size() == name.size() && is_same(known, name)) return slot.row;
  }
}

// By the first letter: bit n stands for a Content row with a name of n bytes. Most fronts of most
// names are told apart by that alone.
constexpr auto kContentLengths = [] {
  std::array<std::uint64_t, 256> lengths{};
  for (const Alias& alias : kAliases) {
    if (alias.field != Content) continue;
    lengths[static_cast<unsigned char>(alias.attribute[0])] |= std::uint64_t{1}
                                                               << alias.attribute.size();
  }
  return lengths;
}();
constexpr std::size_t kContentBytesMax = 63;
static_assert(std::all_of(std::begin(kAliases), std::end(kAliases), [](const Alias& alias) {
  return alias.attribute.size() <= kContentBytesMax;
}));

Row find_content_above(std::string_view name) {
  if (name.empty()) return kNoRow;
  std::uint64_t lengths = kContentLengths[static_cast<unsigned char>(name[0])];
  for (; lengths != 0; lengths &= lengths - 1) {
    const auto length = static_cast<std::size_t>(std::countr_zero(lengths));
    if (length >= name.size()) break;
    if (name[length] != '.') continue;
    const Row row = find_exact(name.substr(0, length));
    if (row != kNoRow && kAliases[row].field == Content) return row;
  }
  return kNoRow;
}

}  // namespace

Row find_row(std::string_view attribute) {
  const Row row = find_exact(attribute);
  return row != kNoRow ? row : find_content_above(attribute);
}

Row next_row(Row row) { return kIndex.next[row]; }
const Alias& alias_of(Row row) { return kAliases[row]; }
std::size_t alias_count() { return kAliasCount; }

}  // namespace fusebox::telemetry::detail
