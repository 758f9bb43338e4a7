#include "loadtest/load/traffic/prompts.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "loadtest/load/traffic/request.h"

namespace headgate::loadtest::load {
namespace {

constexpr std::size_t kProseBytes = std::size_t{1} << 20U;
constexpr std::int64_t kTokenBytes = 4;

}  // namespace

std::int64_t DrawLogUniform(const Range<std::int64_t>& range, Random& random) {
  if (range.low >= range.high) return range.low;
  std::uniform_real_distribution<double> logarithm(std::log(static_cast<double>(range.low)),
                                                   std::log(static_cast<double>(range.high)));
  return std::clamp(std::llround(std::exp(logarithm(random))), static_cast<long long>(range.low),
                    static_cast<long long>(range.high));
}

std::chrono::nanoseconds DrawUniform(const Range<std::chrono::nanoseconds>& range, Random& random) {
  std::uniform_int_distribution<std::int64_t> moment(range.low.count(), range.high.count());
  return std::chrono::nanoseconds(moment(random));
}

std::string Prompts::Next(const MixEntry& entry) {
  if (!entry.text.empty()) return entry.text;
  if (entry.prompt_tokens) {
    const std::int64_t tokens = DrawLogUniform(*entry.prompt_tokens, random_);
    return Piece(static_cast<std::size_t>(tokens * kTokenBytes));
  }
  return Piece(entry.prompt_bytes > 0 ? entry.prompt_bytes : kUsualPromptBytes);
}

std::string Prompts::NextSystem(const ChatShape& chat) {
  if (chat.system_tokens == 0) return {};
  const auto which = std::uniform_int_distribution<int>(1, chat.systems)(random_);
  return Prose(chat.system_tokens * static_cast<std::size_t>(kTokenBytes),
               seed_ + static_cast<std::uint64_t>(which));
}

std::string Prompts::Piece(std::size_t bytes) {
  if (prose_.size() < 2 * bytes) prose_ = Prose(std::max(kProseBytes, 4 * bytes), seed_);
  std::uniform_int_distribution<std::size_t> place(0, prose_.size() - bytes);
  return prose_.substr(place(random_), bytes);
}

Conversation::Conversation(const std::string& system) {
  if (!system.empty()) Add("system", system);
}

void Conversation::Add(const char* role, const std::string& text) {
  if (!messages_.empty()) messages_ += ',';
  messages_ += boost::json::serialize(boost::json::object{{"role", role}, {"content", text}});
}

}  // namespace headgate::loadtest::load
