#include "policy/value.hpp"

#include "base/assert.hpp"

namespace fusebox::policy {

std::string_view name_of(Type type) {
  switch (type) {
    case Type::Bool:
      return "bool";
    case Type::Int:
      return "int";
    case Type::Double:
      return "double";
    case Type::String:
      return "string";
    case Type::List:
      return "list";
    case Type::Map:
      return "map";
    case Type::Dynamic:
      return "dynamic";
  }
  FUSEBOX_ASSERT(false);
  return {};
}

Value Value::of(const DynamicNode* node) {
  if (node == nullptr) return error("absent");
  switch (node->kind) {
    case DynamicKind::Null:
      return null();
    case DynamicKind::Bool:
      return of(node->boolean);
    case DynamicKind::Int:
      return of(node->integer);
    case DynamicKind::Double:
      return of(node->number);
    case DynamicKind::String:
      return of(node->text);
    case DynamicKind::List:
    case DynamicKind::Map:
      break;
  }
  Value value;
  value.kind = Kind::Dynamic;
  value.dynamic = node;
  return value;
}

}  // namespace fusebox::policy
