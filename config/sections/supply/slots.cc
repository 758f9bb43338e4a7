#include "config/sections/supply/slots.h"

#include <algorithm>
#include <vector>

#include "config/base/text.h"
#include "config/reader/value_types.h"

namespace headgate::config {
namespace {

constexpr std::int64_t kFewestSlotTokens = 1000;
constexpr int kHighestFloor = 50;  // percent
constexpr std::string_view kTrue = "true";
constexpr std::string_view kFalse = "false";

// At most half of the slots. With more, people would wait for batches.
struct Floor {
  static constexpr std::string_view kExpects = "a percentage, for example 10%";
  static bool Read(const Value& value, std::int64_t& out) {
    const auto parse = [](std::string_view text) {
      Parsed<std::int64_t> parsed = ParsePercentageUpTo(text, kHighestFloor);
      const bool is_whole = text.find_first_not_of("0123456789") == std::string_view::npos;
      if (!parsed.value && is_whole && text != "0") {  // perhaps a number of slots
        parsed.complaint.fix = "write a share of the slots: …%, for example 10%";
      }
      if (!parsed.value && ParsePriceShare(text).value) {  // it is a percentage
        parsed.complaint.fix =
            Concat("write 0% to ", kHighestFloor,
                   "%: batch never gets more than half of the slots while people wait");
      }
      return parsed;
    };
    return ReadScalar(value, kExpects, parse, out);
  }
  static Json JsonSchema(Definitions&) { return TextSchema(PercentagePatternUpTo(kHighestFloor)); }
};

constexpr std::array kBatchFields = {
    Optional<BatchShare, &BatchShare::floor, Floor>(
        "floor",
        "The share of the slots that is for batch while batch waits, rounded up; 10% by default."),
    Optional<BatchShare, &BatchShare::max_wait, Duration<1>>(
        "max_wait",
        "A batch request that has waited so long, in all queues together, goes to its next target, "
        "or is refused; 1h by default."),
};

constexpr int kMostSlots = 100'000;
constexpr int kLongestQueue = 100'000;

// A whole number from 1 to `most`. `instead` is what the operator probably wants who writes 0.
bool ReadFromOne(const Value& value, int most, std::string_view instead, int& out) {
  const auto parse = [&](std::string_view text) -> Parsed<std::int64_t> {
    if (text == "0") return {std::nullopt, {"is out of range", std::string(instead)}};
    return ParseInteger(text, 1, most);
  };
  return ReadScalar(value, Slots::kExpects, parse, out);
}

struct QueueLimit : Whole<1, kLongestQueue> {
  static bool Read(const Value& value, int& out) {
    return ReadFromOne(value, kLongestQueue,
                       "write at least 1; for no queue write `spill: {after: 0s}` on the routes",
                       out);
  }
};

constexpr std::array kQueueFields = {
    Optional<Backend, &Backend::queue_limit, QueueLimit>(
        "limit",
        "Requests that may wait; beyond it the lowest band is refused first; 1000 by "
        "default."),
};

std::string_view WordOf(Engine engine) { return WordFor(kEngines, engine); }

// The entry `key` of the mapping, unless its value is not a scalar.
std::optional<Value> ScalarAt(const Value& mapping, std::string_view key) {
  if (!mapping.IsMapping()) return std::nullopt;
  for (const Value& entry : mapping.Children()) {
    if (entry.key() == key && entry.IsScalar()) return entry;
  }
  return std::nullopt;
}

}  // namespace

bool Slots::Read(const Value& value, int& out) {
  return ReadFromOne(value, kMostSlots,
                     "write at least 1; to take a backend out of use, remove it from the routes",
                     out);
}

Json Slots::JsonSchema(Definitions& definitions) {
  return Whole<1, kMostSlots>::JsonSchema(definitions);
}

bool SlotTokens::Read(const Value& value, std::int64_t& out) {
  const auto parse = [](std::string_view text) {
    Parsed<std::int64_t> parsed = ParseTokens(text);
    if (!parsed.value && text.ends_with('%')) {
      parsed.complaint = {"is a share",
                          "write the tokens, for example 90 % of the \"GPU KV cache size\" that "
                          "vLLM prints"};
    }
    return parsed;
  };
  std::int64_t tokens = 0;
  if (!ReadScalar(value, kExpects, parse, tokens)) return false;
  if (tokens < kFewestSlotTokens) {
    return value.FailWritten(
        {"is less than one prompt takes",
         "write the tokens that the KV cache of a replica holds, at least 1k, for example 400k"});
  }
  out = tokens;
  return true;
}

Json SlotTokens::JsonSchema(Definitions&) {
  return NumberSchema("integer", {kFewestSlotTokens, kMaxTokens}, kTokensPattern);
}

bool BatchSection::Read(const Value& value, BatchShare& batch) {
  return Mapping<kBatchFields>::Read(value, batch);
}

Json BatchSection::JsonSchema(Definitions& definitions) {
  return Mapping<kBatchFields>::JsonSchema(definitions);
}

bool QueueSection::Read(const Value& value, Backend& backend) {
  if (value.IsScalar()) {
    const std::optional<std::string> text = value.Scalar({});
    if (text && ParseInteger(*text, 1, kLongestQueue).value) {
      return value.FailWritten(
          {"does not say what it is the number of", Concat("write `queue: {limit: ", *text, "}`")});
    }
  }
  return ReadFields(value, std::span<const Field<Backend>>(kQueueFields), backend);
}

Json QueueSection::JsonSchema(Definitions& definitions) {
  return Mapping<kQueueFields>::JsonSchema(definitions);
}

bool PrioritySection::Read(const Value& value, EnginePriority& priority) {
  const std::optional<std::string> text = value.Scalar(kExpects);
  if (!text) return false;
  if (*text == kTrue || *text == kFalse) {
    priority = *text == kTrue ? EnginePriority::kLowFirst : EnginePriority::kNone;
    return true;
  }
  for (const auto& word : kPriorityWords) {
    if (word.text != *text) continue;
    priority = word.meaning;
    return true;
  }
  std::vector<std::string> known = TextsOf<std::string, kPriorityWords>();
  known.insert(known.begin(), {std::string(kTrue), std::string(kFalse)});
  return value.FailWritten({"is not known here", DidYouMean(*text, known)});
}

Json PrioritySection::JsonSchema(Definitions& definitions) {
  return AnyOfSchema(
      {Flag::JsonSchema(definitions), EnumSchema(TextsOf<std::string_view, kPriorityWords>())});
}

// vLLM takes low numbers first (its OpenAI-compatible server, field `priority`). SGLang takes high
// numbers first, unless --schedule-low-priority-values-first reverses that (its server arguments;
// both as of November 2026).
bool SettlePriority(const Value& value, Backend& backend) {
  if (backend.priority == EnginePriority::kNone) return true;
  const std::optional<Value> written = ScalarAt(value, "priority");
  if (!written || backend.hosting == Hosting::kPaidApi) return true;
  if (value.context().HasProblem(Concat(value.path(), ".engine"))) return true;
  const bool of_engine = written->Scalar(PrioritySection::kExpects) == kTrue;
  switch (backend.engine) {
    case Engine::kVllm:
      if (backend.priority == EnginePriority::kLowFirst) return true;
      return written->FailWritten({"is not the order of vllm, which takes low numbers first",
                                   "write `priority: true` or `priority: low_first`"});
    case Engine::kSglang:
      if (of_engine) backend.priority = EnginePriority::kHighFirst;
      return true;
    case Engine::kNone:
      if (!of_engine) return true;
      return written->Fail("says the order of the engine, which is known of vllm and sglang alone",
                           "write `engine: vllm` or `engine: sglang`, or the order that the server "
                           "has: `priority: low_first` or `priority: high_first`");
    default:
      return written->Fail(
          Concat("has no effect: ", WordOf(backend.engine), " takes no `priority` of requests"),
          "remove it: the engines that take it are vllm and sglang");
  }
}

}  // namespace headgate::config
