#include "gateway/proxy/resumption.h"

#include <algorithm>
#include <utility>

#include "backends/protocols/resume/continuation_request.h"
#include "backends/protocols/resume/why_not_resumable.h"
#include "gateway/proxy/replica_choice.h"

namespace headgate::gateway {

using backends::AttemptResult;
using Kind = AttemptMachine::Kind;
using Step = AttemptMachine::Step;

Awaitable<void> Resumption::Run(const Attempt& broken) {
  TakePart(broken);
  r_.running.Remove(broken);
  for (;;) {
    why_not_ = WhyNot();
    if (!why_not_.empty()) break;
    Step step = r_.machine.OnBroken(r_.relay.broken().result, Facts(), SteadyClock::now());
    Outcome outcome = Outcome::kNotBegun;
    while (step.kind == Kind::kResume && outcome == Outcome::kNotBegun) {
      outcome = co_await GoOn(step);
      if (outcome == Outcome::kNotBegun) step = AfterFailure();
    }
    if (outcome == Outcome::kOver) co_return;
    if (outcome == Outcome::kNotBegun) {
      if (why_not_.empty()) why_not_ = ToString(step.no_resume);
      break;
    }
  }
  r_.account.not_resumed = why_not_;
  co_await r_.relay.EndBroken(r_.cut);
}

std::string_view Resumption::WhyNot() {
  if (r_.cut) return "the gateway is shutting down";
  const std::string_view request =
      backends::WhyNotResumable(*ChatProtocolOf(r_.outgoing.endpoint), r_.outgoing.body);
  if (!request.empty()) return request;
  backends::AnswerSoFar& answer = *r_.relay.so_far();
  if (!answer.begun()) return "its beginning cannot be read";
  return answer.WhyNot();
}

// Tokens count as they were reported; their number limits what the rest may have.
void Resumption::TakePart(const Attempt& broken) {
  const AttemptAccount& account = broken.account();
  booked_.input += account.usage.input;
  booked_.cached_input += account.usage.cached_input;
  booked_.cache_write += account.usage.cache_write;
  booked_.output += account.usage.output;
  booked_.reasoning += account.usage.reasoning;
  booked_.cache_write_1h += account.usage.cache_write_1h;
  booked_.web_searches += account.usage.web_searches;
  backends::AnswerSoFar& answer = *r_.relay.so_far();
  if (!answer.begun() || !answer.WhyNot().empty()) return;
  const BrokenStream& stream = r_.relay.broken();
  const std::string_view part = std::string_view(answer.seam().text).substr(text_bytes_);
  tokens_ += backends::TokensSoFar(stream.usage, stream.token_events, part);
  text_bytes_ += part.size();
}

ResumeFacts Resumption::Facts() {
  const std::string_view text = r_.relay.so_far()->seam().text;
  const bool blank = text.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos;
  return {.text_bytes = blank ? 0 : text.size()};
}

Awaitable<Resumption::Outcome> Resumption::GoOn(const Step& step) {
  if (step.wait.count() > 0) co_await r_.pause.For(step.wait);
  if (r_.response.client_gone()) co_return EndWithoutClient();
  failed_ = {};
  Attempt* attempt = nullptr;
  if (!r_.cut) co_await StartRest(step, attempt);
  if (attempt == nullptr) co_return Outcome::kNotBegun;
  const Outcome outcome = co_await Call(*attempt);
  co_return outcome;
}

Awaitable<void> Resumption::StartRest(const Step& step, Attempt*& made) {
  const std::size_t target = r_.plan[step.plan_index].target;
  rest_ = std::make_unique<RestOfAnswer>();
  const AnswerPart part{.seam = r_.relay.so_far()->seam(), .tokens = tokens_, .before = booked_};
  why_not_ = r_.bodies.WriteRest(target, step.no_stream_options, part, *rest_);
  if (!why_not_.empty()) {
    failed_.error.result = AttemptResult::kStatus4xx;
    failed_.untranslatable = true;
    co_return;
  }
  // A slow start spares a replica that is new, and this answer has nowhere else to go.
  SlotRequest wanted{
      .plan_index = step.plan_index, .insist = true, .last = step.last, .machine = &r_.machine};
  wanted.writes = [&](std::size_t other) {
    RestOfAnswer rest;
    return r_.bodies.WriteRest(r_.plan[other].target, /*no_stream_options=*/false, part, rest)
        .empty();
  };
  if (step.same_target) wanted.avoid = LatestReplica(target);
  Attempt::Aim aim;
  aim.no_stream_options = step.no_stream_options;
  aim.dialect = rest_->dialect;
  aim.rest = &rest_->reader;
  aim.target = target;
  aim.written.body = std::move(rest_->request.body);
  if (!r_.permits.Take(aim, failed_)) co_return;
  bool has_slot = r_.slots.Take(wanted, aim, failed_);
  if (!has_slot && r_.slots.MayWait(wanted, failed_)) {
    has_slot = co_await r_.slots.Wait(wanted, aim, failed_);
  }
  r_.machine.MoveDeadline(r_.outgoing.deadline);
  aim.may_move = false;  // the client has the beginning of its answer
  if (!has_slot || r_.cut || r_.response.client_gone()) co_return;
  made = &r_.running.Start(r_.worker, r_.outgoing, r_.account, std::move(aim));
}

std::optional<std::size_t> Resumption::LatestReplica(std::size_t target) const {
  const auto& attempts = r_.account.attempts;
  const auto latest =
      std::find_if(attempts.rbegin(), attempts.rend(),
                   [&](const AttemptAccount& attempt) { return attempt.target == target; });
  if (latest == attempts.rend()) return std::nullopt;
  return latest->replica;
}

Awaitable<Resumption::Outcome> Resumption::Call(Attempt& attempt) {
  const Attempt::Ready ready = co_await attempt.Call(r_.relay);
  if (ready == Attempt::Ready::kStream) {
    const bool over = co_await r_.relay.Relay(attempt);
    if (!over) TakePart(attempt);
    r_.running.Remove(attempt);
    co_return over ? Outcome::kOver : Outcome::kBroken;
  }
  failed_ = attempt.failure();
  const AttemptAccount& ended = attempt.account();
  failed_.target_usable = IsUsable(r_.account, ended.target, ended.ended);
  r_.running.Remove(attempt);
  if (!r_.response.client_gone() && failed_.error.result != AttemptResult::kClientGone) {
    co_return Outcome::kNotBegun;
  }
  co_return EndWithoutClient();
}

Resumption::Outcome Resumption::EndWithoutClient() {
  r_.account.outcome = RequestOutcome::kClientGone;
  r_.response.CloseAfter();
  return Outcome::kOver;
}

Step Resumption::AfterFailure() {
  if (r_.cut) return {.kind = Kind::kFail, .no_resume = NoResume::kNotBroken};
  return r_.machine.OnResumeFailed(failed_, Facts(), r_.worker.retry_budget, SteadyClock::now());
}

}  // namespace headgate::gateway
