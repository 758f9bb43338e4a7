#include "tests/gateway/policy_text.h"

#include "config/base/text.h"

namespace headgate::gateway {

using config::Concat;

std::string PolicyText::Pick(std::initializer_list<const char*> texts) {
  return texts.begin()[Below(static_cast<int>(texts.size()))];
}

std::string PolicyText::Some(std::initializer_list<const char*> texts) {
  std::vector<std::string> some;
  for (const char* text : texts) {
    if (OneIn(2)) some.push_back(Concat("\"", text, "\""));
  }
  if (some.empty()) some.push_back(Concat("\"", texts.begin()[0], "\""));
  return Concat("[", config::Join(some, ", "), "]");
}

std::string PolicyText::Compared(int end, const char* unit) {
  return Concat("\"", Pick({"<", "<=", ">", ">="}), " ", 1 + Below(end), unit, "\"");
}

std::string PolicyText::Models() {
  std::string out = "models:\n";
  for (int m = 0; m < models_; ++m) {
    out += Concat("  m", m, ": {context: ", 2 + Below(40), "k");
    if (OneIn(2)) out += Concat(", license: ", Pick({"mit", "apache-2.0"}));
    if (!OneIn(3)) out += ", supports: " + Some({"tools", "json_schema", "images", "reasoning"});
    if (OneIn(2))
      out += Concat(", scores: {mmlu: ", 10 * Below(10), ", humaneval: ", Below(99), "}");
    out += "}\n";
  }
  return out;
}

std::string PolicyText::Backend(int number) {
  const bool paid = OneIn(2);
  std::string models;
  for (int m = 0; m < models_; ++m) {
    if (m > 0 && OneIn(3)) continue;
    if (!models.empty()) models += ", ";
    models += Concat("m", m, ": {name: x");
    if (paid && !OneIn(4))
      models += Concat(", price: {input: 0.", Below(90), ", output: ", Below(9), "}");
    models += "}";
    targets_.push_back(Concat("m", m, "@b", number));
  }
  std::string out =
      Concat("  b", number, ": {models: {", models,
             "}, labels: {region: ", number == 0 ? "eu-west" : Pick({"eu-north", "us"}), "}, ");
  if (paid) return out + "hosting: paid_api, url: \"http://127.0.0.1:9\", api_key: key-of-b}\n";
  return out + Concat("hosting: self_hosted, replicas: [\"http://127.0.0.1:9\"], slots: 2, cost: ",
                      "{per_replica_hour: ", Below(5), ".5}}\n");
}

// One to three conditions; about half of them hold for a random request.
std::string PolicyText::When(int depth, bool with_classes) {
  std::vector<std::string> said;
  const auto say = [&](bool really, const std::string& key, const std::string& value) {
    if (really) said.push_back(Concat(key, ": ", value));
  };
  say(with_classes && OneIn(6), "class", Some({"general", "code", "batch", "latency_critical"}));
  say(OneIn(9), "topic", Some({"general", "code"}));
  say(OneIn(9), "urgency", Some({"normal", "batch"}));
  say(OneIn(8), "model", Some({"auto", "M?", "*@b0"}));
  say(OneIn(9), "endpoint", Some({"chat", "embeddings"}));
  say(OneIn(9), "key", Some({"Search-*", "clinic"}));
  say(OneIn(9), "team", Some({"health", "S*"}));
  say(OneIn(5), "header", Concat("{x-data-class: ", Some({"p*", "phi", "?CI", "*"}), "}"));
  say(OneIn(9), "metadata", Concat("{job: ", Some({"night*", "*"}), "}"));
  say(OneIn(9), "stream", Pick({"true", "false"}));
  say(OneIn(9), "tools", Pick({"true", "false"}));
  say(OneIn(9), "images", Pick({"true", "false"}));
  say(OneIn(9), "input_tokens", Compared(3'000, ""));
  say(OneIn(9), "max_tokens", Compared(4, "k"));
  say(OneIn(9), "time",
      Concat("{days: ", Pick({"weekdays", "sat-mon", "fri"}), ", from: \"0", Below(10),
             ":30\", to: \"", 10 + Below(10), ":00\", zone: ", Pick({"UTC", "Etc/GMT-5"}), "}"));
  if (depth > 0) {
    say(OneIn(4), Pick({"any", "all"}),
        Concat("[", When(depth - 1, with_classes), ", ", When(depth - 1, with_classes), "]"));
    say(OneIn(4), "not", When(depth - 1, with_classes));
  }
  if (said.empty()) said.push_back(Concat("stream: ", Pick({"true", "false"})));
  return Concat("{", config::Join(said, ", "), "}");
}

std::string PolicyText::Require() {
  std::vector<std::string> said;
  if (OneIn(6)) said.push_back("hosting: " + Pick({"self_hosted", "paid_api"}));
  if (OneIn(8)) said.emplace_back("labels: {region: \"EU-*\"}");
  if (OneIn(8)) said.push_back(Concat("context: ", Below(30), "k"));
  if (OneIn(6)) said.emplace_back("license: [mit, \"APACHE-*\"]");
  if (OneIn(8)) said.push_back(Concat("scores: {mmlu: ", Compared(90, ""), "}"));
  if (OneIn(8)) said.push_back(Concat("price: {output: ", Compared(9, ""), "}"));
  if (OneIn(8)) said.emplace_back("supports: tools");
  if (OneIn(6)) said.push_back("ttft_p95: " + Compared(3'000, "ms"));
  if (OneIn(6)) said.push_back("error_rate: " + Compared(100, "%"));
  return Concat("{", config::Join(said, ", "), "}");
}

std::string PolicyText::Route(int number) {
  std::string out = Concat("  - {name: r", number, ", require: ", Require());
  if (!OneIn(4)) out += ", when: " + When(2, true);
  const bool names_targets = OneIn(2);
  if (names_targets) {
    std::string some = targets_[static_cast<std::size_t>(Below(static_cast<int>(targets_.size())))];
    for (const std::string& target : targets_) {
      if (target != some.substr(0, target.size()) && OneIn(2)) some += ", " + target;
    }
    out += Concat(", targets: [", some, "]");
  }
  const std::string word = Pick({"ordered", "lowest_cost", "lowest_latency", "highest_quality",
                                 "weighted", "{cost: 0.5, quality: 0.25}"});
  out += ", prefer: " + (names_targets || word != "weighted" ? word : "ordered");
  if (OneIn(2)) out += ", on_no_target: relax";
  if (OneIn(2)) {
    out += ", spill: " + Pick({"{after: 0s}", "{after: 50ms}", "{when_wait_over: 300ms}", "never"});
  }
  return out + "}\n";
}

std::string PolicyText::Keys() {
  std::string out = "keys:\n";
  for (const char* name : {"search-prod", "clinic", "loner"}) {
    const char digit = name[0];
    out += Concat("  - {name: ", name, ", team: ", Pick({"search", "health"}), ", hash: \"sha256:",
                  std::string(64, digit == 's'   ? '1'
                                  : digit == 'c' ? '2'
                                                 : '3'),
                  "\"");
    if (OneIn(3)) out += ", trust_hints: " + Pick({"all", "[class, fim]", "slo"});
    if (OneIn(4)) out += ", models: [m0]";
    if (OneIn(4)) out += ", require: " + Require();
    out += "}\n";
  }
  // Both teams have a key, so that conditions on them are valid.
  out += Concat("  - {name: spare-search, team: search, hash: \"sha256:", std::string(64, '4'),
                "\"}\n");
  out += Concat("  - {name: spare-health, team: health, hash: \"sha256:", std::string(64, '5'),
                "\"}\n");
  if (OneIn(3)) out += Concat("teams: {health: {require: ", Require(), "}}\n");
  return out;
}

std::string PolicyText::Policy() {
  models_ = 1 + Below(4);
  targets_.clear();
  std::string out =
      Concat("server: {auth: ", Pick({"keys", "none"}), "}\n", Models(), "backends:\n");
  for (int b = 0; b < 3; ++b) out += Backend(b);
  out += "aliases: {old: m0, any: auto}\n";
  if (OneIn(2)) out += "self_hosted_price: amortised\n";
  custom_classes_ = Below(3);
  if (custom_classes_ > 0) out += "classes:\n";
  for (int c = 0; c < custom_classes_; ++c) {
    out += Concat("  - {class: own", c, ", when: ", When(1, false), "}\n");
  }
  out += "routes:\n";
  const int routes = 1 + Below(4);
  for (int r = 0; r < routes; ++r) out += Route(r);
  for (int c = 0; c < custom_classes_; ++c) {
    out += Concat("  - {name: of-own", c, ", when: {class: own", c, "}}\n");
  }
  return out + Keys();
}

std::string PolicyText::Body(routing::Endpoint endpoint) {
  const std::string target =
      targets_[static_cast<std::size_t>(Below(static_cast<int>(targets_.size())))];
  const std::string model = OneIn(2)   ? "auto"
                            : OneIn(3) ? target
                                       : Pick({"m0", "m1", "old", "any", "none-such"});
  std::string text = Pick({"Tell me about the harvest", "```c\\nint main(void) { return 0; }\\n```",
                           "def f(x):\\n    return x + 1\\n"});
  if (OneIn(4)) text += std::string(static_cast<std::size_t>(Below(60'000)), 'x');
  std::string out = Concat("{\"model\": \"", model, "\"");
  if (endpoint == routing::Endpoint::kChat) {
    out += ", \"messages\": [";
    if (OneIn(4)) {
      out += Concat("{\"role\": \"user\", \"content\": \"Hello\"}, ",
                    "{\"role\": \"assistant\", \"content\": \"Hi, what shall it be?\"}, ");
    }
    out += "{\"role\": \"user\", \"content\": ";
    if (OneIn(5)) {
      out += Concat("[{\"type\": \"text\", \"text\": \"", text, "\"}, {\"type\": \"image_url\", ",
                    "\"image_url\": {\"url\": \"https://example.com/a.png\"}}]}]");
    } else {
      out += Concat("\"", text, "\"}]");
    }
    if (OneIn(4)) {
      out += Concat(", \"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"",
                    Pick({"apply_patch", "weather"}), "\"}}]");
    }
  } else {
    out +=
        Concat(endpoint == routing::Endpoint::kEmbeddings ? ", \"input\": \"" : ", \"prompt\": \"",
               text, "\"");
  }
  if (endpoint != routing::Endpoint::kEmbeddings) {
    if (OneIn(2)) out += ", \"stream\": true";
    if (OneIn(2)) out += Concat(", \"max_tokens\": ", 1 + Below(OneIn(3) ? 16 : 6'000));
    if (OneIn(3))
      out += Concat(", \"metadata\": {\"job\": \"", Pick({"nightly-1", "a", ""}), "\"}");
    if (OneIn(4)) out += Concat(", \"service_tier\": \"", Pick({"flex", "priority", "auto"}), "\"");
  }
  if (endpoint == routing::Endpoint::kChat && OneIn(4)) out += ", \"prompt_cache_key\": \"c1\"";
  if (endpoint == routing::Endpoint::kCompletions && OneIn(3)) out += ", \"suffix\": \"}\"";
  return out + "}";
}

DryRunRequest PolicyText::Request() {
  DryRunRequest request;
  request.endpoint =
      OneIn(5) ? static_cast<routing::Endpoint>(1 + Below(2)) : routing::Endpoint::kChat;
  request.body = Body(request.endpoint);
  if (OneIn(2)) {
    request.headers.emplace_back(
        "x-data-class", Pick({"phi", "PCI", "public", "a, phi", "", "public,,pci ", "\"a,b\""}));
  }
  if (OneIn(6))
    request.headers.emplace_back("x-headgate-class", Pick({"batch", "latency_critical", "code"}));
  if (OneIn(6))
    request.headers.emplace_back("x-slo-ttft-ms", Pick({"200", "60000", "5000", "soon"}));
  if (OneIn(6)) request.headers.emplace_back("x-initiator", Pick({"agent", "user"}));
  if (OneIn(4))
    request.headers.emplace_back(Pick({"x-session-id", "x-claude-code-session-id"}), "s1");
  if (!OneIn(4)) request.key = Pick({"search-prod", "clinic", "loner"});
  request.unix_seconds = 1'790'000'000 + Below(30 * 24 * 3'600);
  return request;
}

std::vector<StatedLoad> PolicyText::Load() {
  std::vector<StatedLoad> load;
  for (const std::string& target : targets_) {
    StatedLoad said{.target = target,
                    .up = {},
                    .in_flight = {},
                    .wait_ms = {},
                    .ttft_p95_ms = {},
                    .ttft_median_ms = {},
                    .error_percent = {}};
    if (OneIn(2)) said.up = !OneIn(3);
    if (OneIn(2)) said.in_flight = Below(4);
    if (OneIn(3)) said.wait_ms = Below(2'000);
    if (OneIn(2)) said.ttft_p95_ms = Below(4'000);
    if (said.ttft_p95_ms && OneIn(2)) said.ttft_median_ms = *said.ttft_p95_ms / 2;
    if (OneIn(3)) said.error_percent = Below(101);
    load.push_back(std::move(said));
  }
  return load;
}

std::optional<DrawnPast> PolicyText::Past() {
  if (OneIn(3)) return std::nullopt;
  return DrawnPast{.answers = 1 + Below(60),
                   .error_percent = OneIn(2) ? 0 : Below(101),
                   .ttft_ms = 10 + Below(1'500),
                   .input_tokens = 600 + Below(1'000),
                   .output_tokens = 1 + Below(2'000)};
}

std::optional<DrawnAnswer> PolicyText::Answer(std::size_t targets) {
  if (OneIn(6)) return std::nullopt;
  DrawnAnswer answer;
  if (!OneIn(6)) answer.target = static_cast<std::size_t>(Below(static_cast<int>(targets)));
  answer.same_topic = !OneIn(6);
  answer.ago = std::chrono::minutes(Below(36));  // an answer counts for half an hour
  return answer;
}

}  // namespace headgate::gateway
