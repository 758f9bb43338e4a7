#include "routing/classify/fill_in_the_middle.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace headgate::routing {
namespace {

using std::string_view;

// One format: the token before the prefix, and the others that a prompt must have. A second token
// is required so that an HTML file with <PRE> is not taken for CodeLlama's format.
struct Format {
  string_view prefix;
  string_view suffix;
  string_view middle;
};
constexpr std::array kFormats = {
    Format{"<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"},  // Qwen, CodeGemma
    Format{"<fim_prefix>", "<fim_suffix>", "<fim_middle>"},        // StarCoder
    Format{"<fim-prefix>", "<fim-suffix>", "<fim-middle>"},        // SantaCoder
    Format{"<PRE>", "<SUF>", "<MID>"},                             // CodeLlama
    Format{"<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"},  // DeepSeek
    Format{"[PREFIX]", "[SUFFIX]", "[MIDDLE]"},                    // Codestral
};
constexpr std::size_t kWindow = 4096;
constexpr std::size_t kPrompts = 4;  // all prompts of a batch are of one kind

bool InFormat(string_view head, string_view tail, const Format& format) {
  // The prefix token stands before the long part; the others may stand after it.
  if (head.find(format.prefix) == string_view::npos) return false;
  return head.find(format.suffix) != string_view::npos ||
         tail.find(format.suffix) != string_view::npos ||
         tail.find(format.middle) != string_view::npos;
}

bool HasTokens(string_view prompt) {
  const string_view head = prompt.substr(0, kWindow);
  const string_view tail = prompt.substr(prompt.size() - std::min(prompt.size(), kWindow));
  if (head.find('<') == string_view::npos && head.find('[') == string_view::npos) return false;
  return std::any_of(kFormats.begin(), kFormats.end(),
                     [&](const Format& format) { return InFormat(head, tail, format); });
}

}  // namespace

bool IsFillInTheMiddle(const Signals& signals) {
  if (signals.has_suffix) return true;
  if (signals.endpoint != Endpoint::kCompletions) return false;
  std::size_t looked_at = 0;
  for (const TextPiece& piece : signals.texts) {
    if (HasTokens(piece.text)) return true;
    if (++looked_at == kPrompts) break;
  }
  return false;
}

}  // namespace headgate::routing
