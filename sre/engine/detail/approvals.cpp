#include "sre/engine/detail/approvals.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/json_writer.hpp"
#include "policy/dynamic.hpp"

namespace fusebox::engine {
namespace {

void write_node(JsonWriter& json, const policy::DynamicNode& node);

// Members sorted by key, because two encoders of one request may order them differently.
void write_map(JsonWriter& json, const policy::DynamicNode& map) {
  std::vector<const policy::DynamicNode*> members;
  const policy::DynamicNode* member = &map + 1;
  for (std::uint32_t i = 0; i < map.children; ++i, member += 1 + member->descendants) {
    members.push_back(member);
  }
  std::stable_sort(members.begin(), members.end(),
                   [](const auto* a, const auto* b) { return a->key < b->key; });
  json.begin_object();
  for (const policy::DynamicNode* each : members) {
    json.key(each->key);
    write_node(json, *each);
  }
  json.end_object();
}

void write_list(JsonWriter& json, const policy::DynamicNode& list) {
  json.begin_array();
  const policy::DynamicNode* element = &list + 1;
  for (std::uint32_t i = 0; i < list.children; ++i, element += 1 + element->descendants) {
    write_node(json, *element);
  }
  json.end_array();
}

// Recursion is bounded by the decoder's depth limit.
void write_node(JsonWriter& json, const policy::DynamicNode& node) {
  if (node.kind == policy::DynamicKind::Map) return write_map(json, node);
  if (node.kind == policy::DynamicKind::List) return write_list(json, node);
  policy::write_scalar(json, node);
}

void write_document(JsonWriter& json, std::string_view name,
                    const policy::DynamicDocument* document) {
  if (document == nullptr || document->root() == nullptr) return;
  json.key(name);
  write_node(json, *document->root());
}

}  // namespace

killswitch::Digest request_digest(const telemetry::Check& check) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.field("action", telemetry::name_of(check.action));
  json.field("target", check.target);
  for (const std::string_view name : dimension_names()) {
    const Dimension dimension = *parse_dimension(name);
    if (dimension != Dimension::TraceId) json.field(name, check.dimensions[dimension]);
  }
  if (check.depth) json.field("depth", *check.depth);
  if (check.trust) json.field("trust", *check.trust);
  if (check.estimate.tokens) json.field("tokens", *check.estimate.tokens);
  if (check.estimate.cost_usd) json.field("cost", check.estimate.cost_usd->value);
  if (check.estimate.files_changed) json.field("files", *check.estimate.files_changed);
  write_document(json, "args", check.args);
  write_document(json, "attributes", check.attributes);
  json.end_object();
  return killswitch::sha256(text);
}

std::string_view name_of(ApprovalState state) {
  switch (state) {
    case ApprovalState::Pending:
      return "pending";
    case ApprovalState::Granted:
      return "granted";
    case ApprovalState::Refused:
      return "refused";
  }
  return {};
}

Approval* Approvals::find_request(const killswitch::Digest& request) {
  const auto found = by_request_.find(request);
  return found == by_request_.end() ? nullptr : find(found->second);
}

Approval* Approvals::find(std::string_view id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &found->second;
}

Approval* Approvals::find_serial(std::uint64_t serial) {
  const auto found = by_serial_.find(serial);
  return found == by_serial_.end() ? nullptr : find(found->second);
}

Approval* Approvals::open(Approval opened) {
  if (by_id_.size() >= kMax) return nullptr;
  opened.serial = next_serial_++;
  Approval& approval = by_id_[opened.id];
  approval = std::move(opened);
  by_request_[approval.request] = approval.id;
  by_serial_[approval.serial] = approval.id;
  return &approval;
}

void Approvals::erase(const Approval& approval) {
  ended_.insert(fingerprint({approval.id}));
  by_request_.erase(approval.request);
  by_serial_.erase(approval.serial);
  by_id_.erase(by_id_.find(approval.id));
}

bool Approvals::rebuild() {
  by_request_.clear();
  by_serial_.clear();
  for (const auto& [id, approval] : by_id_) {
    if (approval.id != id || approval.serial >= next_serial_) return false;
    if (approval.asked < Instant{} || approval.expires < Instant{}) return false;
    if (!by_request_.emplace(approval.request, id).second) return false;
    if (!by_serial_.emplace(approval.serial, id).second) return false;
  }
  return by_id_.size() <= kMax;
}

}  // namespace fusebox::engine
