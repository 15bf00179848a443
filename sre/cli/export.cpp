// export schema, openapi, grafana: files that other programs read, written into a folder.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <system_error>

#include <CLI/CLI.hpp>

#include "sre/api/openapi.hpp"
#include "sre/cli/commands.hpp"
#include "sre/cli/detail/dashboard.hpp"
#include "sre/cli/exit_code.hpp"
#include "sre/cli/load_files.hpp"
#include "sre/config/schema.hpp"

namespace fusebox::cli {
namespace {

namespace fs = std::filesystem;

struct File {
  std::string name;
  std::string text;
};

std::vector<File> schema_files() {
  std::vector<File> files;
  for (const config::SchemaFile& each : config::json_schemas()) {
    files.push_back({each.name, each.json + "\n"});
  }
  return files;
}

std::vector<File> openapi_files() {
  return {{"openapi.json", api::openapi_json(FUSEBOX_VERSION) + "\n"}};
}

std::vector<File> grafana_files() { return {{"fleet.json", std::string(fleet_dashboard())}}; }

// "" if it is written, whole and closed.
std::string write(const fs::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  return out ? "" : path.string() + ": cannot be written";
}

// Makes the folder, writes each file and names it.
int write_all(const std::string& folder, const std::vector<File>& files) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure) {
    print_error(folder + ": " + failure.message());
    return kFailure;
  }
  for (const File& file : files) {
    const fs::path path = fs::path(folder) / file.name;
    if (const std::string error = write(path, file.text); !error.empty()) {
      print_error(error);
      return kFailure;
    }
    std::cout << path.string() << "\n";
  }
  return kSuccess;
}

struct What {
  const char* name;
  const char* description;
  std::vector<File> (*files)();
  const char* footer;
};

constexpr What kWhat[] = {
    {"schema", "JSON Schemas of configuration documents (today: Scenario)", schema_files,
     "Example:\n  fusebox export schema schemas/\n"
     "An editor with a YAML language server takes scenario.schema.json for scenarios/*.yaml.\n"},
    {"openapi", "The API of the daemon as OpenAPI 3.1", openapi_files,
     "Example:\n  fusebox export openapi build/\n"},
    {"grafana", "The dashboard of the fleet", grafana_files,
     "Example:\n  fusebox export grafana /var/lib/grafana/dashboards/fusebox\n"},
};

}  // namespace

void add_export(CLI::App& program, int& exit_code) {
  auto* command = add_command(program, "export", "Write files for other programs");
  command->require_subcommand(1);
  command->footer("Examples:\n  fusebox export schema DIR\n  fusebox export grafana DIR\n");
  for (const What& what : kWhat) {
    auto* one = add_command(*command, what.name, what.description);
    auto folder = std::make_shared<std::string>();
    one->add_option("DIR", *folder, "folder to write into; it is made if it is not there")
        ->required();
    one->footer(what.footer);
    one->callback([folder, &what, &exit_code] { exit_code = write_all(*folder, what.files()); });
  }
  auto* rules = add_command(*command, "prometheus-rules", "Comes later");
  rules->group("");
  rules->allow_extras();
  rules->callback([&exit_code] {
    print_error("`export prometheus-rules` is not built yet");
    exit_code = kUsage;
  });
}

}  // namespace fusebox::cli
