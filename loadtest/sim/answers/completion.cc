#include "loadtest/sim/answers/completion.h"

#include <algorithm>

#include "loadtest/sim/answers/token_count.h"
#include "loadtest/sim/dialects/embeddings.h"
#include "loadtest/sim/dialects/errors.h"

namespace headgate::loadtest::sim {
namespace {

// The bytes handed to the socket at once (a slice), and the most slices of one completion before
// other completions get their turn.
constexpr std::size_t kSliceBytes = 64U << 10U;
constexpr int kSlicesPerTurn = 4;

// What the engine's metrics count as requests.
std::int64_t SequencesOf(const CompletionRequest& request) {
  if (request.endpoint != Endpoint::kEmbeddings) return request.choices;
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(request.inputs.size()));
}

}  // namespace

Completion::Completion(Context& context, Replica& replica, Channel& channel, Task task,
                       std::string_view raw_body)
    : EngineUser(SequencesOf(task.request)),
      context_(context),
      replica_(replica),
      channel_(channel),
      request_(std::move(task.request)),
      fault_(std::move(task.fault)),
      writer_(context, channel, request_, fault_, task.framing, replica.random()),
      plan_(PlanAnswer(request_, fault_, task.step, replica, raw_body)),
      entry_(replica.books, request_.model, request_.priority, Clock::now()),
      pace_(replica, fault_),
      arrived_(Clock::now()) {
  replica.NoteUse(request_.model, arrived_);
}

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
    entry_.Wait(Clock::now());
    replica_.queue.Enter(*this, request_.prompt_tokens, request_.priority);
  }
}

void Completion::OnSlot() {
  const TimePoint now = Clock::now();
  running_ = true;
  entry_.Run(request_.prompt_tokens + tokens_ * request_.choices, now);
  const std::int64_t prefill = TakePrefix();
  if (billed_) {
    due_ = now + pace_.Prefill(prefill) + left_;
    if (!blocked_) WaitUntilDue();
    return;
  }
  billed_ = true;
  EngineCounters& counters = replica_.counters;
  ++counters.requests;
  counters.prompt_tokens += request_.prompt_tokens;
  counters.cached_tokens += prefix_hits_.value_or(0);
  counters.queue.Observe(Seconds(now - arrived_));
  entry_.CountPrompt(request_.prompt_tokens, prefix_hits_.value_or(0));
  due_ = now + pace_.FirstToken(prefill, plan_.tokens);
  if (fault_.early_head && request_.stream) {
    writer_.Head();
    writer_.Flush();
  }
  WaitUntilDue();
}

void Completion::OnPreempted() {
  const TimePoint now = Clock::now();
  running_ = false;
  left_ = std::max(Nanoseconds(0), Nanoseconds(due_ - now));
  context_.timers.Cancel(*this);
  entry_.Wait(now);
}

std::int64_t Completion::TakePrefix() {
  const std::int64_t so_far = request_.prompt_tokens + tokens_;
  PrefixCache& cache = replica_.cache;
  if (!cache.enabled() || request_.endpoint == Endpoint::kEmbeddings) return so_far;
  const auto blocks = request_.prompt.hashes();
  // A real server computes at least the last token of the prompt, because it needs the result.
  const std::int64_t most = std::max<std::int64_t>(0, request_.prompt_tokens - 1);
  const std::int64_t hits = std::min(cache.Match(blocks) * PromptBlocks::kBlockTokens, most);
  cache.Insert(blocks);
  if (!prefix_hits_) prefix_hits_ = hits;
  return so_far - hits;
}

void Completion::OnDrained() {
  if (!blocked_) return;
  blocked_ = false;
  if (!running_) return;  // OnSlot() goes on
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
    replica_.counters.ttft.Observe(Seconds(now - arrived_));
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
    if (!GenerateOne()) return writer_.Flush();
    if (writer_.pending() < kSliceBytes) continue;
    ++slices;
    writer_.Flush();
    blocked_ = channel_.Blocked();
    if (blocked_) return;
  }
  writer_.Flush();
  WaitUntilDue();
}

bool Completion::GenerateOne() {
  PlannedPart& now = plan_.parts[part_];
  const AnswerPart& part = now.part;
  const bool is_name = now.part.kind == AnswerPart::Kind::kToolCall && part_tokens_ == 0;
  if (request_.stream) {
    if (part_tokens_ == 0) writer_.BeginPart(part);
    const std::string_view piece = now.pieces.Next();
    writer_.Token(is_name ? std::string_view() : piece);
    NoteText(part, piece);
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
  replica_.counters.generation_tokens += request_.choices;
  if (tokens_ > 1) replica_.counters.inter_token.Observe(Seconds(due_ - last_));
  last_ = due_;
  if (tokens_ < plan_.tokens) due_ += pace_.NextToken();
  if (!replica_.queue.Grow(*this, request_.choices)) return false;
  entry_.Grow(request_.choices);
  return true;
}

// The cache also keeps the text of the answer, so that the next turn of a conversation finds it.
void Completion::NoteText(const AnswerPart& part, std::string_view piece) {
  if (part.kind == AnswerPart::Kind::kText) request_.prompt.Text(piece);
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
  EngineCounters& counters = replica_.counters;
  ++(plan_.reason == FinishReason::kLength ? counters.successes_length : counters.successes_stop);
  counters.latency.Observe(Seconds(Clock::now() - arrived_));
  replica_.cache.Insert(request_.prompt.hashes());
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
      NoteText(planned.part, piece);
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
  return UsageOf(replica_.options, request_, fault_, {tokens_, thinking_}, prefix_hits_);
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
  if (billed_) {
    const Price price = replica_.options.prices.Find(request_.model);
    replica_.bill.Add(request_.model, CurrentUsage(), price, ending);
  }
  entry_.End(Clock::now());
  replica_.queue.Leave(*this);  // after the books: another request may start here
}

}  // namespace headgate::loadtest::sim
