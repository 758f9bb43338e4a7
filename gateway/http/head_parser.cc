#include "gateway/http/head_parser.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <utility>
#include <vector>

#include "gateway/http/head_refusals.h"
#include "gateway/http/request_target.h"

namespace headgate::gateway {
namespace {

constexpr std::size_t kMaxFields = 100;
constexpr std::size_t kMaxMethod = 20;

// Token characters of RFC 9110 section 5.6.2.
constexpr std::array<bool, 256> kToken = [] {
  std::array<bool, 256> token{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    token[static_cast<unsigned char>(c)] = true;
  }
  return token;
}();

bool IsTokenByte(char c) { return kToken[static_cast<unsigned char>(c)]; }

// Returns whether a line must not hold the byte: a control byte other than tab.
bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7F;
}

// Returns the first control byte in [from, end), or `end`. Works on eight bytes at a time: a byte's
// top bit is set in `low` if the byte is below 0x20, and in `del` if it is 0x7F. Tabs are flagged
// too, and a borrow may flag bytes above a true hit. So each flagged byte is checked, the lowest
// first.
const char* FindControl(const char* from, const char* end) {
  static_assert(std::endian::native == std::endian::little);
  constexpr std::uint64_t kOnes = 0x0101010101010101u;
  constexpr std::uint64_t kTops = 0x8080808080808080u;
  for (; end - from >= 8; from += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, sizeof word);
    const std::uint64_t low = (word - kOnes * 0x20) & ~word;
    const std::uint64_t flipped = word ^ (kOnes * 0x7F);
    const std::uint64_t del = (flipped - kOnes) & ~flipped;
    for (std::uint64_t hits = (low | del) & kTops; hits != 0; hits &= hits - 1) {
      const char* const hit = from + std::countr_zero(hits) / 8;
      if (IsControl(*hit)) return hit;
    }
  }
  return std::find_if(from, end, IsControl);
}

// `name` consists of token characters and `lower_case` of lower-case letters and '-', for which
// setting bit 5 is enough to fold case.
bool NameIs(std::string_view name, std::string_view lower_case) {
  if (name.size() != lower_case.size()) return false;
  return std::equal(name.begin(), name.end(), lower_case.begin(),
                    [](char c, char lower) { return static_cast<char>(c | 0x20) == lower; });
}

// One pass over the lines of a head. Every step returns false when the pass is over: `refusal` says
// why, or is null because the buffer ends inside the head.
class HeadPass {
 public:
  HeadPass(std::string_view buffer, RequestHead& head)
      : begin_(buffer.data()), at_(begin_), end_(begin_ + buffer.size()), head_(head) {}

  bool Run() {
    return SkipBlankLines() && RequestLine() && Fields() && CheckFraming() && CheckHost();
  }
  const HeadRefusal* refusal() const { return refusal_; }
  std::size_t size() const { return static_cast<std::size_t>(at_ - begin_); }

 private:
  bool Refuse(const HeadRefusal& refusal) {
    refusal_ = &refusal;
    return false;
  }

  bool SkipBlankLines() {
    while (end_ - at_ >= 2 && at_[0] == '\r' && at_[1] == '\n') at_ += 2;
    return true;
  }

  bool NextLine(std::string_view& line);
  bool RequestLine();
  bool Target(std::string_view target);
  bool Fields();
  bool Field(std::string_view line);
  bool Note(std::string_view name, std::string_view value);
  bool Once(std::string_view& slot, std::uint32_t bit, std::string_view value,
            const HeadRefusal& repeated);
  bool ContentLength(std::string_view value);
  void Connection(std::string_view value);
  bool CheckFraming();
  bool CheckHost();

  // Fields that may occur once.
  enum Seen : std::uint32_t {
    kHost = 1,
    kAuthorization = 2,
    kXApiKey = 4,
    kApiKey = 8,
    kContentType = 16,
    kContentEncoding = 32,
    kTransferEncoding = 64,
  };

  const char* const begin_;
  const char* at_;
  const char* const end_;
  RequestHead& head_;
  const HeadRefusal* refusal_ = nullptr;
  std::uint32_t seen_ = 0;
  std::string_view authority_;  // of an absolute-form target
  bool close_ = false;
  bool stay_ = false;
};

// One search finds the line's end and forbidden bytes.
bool HeadPass::NextLine(std::string_view& line) {
  const char* const stop = FindControl(at_, end_);
  if (stop == end_) return false;
  if (*stop == '\n') return Refuse(head_refusal::kBareLf);
  if (*stop != '\r') return Refuse(head_refusal::kControl);
  if (stop + 1 == end_) return false;
  if (stop[1] != '\n') return Refuse(head_refusal::kBareCr);
  line = {at_, static_cast<std::size_t>(stop - at_)};
  at_ = stop + 2;
  return true;
}

bool HeadPass::RequestLine() {
  std::string_view line;
  if (!NextLine(line)) return false;
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return Refuse(head_refusal::kRequestLine);
  head_.method = line.substr(0, first);
  if (head_.method.empty() || head_.method.size() > kMaxMethod ||
      !std::all_of(head_.method.begin(), head_.method.end(), IsTokenByte)) {
    return Refuse(head_refusal::kMethod);
  }
  const std::string_view version = line.substr(last + 1);
  if (version == "HTTP/1.0") {
    head_.http_1_0 = true;
  } else if (version != "HTTP/1.1") {
    const auto digit = [&](std::size_t i) { return version[i] >= '0' && version[i] <= '9'; };
    const bool well_formed = version.size() == 8 && version.starts_with("HTTP/") && digit(5) &&
                             version[6] == '.' && digit(7);
    return Refuse(well_formed ? head_refusal::kVersion : head_refusal::kRequestLine);
  }
  return Target(line.substr(first + 1, last - first - 1));
}

bool HeadPass::Target(std::string_view target) {
  if (head_.method == "CONNECT") return Refuse(head_refusal::kConnect);
  if (!IsTargetText(target)) return Refuse(head_refusal::kTarget);
  if (target == "*") return Refuse(head_refusal::kAsterisk);
  const std::optional<RequestTarget> parts = SplitTarget(target);
  if (!parts) return Refuse(head_refusal::kTargetForm);
  head_.path = parts->path;
  head_.query = parts->query;
  authority_ = parts->authority;
  return true;
}

bool HeadPass::Fields() {
  for (;;) {
    std::string_view line;
    if (!NextLine(line)) return false;
    if (line.empty()) return true;
    if (!Field(line)) return false;
  }
}

bool HeadPass::Field(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') return Refuse(head_refusal::kFold);
  const auto* const stop = std::find_if_not(line.begin(), line.end(), IsTokenByte);
  if (stop == line.end()) return Refuse(head_refusal::kColon);
  if (*stop != ':') {
    return Refuse(*stop == ' ' || *stop == '\t' ? head_refusal::kColon : head_refusal::kName);
  }
  const auto length = static_cast<std::size_t>(stop - line.begin());
  if (length == 0) return Refuse(head_refusal::kName);
  if (head_.fields.size() == kMaxFields) return Refuse(head_refusal::kFieldCount);
  const HeaderField field{line.substr(0, length), TrimBlanks(line.substr(length + 1))};
  head_.AddField(field);
  return Note(field.name, field.value);
}

bool HeadPass::Once(std::string_view& slot, std::uint32_t bit, std::string_view value,
                    const HeadRefusal& repeated) {
  if ((seen_ & bit) != 0) return Refuse(repeated);
  seen_ |= bit;
  slot = value;
  return true;
}

// The length is compared first: most fields of a request are not in this list, and most lengths
// belong to one name.
bool HeadPass::Note(std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 4:
      if (!NameIs(name, "host")) return true;
      return Once(head_.host, kHost, value, head_refusal::kHostRepeated);
    case 6:
      if (!NameIs(name, "expect")) return true;
      if (!EqualsIgnoreCase(value, "100-continue")) return Refuse(head_refusal::kExpect);
      head_.expect_continue = true;
      return true;
    case 7:
      if (!NameIs(name, "api-key")) return true;
      return Once(head_.api_key, kApiKey, value, head_refusal::kRepeated);
    case 9:
      if (!NameIs(name, "x-api-key")) return true;
      return Once(head_.x_api_key, kXApiKey, value, head_refusal::kRepeated);
    case 10:
      if (NameIs(name, "connection")) Connection(value);
      return true;
    case 12:
      if (!NameIs(name, "content-type")) return true;
      return Once(head_.content_type, kContentType, value, head_refusal::kRepeated);
    case 13:
      if (!NameIs(name, "authorization")) return true;
      return Once(head_.authorization, kAuthorization, value, head_refusal::kRepeated);
    case 14:
      return !NameIs(name, "content-length") || ContentLength(value);
    case 16:
      if (!NameIs(name, "content-encoding")) return true;
      return Once(head_.content_encoding, kContentEncoding, value, head_refusal::kRepeated);
    case 17: {
      if (!NameIs(name, "transfer-encoding")) return true;
      std::string_view coding;
      if (!Once(coding, kTransferEncoding, value, head_refusal::kEncoding)) return false;
      head_.chunked = EqualsIgnoreCase(coding, "chunked");
      return head_.chunked || Refuse(head_refusal::kEncoding);
    }
    default:
      return true;
  }
}

bool HeadPass::ContentLength(std::string_view value) {
  if (head_.content_length) return Refuse(head_refusal::kLengthRepeated);
  std::uint64_t length = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, length);
  const bool leading_zero = value.size() > 1 && value.front() == '0';
  if (error != std::errc() || stop != end || leading_zero) return Refuse(head_refusal::kLength);
  head_.content_length = length;
  return true;
}

void HeadPass::Connection(std::string_view value) {
  while (!value.empty()) {
    const std::string_view option = TakeListMember(value);
    close_ = close_ || EqualsIgnoreCase(option, "close");
    stay_ = stay_ || EqualsIgnoreCase(option, "keep-alive");
  }
}

bool HeadPass::CheckFraming() {
  if (head_.chunked && head_.http_1_0) return Refuse(head_refusal::kEncodingIn10);
  if (head_.chunked && head_.content_length) return Refuse(head_refusal::kBothFramings);
  head_.keep_alive = !close_ && (!head_.http_1_0 || stay_);
  // RFC 9110 section 10.1.1: from HTTP/1.0 the expectation must be ignored.
  if (head_.http_1_0) head_.expect_continue = false;
  return true;
}

bool HeadPass::CheckHost() {
  const bool has_host = (seen_ & kHost) != 0;
  if (!has_host && !head_.http_1_0) return Refuse(head_refusal::kHostMissing);
  if (has_host && !IsHost(head_.host)) return Refuse(head_refusal::kHost);
  if (authority_.empty()) return true;
  if (!has_host) {
    head_.host = authority_;
    return IsHost(authority_) || Refuse(head_refusal::kHost);
  }
  return EqualsIgnoreCase(authority_, head_.host) || Refuse(head_refusal::kOtherHost);
}

HeadParse RefuseHead(const HeadRefusal& refusal, HeadProblem& problem) {
  problem.status = refusal.status;
  problem.message = refusal.message;
  problem.message.append(" (").append(refusal.section).append(")");
  return {HeadVerdict::kRefused, 0};
}

// Returns whether the part of `buffer` that has not been searched yet can hold the end of a head,
// or a line end that is refused. So a head that comes in slowly is not parsed again for every byte.
bool WorthParsing(std::string_view buffer, std::size_t scan_from) {
  if (scan_from == 0) return true;
  std::size_t at = buffer.find('\n', std::min(scan_from, buffer.size()));
  for (; at != std::string_view::npos; at = buffer.find('\n', at + 1)) {
    if (at == 0 || buffer[at - 1] != '\r') return true;
    if (at >= 3 && buffer[at - 2] == '\n') return true;
  }
  return false;
}

}  // namespace

HeadParse ParseRequestHead(std::string_view buffer, std::size_t max_head, std::size_t scan_from,
                           RequestHead& head, HeadProblem& problem) {
  std::vector<HeaderField> fields = std::move(head.fields);
  fields.clear();
  head = RequestHead{};
  head.fields = std::move(fields);

  const std::string_view window = buffer.substr(0, max_head);
  const bool full = buffer.size() >= max_head;
  if (WorthParsing(window, scan_from) || full) {
    HeadPass pass(window, head);
    if (pass.Run()) return {HeadVerdict::kComplete, pass.size()};
    if (pass.refusal() != nullptr) return RefuseHead(*pass.refusal(), problem);
  }
  if (full) return RefuseHead(head_refusal::kHeadSize, problem);
  return {};
}

}  // namespace headgate::gateway
