#include "sre/config/detail/config_sections.hpp"

#include <filesystem>

namespace fusebox::config::detail {

std::string from_folder_of(const Report& report, std::string_view path) {
  const std::filesystem::path folder = std::filesystem::path(report.file()).parent_path();
  // "dir/./x" reads badly in messages. More is not tidied up: "link/../x" is not "x".
  if (!folder.empty() && path.starts_with("./")) path.remove_prefix(2);
  return (folder / path).string();
}

std::optional<std::string> as_path(const Field& field) {
  constexpr std::size_t kPathMax = 4096;
  const auto path = as_text(field, kPathMax);
  if (!path) return std::nullopt;
  // The system would read the path only up to there.
  if (path->find('\0') != std::string::npos) {
    field.invalid("a path");
    return std::nullopt;
  }
  return from_folder_of(field.report, *path);
}

std::vector<Field> list_up_to(const MapReader& map, std::string_view name, std::size_t max) {
  auto items = map.list(name);
  if (items.size() <= max) return items;
  map.report().error(map.at_key(name), ErrorCode::TooLarge,
                     detail::quoted(name) + " has " + std::to_string(items.size()) + " items",
                     "expected at most " + std::to_string(max));
  return {};
}

std::string UniqueNames::take(const MapReader& item) {
  const auto name = item.get("name", as_identifier, std::string_view("-_.@"));
  if (!name) return "";
  const Field field = *item.field("name");
  const auto [first, fresh] = lines_.emplace(*name, field.node.at.line);
  if (!fresh) {
    field.error(ErrorCode::DuplicateName, "a second item has the name " + detail::quoted(*name),
                "the first is in line " + std::to_string(first->second));
  }
  return *name;
}

}  // namespace fusebox::config::detail
