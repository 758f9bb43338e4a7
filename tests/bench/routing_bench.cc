#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_join.h"
#include "config/base/glob.h"
#include "routing/classify/classifier.h"
#include "routing/decide/learned.h"
#include "routing/decide/request_facts.h"
#include "routing/decide/route_match.h"
#include "routing/lint/policy_linter.h"
#include "tests/routing/fixture.h"
#include "tests/routing/many_routes.h"

namespace headgate::routing {
namespace {

// 1 KiB of words that hardly repeat, as in people's letters.
constexpr std::string_view kLetter =
    "Dear Ms Okafor, thank you for the long call on Tuesday. My sister and I would like to hold "
    "the "
    "wedding in the second week of June, since half of our guests come by train from Lyon and "
    "Turin "
    "and school is not over before then. We expect ninety people, among them eleven children, four "
    "vegetarians, and an uncle who must not eat nuts. Could you suggest a menu of three courses "
    "that "
    "stays below sixty euros a head, drinks included, and tell me which of your two gardens "
    "remains "
    "shady in the afternoon? Grandmother walks with a stick, so stairs are a worry; a ramp beside "
    "the "
    "terrace would settle it. Music ends at midnight, I suppose, because of the neighbours. If "
    "rain "
    "falls, how quickly can everything move under a roof, and does that cost more? Please write me "
    "whether deposits are returned when somebody falls ill, what happens with flowers that we "
    "order "
    "ourselves, and whom my brother may telephone about parking a coach. Finally, the photographer "
    "asks for an empty room with big windows facing north. Warm regards from a slightly nervous "
    "bride.";
constexpr std::string_view kProse =
    "Please write a short report about the harvest of last year. It should have three parts,\n"
    "each with a heading, and say what went well (and what did not) in plain words.\n";
constexpr std::string_view kCode =
    "  for (std::size_t i = 0; i < items.size(); ++i) {\n"
    "    total += Price(items[i], rates[\"EUR\"]);  // rounded later\n  }\n";

// Characters of three bytes and no blanks.
constexpr std::string_view kChinese =
    "请根据去年的收成写一份简短的报告，说明哪些地方做得好，哪些地方还需要改进，并提出三条建议。";

std::string Repeated(std::string_view text, std::size_t size) {
  std::string all;
  while (all.size() < size) all += text;
  all.resize(size);
  return all;
}

void ClassifyText(benchmark::State& state, std::string_view sample) {
  const std::string text = Repeated(sample, static_cast<std::size_t>(state.range(0)));
  const Signals signals = Chat({{Role::kSystem, "You are kind."}, {Role::kUser, text}});
  const HintTrust trust = HintTrust::All();
  for (auto _ : state) benchmark::DoNotOptimize(Classify(signals, trust));
}
BENCHMARK_CAPTURE(ClassifyText, prose, kProse)->Arg(1 << 10)->Arg(200 << 10);
BENCHMARK_CAPTURE(ClassifyText, chinese, kChinese)->Arg(1 << 10)->Arg(200 << 10);
BENCHMARK_CAPTURE(ClassifyText, code, kCode)->Arg(1 << 10)->Arg(200 << 10);

// Texts that are built to be expensive: each line, mark or tag of them begins a search.
BENCHMARK_CAPTURE(ClassifyText, tags, "<a>\n")->Arg(1 << 10)->Arg(200 << 10);
BENCHMARK_CAPTURE(ClassifyText, open_tags, "<a x\n")->Arg(1 << 10)->Arg(200 << 10);
BENCHMARK_CAPTURE(ClassifyText, void_tags, "<input name=\"f\" value=\"v\" />\n")
    ->Arg(1 << 10)
    ->Arg(200 << 10);
BENCHMARK_CAPTURE(ClassifyText, tags_in_a_line, "<div>")->Arg(1 << 10)->Arg(200 << 10);
BENCHMARK_CAPTURE(ClassifyText, end_tags, "</a>")->Arg(1 << 10)->Arg(200 << 10);
BENCHMARK_CAPTURE(ClassifyText, quotes, "\"")->Arg(1 << 10)->Arg(200 << 10);
BENCHMARK_CAPTURE(ClassifyText, quoted_words, "\"a\" ")->Arg(1 << 10)->Arg(200 << 10);
BENCHMARK_CAPTURE(ClassifyText, low_quotes, "„a ")->Arg(1 << 10)->Arg(200 << 10);
BENCHMARK_CAPTURE(ClassifyText, ellipses, "…")->Arg(1 << 10)->Arg(200 << 10);
BENCHMARK_CAPTURE(ClassifyText, spaces, " ")->Arg(1 << 10)->Arg(200 << 10);
BENCHMARK_CAPTURE(ClassifyText, newlines, "\n")->Arg(1 << 10)->Arg(200 << 10);
BENCHMARK_CAPTURE(ClassifyText, brackets, "[a]\nx\n")->Arg(1 << 10)->Arg(200 << 10);
BENCHMARK_CAPTURE(ClassifyText, patch_lines, "+a\n-b\n")->Arg(1 << 10)->Arg(200 << 10);
BENCHMARK_CAPTURE(ClassifyText, short_lines, "a\n")->Arg(1 << 10)->Arg(200 << 10);
BENCHMARK_CAPTURE(ClassifyText, paragraphs, "a\n\n")->Arg(1 << 10)->Arg(200 << 10);
BENCHMARK_CAPTURE(ClassifyText, fences, "```\nx\n")->Arg(1 << 10)->Arg(200 << 10);
BENCHMARK_CAPTURE(ClassifyText, backticks, "`a ")->Arg(1 << 10)->Arg(200 << 10);
BENCHMARK_CAPTURE(ClassifyText, formulas, "\\(")->Arg(1 << 10)->Arg(200 << 10);
BENCHMARK_CAPTURE(ClassifyText, log_lines, "2026-11-20T08:14:02 x\n")->Arg(1 << 10)->Arg(200 << 10);
BENCHMARK_CAPTURE(ClassifyText, labels, "a: b\n")->Arg(1 << 10)->Arg(200 << 10);

// Classifies a thousand letters of 1 KiB in turn, each with the words in another order. With one
// repeated text, the processor would learn its branches, as it cannot in production.
void ClassifyLetters(benchmark::State& state) {
  std::istringstream whole{std::string(kLetter)};
  std::vector<std::string> words(std::istream_iterator<std::string>(whole), {});
  std::mt19937 random;  // NOLINT(cert-msc51-cpp): the same letters each time
  std::vector<std::string> letters;
  for (int i = 0; i < 1000; ++i) {
    std::shuffle(words.begin(), words.end(), random);
    letters.push_back(absl::StrJoin(words, " "));
  }
  const HintTrust trust = HintTrust::All();
  Signals signals = Chat({{Role::kSystem, "You are kind."}, {Role::kUser, ""}});
  std::size_t next = 0;
  for (auto _ : state) {
    signals.texts.back().text = letters[next++ % letters.size()];
    benchmark::DoNotOptimize(Classify(signals, trust));
  }
}
BENCHMARK(ClassifyLetters);

// Runs `work` once per iteration and reports the median and the 99th percentile of single runs, in
// nanoseconds, beside the mean, which hides the slowest runs. The figures include about 40 ns for
// reading the clock twice.
template <typename Work>
void RunEach(benchmark::State& state, Work work) {
  std::vector<std::int64_t> taken;
  taken.reserve(1 << 22);
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::nanoseconds time = std::chrono::steady_clock::now() - start;
    if (taken.size() < taken.capacity()) taken.push_back(time.count());
  }
  const auto percentile = [&](double share) {
    const auto rank = static_cast<std::size_t>(share * static_cast<double>(taken.size() - 1));
    const auto at = taken.begin() + static_cast<std::ptrdiff_t>(rank);
    std::nth_element(taken.begin(), at, taken.end());
    return static_cast<double>(*at);
  };
  state.counters["p50_ns"] = percentile(0.5);
  state.counters["p99_ns"] = percentile(0.99);
}

// A request that only the last route matches, so that every route must be tried.
DecisionInput AskingAll(const CompiledPolicy& policy) {
  DecisionInput input = AskingAs(policy, 0);
  input.unix_seconds = 1'700'000'000;
  AddHeader(policy, "x-tenant", "nobody", input);
  return input;
}

void MatchRoutes(benchmark::State& state, config::Config (*config)(int, int, config::Prefer)) {
  const auto policy =
      Compiled(config(static_cast<int>(state.range(0)), 20, config::Prefer::kOrdered));
  const DecisionInput input = policy->keys().empty() ? Asking(*policy) : AskingAll(*policy);
  if (FindRoute(*policy, input, 100).route != policy->routes().size() - 1) {
    state.SkipWithError("the last route should match");
    return;
  }
  for (auto _ : state) benchmark::DoNotOptimize(FindRoute(*policy, input, 100));
}
BENCHMARK_CAPTURE(MatchRoutes, headers, ManyRoutes)->Arg(100);
BENCHMARK_CAPTURE(MatchRoutes, mixed, MixedRoutes)->Arg(100)->Arg(10);

// A hundred routes with the same kind of condition, which never holds.
void MatchKind(benchmark::State& state, void (*say)(config::When& when)) {
  config::Config config = MixedRoutes(100, 20, config::Prefer::kOrdered);
  for (std::size_t i = 0; i + 1 < config.routes.size(); ++i) {
    config.routes[i].when = {};
    say(config.routes[i].when);
  }
  const auto policy = Compiled(config);
  const DecisionInput input = AskingAll(*policy);
  for (auto _ : state) benchmark::DoNotOptimize(FindRoute(*policy, input, 100));
}
void SayNested(config::When& when) {
  when.any = {config::When{}, config::When{}};
  when.any[0].headers = {{"x-stage", {"canary"}}};
  when.any[1].all = {config::When{}, config::When{}};
  when.any[1].all[0].stream = false;
  when.any[1].all[1].none = {config::When{}};
  when.any[1].all[1].none[0].teams = {"search"};
}
void SayTime(config::When& when) {
  when.times = {{}};
  when.times[0].from_minute = 60;
  when.times[0].to_minute = 120;
  when.times[0].zone = "Europe/Berlin";
}
BENCHMARK_CAPTURE(MatchKind, request_class, [](config::When& when) { when.classes = {"batch"}; });
BENCHMARK_CAPTURE(MatchKind, header, [](config::When& when) {
  when.headers = {{"x-tenant", {"acme", "ac*"}}};
});
BENCHMARK_CAPTURE(MatchKind, team, [](config::When& when) { when.teams = {"health"}; });
BENCHMARK_CAPTURE(MatchKind, model, [](config::When& when) { when.models = {"model-1*"}; });
BENCHMARK_CAPTURE(MatchKind, nested, SayNested);
BENCHMARK_CAPTURE(MatchKind, time, SayTime);

void DecideAmong(benchmark::State& state, config::Prefer prefer) {
  config::Config config =
      MixedRoutes(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)), prefer);
  config.routes.back().blend = {0.6, 0.2, 0.2};
  const auto policy = Compiled(config);
  DecisionInput input = AskingAll(*policy);
  Decision decision;
  RunEach(state, [&] {
    ++input.seed;
    Decide(*policy, input, decision);
    benchmark::DoNotOptimize(decision.plan.data());
  });
}
BENCHMARK_CAPTURE(DecideAmong, ordered, config::Prefer::kOrdered)->Args({100, 20});
BENCHMARK_CAPTURE(DecideAmong, lowest_cost, config::Prefer::kLowestCost)
    ->Args({100, 20})
    ->Args({100, 4})
    ->Args({4, 1});
BENCHMARK_CAPTURE(DecideAmong, lowest_latency, config::Prefer::kLowestLatency)->Args({100, 20});
BENCHMARK_CAPTURE(DecideAmong, highest_quality, config::Prefer::kHighestQuality)->Args({100, 20});
BENCHMARK_CAPTURE(DecideAmong, weighted, config::Prefer::kWeighted)->Args({100, 20});
BENCHMARK_CAPTURE(DecideAmong, blend, config::Prefer::kBlend)->Args({100, 20});

// Everything between a classified request and its plan.
void RouteRequest(benchmark::State& state) {
  const auto policy = Compiled(MixedRoutes(100, 20, config::Prefer::kLowestCost));
  Signals signals = Chat({{Role::kUser, "hello"}});
  signals.model = "auto";
  signals.metadata = {{"customer", "somebody"}, {"trace", "0af7651916cd43dd8448eb211c80319c"}};
  DecisionInput input = AskingAll(*policy);
  Decision decision;
  RunEach(state, [&] {
    FillRequest(*policy, signals, 0, input);
    for (const std::string& name : policy->header_names()) {
      AddHeader(*policy, name, "nobody", input);
    }
    ApplyCustomClasses(*policy, input);
    Decide(*policy, input, decision);
    benchmark::DoNotOptimize(decision.plan.data());
  });
}
BENCHMARK(RouteRequest);

void Glob(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(config::MatchesGlob("*-prod-*", "search-and-more-prod-7"));
}
BENCHMARK(Glob);

void ResolveModel(benchmark::State& state) {
  const auto policy = Compiled(ManyRoutes(1, 20, config::Prefer::kOrdered));
  for (auto _ : state) benchmark::DoNotOptimize(policy->Resolve("model-7@backend-7"));
}
BENCHMARK(ResolveModel);

void MedianFirstToken(benchmark::State& state) {
  const LearnedTarget::Clock::time_point now{std::chrono::hours(100)};
  LearnedTarget learned;
  for (int i = 0; i < 100; ++i) learned.ObserveFirstToken(std::chrono::milliseconds(400 + i), now);
  for (auto _ : state) benchmark::DoNotOptimize(learned.FirstToken(now));
}
BENCHMARK(MedianFirstToken);

// The cost of the search for routes that can never match, for each kind of condition.
void LintRoutes(benchmark::State& state) {
  const auto& [kind, say] = kKindsOfManyRoutes[static_cast<std::size_t>(state.range(1))];
  const config::Config config = ToldApart(static_cast<int>(state.range(0)), say);
  const auto policy = Compiled(config);
  state.SetLabel(std::string(kind));
  for (auto _ : state) benchmark::DoNotOptimize(LintPolicy(config, *policy));
}
BENCHMARK(LintRoutes)
    ->ArgsProduct({{1'000, 4'000}, {0, 1, 2, 3, 4}})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace headgate::routing

BENCHMARK_MAIN();
