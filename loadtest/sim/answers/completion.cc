#include "loadtest/sim/answers/completion.h"

#include <algorithm>

#include "loadtest/sim/dialects/embeddings.h"
#include "loadtest/sim/dialects/errors.h"

namespace headgate::loadtest::sim {
namespace {

// The bytes handed to the socket at once (a slice), and the most slices of one completion before
// other completions get their turn.
constexpr std::size_t kSliceBytes = 64U << 10U;
constexpr int kSlicesPerTurn = 4;

std::int64_t ShareOf(std::int64_t tokens, std::int64_t billionths) {
  __extension__ using Wide = __int128;
  return static_cast<std::int64_t>(Wide{tokens} * billionths / 1'000'000'000);
}

// Returns whether the server's usage has a field for tokens written to a cache.
bool ReportsCacheWrites(Personality personality, Endpoint endpoint) {
  if (endpoint == Endpoint::kMessages || endpoint == Endpoint::kResponses) return true;
  return personality == Personality::kOpenAi || personality == Personality::kAzure ||
         personality == Personality::kVllm;
}

}  // namespace

Completion::Completion(Context& context, Replica& replica, Channel& channel, Task task,
                       std::string_view raw_body)
    : context_(context),
      replica_(replica),
      channel_(channel),
      request_(std::move(task.request)),
      fault_(std::move(task.fault)),
      writer_(context, channel, request_, fault_, task.framing, replica.random()),
      plan_(PlanAnswer(request_, fault_, task.step, replica, raw_body)) {}

Completion::~Completion() {
  if (!ended_) {
    ++replica_.stats.client_aborts;
    replica_.stats.last_abort = Clock::now();
    Settle(Ending::kClientAbort);
  }
  context_.timers.Cancel(*this);
}

void Completion::Start() {
  if (fault_.silence) return;  // until the client leaves
  if (refuses()) {
    due_ = Clock::now() + fault_.delay;
    context_.timers.Schedule(*this, due_);
  } else {
    replica_.slots.Enter(*this);
  }
}

void Completion::OnSlot() {
  running_ = true;
  replica_.engine.prompt_tokens += request_.prompt_tokens;
  started_ = Clock::now();
  due_ = started_ + fault_.delay + Delay(replica_.options.ttft, fault_.ttft);
  if (fault_.early_head && request_.stream) {
    writer_.Head();
    writer_.Flush();
  }
  context_.timers.Schedule(*this, due_);
}

void Completion::OnDrained() {
  if (!blocked_) return;
  blocked_ = false;
  // The simulator is not charged for the time that the client took to read.
  due_ = std::max(due_, Clock::now());
  WaitUntilDue();
}

bool Completion::PutOff(TimePoint now) {
  const std::optional<OutageKind> outage = replica_.outages.At(now);
  if (outage != OutageKind::kSilence && outage != OutageKind::kHalfOpen) return false;
  due_ = replica_.outages.EndAt(now);
  context_.timers.Schedule(*this, due_);
  return true;
}

void Completion::OnTimer(TimePoint now) {
  if (PutOff(now)) return;
  if (refuses()) return Refuse();
  Stats& stats = replica_.stats;
  stats.longest_own_stall = std::max(stats.longest_own_stall, Nanoseconds(now - due_));
  if (!begun_) {
    begun_ = true;
    replica_.engine.ObserveTtft(Seconds(now - started_));
    if (request_.stream) writer_.Begin(CurrentUsage());
  }
  Generate(now);
}

void Completion::Generate(TimePoint now) {
  if (channel_.Blocked()) {
    writer_.Flush();
    blocked_ = true;
    return;
  }
  int slices = 0;
  while (true) {
    if (EndsHere()) return;
    if (due_ > now) break;
    if (slices == kSlicesPerTurn) {
      due_ = Clock::now();
      break;
    }
    if (tokens_ == plan_.tokens) return Finish();
    GenerateOne();
    if (writer_.pending() < kSliceBytes) continue;
    ++slices;
    writer_.Flush();
    blocked_ = channel_.Blocked();
    if (blocked_) return;
  }
  writer_.Flush();
  WaitUntilDue();
}

void Completion::GenerateOne() {
  PlannedPart& now = plan_.parts[part_];
  const bool is_name = now.part.kind == AnswerPart::Kind::kToolCall && part_tokens_ == 0;
  if (request_.stream) {
    if (part_tokens_ == 0) writer_.BeginPart(now.part);
    const std::string_view piece = now.pieces.Next();
    writer_.Token(is_name ? std::string_view() : piece);
  }
  if (now.part.kind == AnswerPart::Kind::kThinking) ++thinking_;
  ++tokens_;
  if (++part_tokens_ == now.pieces.tokens()) {
    const bool cut_off = plan_.reason == FinishReason::kLength && tokens_ == plan_.tokens;
    if (request_.stream) writer_.EndPart(!cut_off);
    ++part_;
    part_tokens_ = 0;
  }
  replica_.stats.tokens_sent += request_.choices;
  replica_.engine.generation_tokens += request_.choices;
  if (tokens_ < plan_.tokens) due_ += Delay(replica_.options.interval, fault_.interval);
}

bool Completion::EndsHere() {
  if (fault_.malformed == tokens_) {
    fault_.malformed.reset();
    if (request_.stream) {
      writer_.Malformed();
    } else {
      writer_.Body("{\"broken", false);
      writer_.Flush();
      Settle(Ending::kFinished);
      channel_.Done(writer_.keep_alive());
      return true;
    }
  }
  if (fault_.stall && fault_.stall->first == tokens_) {
    due_ += fault_.stall->second;
    fault_.stall.reset();
  }
  if (fault_.error_after == tokens_) {
    FailAfterTokens();
  } else if (fault_.cut == tokens_) {
    CutShort();
  } else if (fault_.reset_after == tokens_) {
    writer_.Flush();
    Settle(Ending::kReset);
    channel_.Reset();
  } else {
    return false;
  }
  return true;
}

void Completion::FailAfterTokens() {
  const Refusal refusal = FailureInAnswer();
  if (request_.stream) {
    writer_.StreamError(refusal);
  } else {
    writer_.Error(refusal);
  }
  writer_.Flush();
  Settle(Ending::kError);
  channel_.Done(writer_.keep_alive());
}

void Completion::CutShort() {
  if (!request_.stream) writer_.Whole(CollectAnswer(), true);
  writer_.Flush();
  Settle(Ending::kCut);
  channel_.Cut();
}

void Completion::Refuse() {
  if (fault_.reset) {
    ended_ = true;
    return channel_.Reset();
  }
  if (const std::optional<Refusal> error = FaultError()) {
    writer_.Error(*error);
  } else if (request_.stream) {
    writer_.Begin({});
    writer_.StreamError(FailureInAnswer());
  } else {
    writer_.ErrorAsAnswer(FaultRefusal(500));
  }
  writer_.Flush();
  ended_ = true;
  channel_.Done(writer_.keep_alive());
}

std::optional<Refusal> Completion::FaultError() const {
  if (fault_.status) return FaultRefusal(*fault_.status);
  const Personality personality = replica_.options.personality;
  if (fault_.context_length) return ContextTooLong(personality, request_.prompt_tokens);
  if (fault_.content_policy) return ContentRefused(personality);
  return std::nullopt;
}

void Completion::Finish() {
  if (request_.stream) {
    writer_.FinishStream(plan_.reason, CurrentUsage());
  } else if (request_.endpoint == Endpoint::kEmbeddings) {
    std::optional<Usage> usage;
    if (!fault_.no_usage) usage = CurrentUsage();
    writer_.Body(EmbeddingsJson(request_, usage), false);
  } else {
    writer_.Whole(CollectAnswer(), false);
  }
  writer_.Flush();
  EngineCounters& engine = replica_.engine;
  ++(plan_.reason == FinishReason::kLength ? engine.successes_length : engine.successes_stop);
  ++replica_.stats.finished;
  Settle(Ending::kFinished);
  channel_.Done(writer_.keep_alive());
}

WholeAnswer Completion::CollectAnswer() {
  WholeAnswer whole;
  whole.reason = plan_.reason;
  std::int64_t left = tokens_;
  for (PlannedPart& planned : plan_.parts) {
    WholePart part;
    part.part = &planned.part;
    const std::int64_t count = std::min(left, planned.pieces.tokens());
    for (std::int64_t i = 0; i < count; ++i) {
      const std::string_view piece = planned.pieces.Next();
      if (i > 0 || planned.part.kind != AnswerPart::Kind::kToolCall) part.text += piece;
    }
    left -= count;
    const bool last = &planned == &plan_.parts.back();
    part.complete =
        count == planned.pieces.tokens() && !(last && plan_.reason == FinishReason::kLength);
    if (count > 0) whole.parts.push_back(std::move(part));
  }
  if (!fault_.no_usage) whole.usage = CurrentUsage();
  return whole;
}

Usage Completion::CurrentUsage() const {
  Usage usage;
  usage.input = request_.prompt_tokens;
  usage.output = tokens_ * request_.choices;
  // An embeddings answer has no field for cached input tokens.
  if (request_.endpoint == Endpoint::kEmbeddings) return usage;
  usage.thinking = thinking_ * request_.choices;
  usage.cached = std::min(
      usage.input, fault_.cached.value_or(ShareOf(usage.input, replica_.options.cached_share)));
  if (!ReportsCacheWrites(replica_.options.personality, request_.endpoint)) return usage;
  const std::int64_t rest = usage.input - usage.cached;
  usage.cache_write = std::min(
      rest, fault_.cache_write.value_or(ShareOf(rest, replica_.options.cache_write_share)));
  return usage;
}

Nanoseconds Completion::Delay(const Distribution& usual,
                              const std::optional<Distribution>& asked) const {
  // A delay that the request asks for does not grow with the load.
  if (asked) return asked->SampleDuration(replica_.random);
  const double factor = replica_.LoadFactor(Clock::now());
  return Nanoseconds(static_cast<std::int64_t>(usual.Sample(replica_.random) * factor));
}

Refusal Completion::FaultRefusal(int status) const {
  const std::string message = fault_.message.empty() ? "simulated failure" : fault_.message;
  return Refusal{status, message, "", fault_.code};
}

// A stream of Messages breaks with Anthropic's own status 529 (overloaded).
Refusal Completion::FailureInAnswer() const {
  const bool messages = SpeaksMessages(replica_.options.personality, request_.endpoint);
  return FaultRefusal(messages && request_.stream ? 529 : 500);
}

void Completion::WaitUntilDue() { context_.timers.Schedule(*this, due_); }

void Completion::Settle(Ending ending) {
  if (ended_) return;
  ended_ = true;
  if (running_) {
    const Price price = replica_.options.prices.Find(request_.model);
    replica_.bill.Add(request_.model, CurrentUsage(), price, ending);
  }
  replica_.slots.Leave(*this);
}

}  // namespace headgate::loadtest::sim
