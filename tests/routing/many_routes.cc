#include "tests/routing/many_routes.h"

#include <string>

#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

using config::Comparator;
using config::Config;
using config::When;

void ByHeader(int i, Config&, When& when) { when.headers = {{"x-t", {std::to_string(i)}}}; }

void ByPattern(int i, Config&, When& when) {
  when.headers = {{"x-t", {std::to_string(i) + "-*"}}};
  when.stream = i % 2 == 0;
}

void ByKey(int i, Config& config, When& when) {
  config.keys.push_back(KeyNamed("k" + std::to_string(i)));
  when.keys = {"k" + std::to_string(i)};
}

void ByWhatIsNot(int i, Config&, When& when) {
  when.none.emplace_back().headers = {{"x-t", {std::to_string(i)}}};
  when.stream = i % 2 == 0;
  when.input_tokens = {{Comparator::kGreater, i}};
}

void ByHours(int i, Config&, When& when) {
  when.times = {{}};
  when.times[0].from_minute = i % 1'000;
  when.times[0].to_minute = i % 1'000 + 10;
}

}  // namespace

const std::array<std::pair<std::string_view, TellApart>, 5> kKindsOfManyRoutes = {{
    {"headers", ByHeader},
    {"patterns", ByPattern},
    {"keys", ByKey},
    {"what is not", ByWhatIsNot},
    {"hours", ByHours},
}};

Config ToldApart(int routes, TellApart say) {
  Config config = FiveTargets();
  config.keys = {KeyNamed("visitor")};
  for (int i = 0; i < routes; ++i) {
    config.routes.push_back(RouteTo("r" + std::to_string(i), {}));
    say(i, config, config.routes.back().when);
    config.routes.back().require.hosting = config::Hosting::kSelfHosted;
  }
  config.routes.push_back(RouteTo("rest", {}));
  return config;
}

}  // namespace headgate::routing
