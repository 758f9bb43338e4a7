#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "routing/classify/signals.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// Prices of `input` and `output` US dollars per 1M tokens.
config::Prices Dollars(int input, int output);

config::Model ModelRow(std::string name, std::int64_t context,
                       std::vector<std::string> supports = {});
config::Backend PaidBackend(std::string name, std::vector<config::ServedModel> models);
config::Backend OwnBackend(std::string name, int slots, std::vector<config::ServedModel> models);
config::ServedModel Served(std::string model, std::optional<config::Prices> price = std::nullopt);
config::TargetReference To(std::string model, std::string backend, int weight = 1);
config::Route RouteTo(std::string name, std::vector<config::TargetReference> targets,
                      config::Prefer prefer = config::Prefer::kOrdered);

// A self-hosted `small` (32,768 tokens of context), which `cheap` sells too, `large` (131,072,
// reasoning) at `cheap` and, twice the price, at `dear`, and `embed` at `cheap`; no routes. Targets
// in order: small@gpu, small@cheap, large@cheap, embed@cheap, large@dear.
config::Config FiveTargets();

// REQUIRES: `config` is valid.
std::shared_ptr<const CompiledPolicy> Compiled(const config::Config& config);

// `FiveTargets` with this route alone.
config::Config WithRoute(config::Route route);

config::Key KeyNamed(std::string name, std::string team = "");

// A chat request of 400 bytes of text for `model`, with every target up and idle.
DecisionInput Asking(const CompiledPolicy& policy, std::string_view model = "auto");

// The same request with the key of this index.
DecisionInput AskingAs(const CompiledPolicy& policy, std::size_t key,
                       std::string_view model = "auto");

Decision Decided(const CompiledPolicy& policy, const DecisionInput& input);

// The names of the planned targets, in order.
std::vector<std::string> PlanOf(const CompiledPolicy& policy, const Decision& decision);

// Why `target` was dropped; kNone if it was not.
Drop DropOf(const CompiledPolicy& policy, const Decision& decision, std::string_view target);

// A chat request with these texts.
Signals Chat(std::initializer_list<TextPiece> texts);

// Like ManyRoutes, with keys of teams, custom classes and conditions of every kind, also nested.
// Half of the routes match only if their facts do not.
config::Config MixedRoutes(int routes, int targets, config::Prefer prefer);

// A policy with `routes` routes, of which only the last one matches, and `targets` paid targets.
config::Config ManyRoutes(int routes, int targets, config::Prefer prefer);

}  // namespace headgate::routing
