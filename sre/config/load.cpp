#include "sre/config/load.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "base/assert.hpp"
#include "killswitch/sha256.hpp"
#include "sre/config/detail/document.hpp"
#include "sre/config/detail/json.hpp"
#include "sre/config/detail/kinds.hpp"
#include "sre/config/detail/presets.hpp"
#include "sre/config/detail/yaml.hpp"

namespace fusebox::config {
namespace {

using namespace detail;

// Parsed files, which everything else has views into. Deques: the views stay valid as they grow.
struct Files {
  std::deque<Report> reports;
  std::deque<std::vector<Node>> trees;
};

// The documents of one text whose frame is right, in the order of the text.
std::vector<Document> read_documents(std::string_view name, std::string_view text, Files& files,
                                     Diagnostics& diagnostics) {
  Report& report = files.reports.emplace_back(name, text, diagnostics);
  const std::vector<Node>& roots = files.trees.emplace_back(parse_yaml(report));
  std::vector<Document> documents;
  for (const Node& root : roots) {
    if (auto document = read_document(root, report)) documents.push_back(std::move(*document));
  }
  return documents;
}

std::vector<const Document*> of_kind(const std::vector<Document>& documents, Kind kind) {
  std::vector<const Document*> found;
  for (const Document& document : documents) {
    if (document.kind == kind) found.push_back(&document);
  }
  return found;
}

std::string line_text(const Document& document) {
  const Place place = document.spec.report.place(document.name_at);
  return place.file + ":" + std::to_string(place.line);
}

// Two documents of one kind never share a name, and there is one Config at most.
void check_names(const std::vector<Document>& documents) {
  std::map<std::pair<Kind, std::string_view>, const Document*> seen;
  for (const Document& document : documents) {
    const bool config = document.kind == Kind::Config;
    if (document.name.empty() && !config) continue;
    const std::string_view name = config ? std::string_view{} : std::string_view(document.name);
    const auto [first, fresh] = seen.emplace(std::pair{document.kind, name}, &document);
    if (fresh) continue;
    const std::string kind(name_of(document.kind));
    document.spec.report.error(document.name_at, ErrorCode::DuplicateName,
                               document.kind == Kind::Config
                                   ? "a second Config document"
                                   : "a second " + kind + " is named " + quoted(name),
                               "the first is at " + line_text(*first->second));
  }
}

// Appends the preset SLOs. One whose name a document of the user's has taken gives way.
void add_presets(Files& files, std::vector<Document>& documents) {
  Diagnostics own;
  std::vector<Document> presets = read_documents(kPresetsName, kPresets, files, own);
  FUSEBOX_ASSERT(!own.has_errors());
  documents.reserve(documents.size() + presets.size());  // `slos` points into it
  const auto slos = of_kind(documents, Kind::Slo);
  for (Document& preset : presets) {
    const auto taken = std::find_if(slos.begin(), slos.end(), [&](const Document* document) {
      return document->name == preset.name;
    });
    if (taken == slos.end()) {
      documents.push_back(std::move(preset));
      continue;
    }
    (*taken)->spec.report.notice((*taken)->name_at, ErrorCode::DuplicateName,
                                 "SLO " + quoted(preset.name) + " replaces the preset of its name");
  }
}

std::vector<NamedIndicator> read_indicators(const std::vector<Document>& documents) {
  std::vector<NamedIndicator> indicators;
  for (const Document* document : of_kind(documents, Kind::Sli)) {
    indicators.push_back({document->name, read_sli(document->spec)});
  }
  return indicators;
}

// OpenSLO asks for a Service document; one that nobody wrote is taken as written, said once.
void check_services(const std::vector<Document>& documents) {
  std::vector<std::string_view> known;
  for (const Document* service : of_kind(documents, Kind::Service)) {
    read_service(*service);
    known.push_back(service->name);
  }
  for (const Document* slo : of_kind(documents, Kind::Slo)) {
    const Entry* service = slo->spec.node.find("service");
    if (service == nullptr || service->value.kind != NodeKind::Scalar) continue;
    const std::string_view name = service->value.text;
    const bool preset = slo->spec.report.file() == kPresetsName;
    if (preset || !is_label(name) || std::find(known.begin(), known.end(), name) != known.end())
      continue;
    slo->spec.report.notice(service->value.at, ErrorCode::DanglingReference,
                            "service " + quoted(name) + " is not declared and is created");
    known.push_back(name);
  }
}

// All SLOs by name, with the grouping of those that have no mistakes.
std::vector<KnownSlo> known_slos(const std::vector<Document>& documents,
                                 const std::vector<slo::SloSpec>& specs) {
  std::vector<KnownSlo> known;
  for (const Document* document : of_kind(documents, Kind::Slo)) {
    const auto spec = std::find_if(specs.begin(), specs.end(), [&](const slo::SloSpec& candidate) {
      return candidate.name == document->name;
    });
    known.push_back({document->name, spec == specs.end() ? nullptr : &spec->group_by});
  }
  return known;
}

std::vector<policy::PolicySpec> read_policies(const std::vector<Document>& documents,
                                              std::span<const KnownSlo> slos) {
  std::vector<policy::PolicySpec> policies;
  std::map<std::string, std::string> seen;  // a rule's id, and where it stands
  for (const Document* document : of_kind(documents, Kind::Policy)) {
    std::vector<RulePlace> rules;
    policies.push_back(read_policy(*document, slos, rules));
    Report& report = document->spec.report;
    for (const RulePlace& rule : rules) {
      const Place place = report.place(rule.at);
      const auto [first, fresh] =
          seen.emplace(rule.id, place.file + ":" + std::to_string(place.line));
      if (fresh) continue;
      report.error(rule.at, ErrorCode::DuplicateName, "a second rule has the id " + quoted(rule.id),
                   "the first is at " + first->second);
    }
  }
  return policies;
}

// One digest for the policies in force, whatever files they stand in and however they are laid out.
std::string policy_digest(const std::vector<Document>& documents) {
  auto policies = of_kind(documents, Kind::Policy);
  if (policies.empty()) return "";
  std::sort(policies.begin(), policies.end(),
            [](const Document* a, const Document* b) { return a->name < b->name; });
  std::string bytes;
  for (const Document* document : policies) {
    bytes += "{\"name\":\"" + document->name +
             "\",\"spec\":" + canonical_text(document->spec.node) + "}\n";
  }
  return "sha256:" + killswitch::to_hex(killswitch::sha256(bytes));
}

ConfigSpec read_config_document(const std::vector<Document>& documents) {
  ConfigSpec config;
  bool first = true;
  for (const Document* document : of_kind(documents, Kind::Config)) {
    ConfigSpec read = read_config(*document);
    if (std::exchange(first, false)) config = std::move(read);
  }
  return config;
}

Configuration read_all(Files& files, std::vector<Document>& documents) {
  check_names(documents);
  ConfigSpec config = read_config_document(documents);
  if (config.presets.value_or(of_kind(documents, Kind::Slo).empty())) {
    add_presets(files, documents);
  }
  check_services(documents);
  engine::EngineSpec engine;
  engine.lateness = config.lateness;
  engine.silence = config.silence;
  const auto indicators = read_indicators(documents);
  for (const Document* document : of_kind(documents, Kind::Slo)) {
    auto slo = read_slo(*document, indicators);
    if (slo) engine.slos.push_back(std::move(*slo));
  }
  for (const Document* document : of_kind(documents, Kind::Breaker)) {
    engine.breakers.push_back(read_breaker(*document));
  }
  for (const Document* document : of_kind(documents, Kind::Limit)) {
    engine.limits.push_back(read_limit(*document));
  }
  engine.policies = read_policies(documents, known_slos(documents, engine.slos));
  engine.policy_digest = policy_digest(documents);
  for (const Document* document : of_kind(documents, Kind::PolicyTest)) {
    static_cast<void>(read_policy_test(*document));
  }
  for (const Document* document : of_kind(documents, Kind::Scenario)) {
    static_cast<void>(read_scenario(*document));
  }
  return {.settings = std::move(config.settings), .engine = std::move(engine)};
}

// The documents of one kind, each file by itself: they need no others to be read.
template <class Read>
auto read_each(const std::vector<Source>& sources, Kind kind, Read read, Diagnostics& diagnostics) {
  std::vector<decltype(read(std::declval<const Document&>()))> found;
  for (const Source& source : sources) {
    Files files;
    const auto documents = read_documents(source.name, source.text, files, diagnostics);
    for (const Document* document : of_kind(documents, kind)) found.push_back(read(*document));
  }
  diagnostics.sort();
  return found;
}

}  // namespace

std::optional<Configuration> load(const std::vector<Source>& sources, Diagnostics& diagnostics) {
  Files files;
  std::vector<Document> documents;
  for (const Source& source : sources) {
    auto read = read_documents(source.name, source.text, files, diagnostics);
    std::move(read.begin(), read.end(), std::back_inserter(documents));
  }
  Configuration configuration = read_all(files, documents);
  diagnostics.sort();
  if (diagnostics.has_errors()) return std::nullopt;
  return configuration;
}

Configuration built_in() {
  Diagnostics diagnostics;
  auto configuration = load({}, diagnostics);
  FUSEBOX_ASSERT(configuration.has_value());
  return std::move(*configuration);
}

std::vector<PolicyTestFile> load_policy_tests(const std::vector<Source>& sources,
                                              Diagnostics& diagnostics) {
  return read_each(sources, Kind::PolicyTest, read_policy_test, diagnostics);
}

std::vector<ScenarioFile> load_scenarios(const std::vector<Source>& sources,
                                         Diagnostics& diagnostics) {
  return read_each(sources, Kind::Scenario, read_scenario, diagnostics);
}

}  // namespace fusebox::config
