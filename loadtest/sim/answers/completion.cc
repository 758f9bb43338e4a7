#include "loadtest/sim/answers/completion.h"

#include <algorithm>

#include "loadtest/sim/dialects/embeddings.h"

namespace headgate::loadtest::sim {
namespace {

// The bytes handed to the socket at once (a slice), and the most slices of one completion before
// other completions get their turn.
constexpr std::size_t kSliceBytes = 64U << 10U;
constexpr int kSlicesPerTurn = 4;

}  // namespace

Completion::Completion(Context& context, Replica& replica, Channel& channel,
                       CompletionRequest request, Fault fault, AnswerWriter::Framing framing,
                       const std::string& raw_body)
    : context_(context),
      replica_(replica),
      channel_(channel),
      request_(std::move(request)),
      fault_(std::move(fault)),
      writer_(context, channel, request_, fault_, framing, replica.random()),
      answer_(ChooseAnswer(raw_body)) {}

Completion::~Completion() {
  if (!ended_) {
    ++replica_.stats.client_aborts;
    replica_.stats.last_abort = Clock::now();
    Settle(Ending::kClientAbort);
  }
  context_.timers.Cancel(*this);
}

Answer Completion::ChooseAnswer(const std::string& raw_body) {
  if (request_.endpoint == Endpoint::kEmbeddings) return Answer::Canned(0);
  const std::int64_t limit = request_.max_tokens.value_or(Answer::kNoLimit);
  const auto text = [&](std::string whole, std::int64_t most) {
    Answer answer = Answer::Of(std::move(whole), std::min(limit, most));
    if (answer.truncated()) reason_ = FinishReason::kLength;
    return answer;
  };
  if (request_.tool_call) {
    reason_ = FinishReason::kToolCalls;
    // The first token is the name of the call. Four spaces in front of the arguments stand for it.
    return text(std::string(4, ' ') + request_.tool_call->arguments, Answer::kNoLimit);
  }
  if (fault_.echo_body) return text(raw_body, Answer::kNoLimit);
  if (fault_.huge) return Answer::Huge(*fault_.huge);
  if (replica_.options.echo) {
    return text(std::move(request_.last_user_text), fault_.tokens.value_or(Answer::kNoLimit));
  }
  const std::int64_t planned =
      fault_.tokens ? *fault_.tokens : replica_.options.tokens.SampleCount(replica_.random);
  if (planned > limit) reason_ = FinishReason::kLength;
  request_.last_user_text = {};
  return Answer::Canned(std::min(planned, limit));
}

void Completion::Start() {
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
  context_.timers.Schedule(*this, due_);
}

void Completion::OnDrained() {
  if (!blocked_) return;
  blocked_ = false;
  // The simulator is not charged for the time that the client took to read.
  due_ = std::max(due_, Clock::now());
  WaitUntilDue();
}

void Completion::OnTimer(TimePoint now) {
  if (refuses()) return Refuse();
  Stats& stats = replica_.stats;
  stats.longest_own_stall = std::max(stats.longest_own_stall, Nanoseconds(now - due_));
  if (!begun_) {
    begun_ = true;
    replica_.engine.ObserveTtft(Seconds(now - started_));
    if (request_.stream) writer_.Begin();
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
    if (tokens_ == answer_.tokens()) return Finish();
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
  if (request_.stream) writer_.Token(answer_.Next());
  ++tokens_;
  replica_.stats.tokens_sent += request_.choices;
  replica_.engine.generation_tokens += request_.choices;
  if (tokens_ < answer_.tokens()) due_ += Delay(replica_.options.interval, fault_.interval);
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
  const Refusal refusal = FaultRefusal(500);
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
  if (fault_.status) {
    writer_.Error(FaultRefusal(*fault_.status));
  } else if (request_.stream) {
    writer_.Begin();
    writer_.StreamError(FaultRefusal(500));
  } else {
    writer_.ErrorAsAnswer(FaultRefusal(500));
  }
  writer_.Flush();
  ended_ = true;
  channel_.Done(writer_.keep_alive());
}

void Completion::Finish() {
  if (request_.stream) {
    writer_.FinishStream(reason_, CurrentUsage());
  } else if (request_.endpoint == Endpoint::kEmbeddings) {
    std::optional<Usage> usage;
    if (!fault_.no_usage) usage = CurrentUsage();
    writer_.Body(EmbeddingsJson(request_, usage), false);
  } else {
    writer_.Whole(CollectAnswer(), false);
  }
  writer_.Flush();
  EngineCounters& engine = replica_.engine;
  ++(reason_ == FinishReason::kLength ? engine.successes_length : engine.successes_stop);
  ++replica_.stats.finished;
  Settle(Ending::kFinished);
  channel_.Done(writer_.keep_alive());
}

WholeAnswer Completion::CollectAnswer() {
  WholeAnswer whole;
  for (std::int64_t i = 0; i < tokens_; ++i) {
    const std::string_view piece = answer_.Next();
    if (i > 0 || !request_.tool_call) whole.text += piece;
  }
  whole.tool_call = request_.tool_call;
  whole.reason = reason_;
  if (!fault_.no_usage) whole.usage = CurrentUsage();
  return whole;
}

Usage Completion::CurrentUsage() const {
  __extension__ using Wide = __int128;
  Usage usage;
  usage.input = request_.prompt_tokens;
  usage.output = tokens_ * request_.choices;
  // An embeddings answer has no field for cached input tokens.
  if (request_.endpoint == Endpoint::kEmbeddings) return usage;
  usage.cached = fault_.cached
                     ? std::min(*fault_.cached, usage.input)
                     : static_cast<std::int64_t>(Wide{usage.input} * replica_.options.cached_share /
                                                 1'000'000'000);
  return usage;
}

Nanoseconds Completion::Delay(const Distribution& usual,
                              const std::optional<Distribution>& asked) const {
  // A delay that the request asks for does not grow with the load.
  if (asked) return asked->SampleDuration(replica_.random);
  const double factor = replica_.LoadFactor();
  return Nanoseconds(static_cast<std::int64_t>(usual.Sample(replica_.random) * factor));
}

Refusal Completion::FaultRefusal(int status) const {
  const std::string message = fault_.message.empty() ? "simulated failure" : fault_.message;
  return Refusal{status, message, "", fault_.code};
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
