#include "policy/limits/limit_hold.h"

#include <cstddef>

namespace headgate::policy {
namespace {

using Time = LimitHold::Clock::time_point;

// Takes from one subject: all of it, or nothing.
bool TakeFrom(LimitedSubject& subject, std::int64_t tokens, Time now) {
  if (!subject.BeginRequest()) return false;
  if (subject.requests.Take(1, now)) {
    if (subject.tokens.Take(tokens, now)) return true;
    subject.requests.GiveBack(1);
  }
  subject.EndRequest();
  return false;
}

void ReturnTo(LimitedSubject& subject, std::int64_t tokens) {
  subject.tokens.GiveBack(tokens);
  subject.requests.GiveBack(1);
  subject.EndRequest();
}

// Notes the limit of the subject that keeps the request longer than what is known.
void Consider(const LimitedSubject& subject, std::int64_t tokens, Time now, LimitRefusal& refusal) {
  const auto consider = [&](LimitKind kind, std::int64_t limit, std::int64_t wanted,
                            std::chrono::nanoseconds wait) {
    if (refusal.subject != nullptr && wait <= refusal.wait) return;
    refusal = {.subject = &subject, .kind = kind, .limit = limit, .wanted = wanted, .wait = wait};
  };
  const std::chrono::nanoseconds for_request = subject.requests.WaitFor(1, now);
  const std::chrono::nanoseconds for_tokens = subject.tokens.WaitFor(tokens, now);
  if (for_request.count() > 0) {
    consider(LimitKind::kRequests, subject.requests.limit(), 1, for_request);
  }
  if (for_tokens.count() > 0) {
    consider(LimitKind::kTokens, subject.tokens.limit(), tokens, for_tokens);
  }
  const std::int64_t most = subject.most_in_flight();
  if (most > 0 && subject.in_flight() >= most) {
    consider(LimitKind::kInFlight, most, 1, std::chrono::nanoseconds{0});
  }
}

LimitRefusal WhyRefused(const LimitedBy& subjects, const LimitedSubject& at, std::int64_t tokens,
                        Time now) {
  LimitRefusal refusal;
  for (const LimitedSubject* const subject : subjects) Consider(*subject, tokens, now, refusal);
  if (refusal.subject != nullptr) return refusal;
  // Room was made in between.
  return {.subject = &at,
          .kind = at.most_in_flight() > 0 ? LimitKind::kInFlight : LimitKind::kRequests,
          .limit = at.most_in_flight() > 0 ? at.most_in_flight() : at.requests.limit()};
}

std::optional<LimitStanding> Scarcest(const LimitedBy& subjects, TokenBucket LimitedSubject::*kind,
                                      Time now) {
  std::optional<LimitStanding> scarcest;
  for (const LimitedSubject* const subject : subjects) {
    const TokenBucket& bucket = subject->*kind;
    if (bucket.limit() == 0) continue;
    const std::int64_t remaining = bucket.Remaining(now);
    if (scarcest && remaining >= scarcest->remaining) continue;
    scarcest = {.limit = bucket.limit(), .remaining = remaining, .full_in = bucket.UntilFull(now)};
  }
  return scarcest;
}

}  // namespace

LimitHold::~LimitHold() {
  for (LimitedSubject* const subject : subjects_) subject->EndRequest();
}

std::optional<LimitRefusal> LimitHold::Take(LimitedBy subjects, std::int64_t tokens,
                                            Clock::time_point now) {
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    if (TakeFrom(*subjects[i], tokens, now)) continue;
    for (std::size_t j = 0; j < i; ++j) ReturnTo(*subjects[j], tokens);
    return WhyRefused(subjects, *subjects[i], tokens, now);
  }
  subjects_ = std::move(subjects);
  tokens_ = tokens;
  return std::nullopt;
}

void LimitHold::Settle(std::int64_t used, Clock::time_point now) {
  for (LimitedSubject* const subject : subjects_) {
    if (used < tokens_) subject->tokens.GiveBack(tokens_ - used);
    if (used > tokens_) subject->tokens.TakeMore(used - tokens_, now);
  }
  tokens_ = used;
}

std::optional<LimitStanding> LimitHold::Requests(Clock::time_point now) const {
  return ScarcestRequests(subjects_, now);
}

std::optional<LimitStanding> LimitHold::Tokens(Clock::time_point now) const {
  return ScarcestTokens(subjects_, now);
}

std::optional<LimitStanding> ScarcestRequests(const LimitedBy& subjects,
                                              LimitHold::Clock::time_point now) {
  return Scarcest(subjects, &LimitedSubject::requests, now);
}

std::optional<LimitStanding> ScarcestTokens(const LimitedBy& subjects,
                                            LimitHold::Clock::time_point now) {
  return Scarcest(subjects, &LimitedSubject::tokens, now);
}

}  // namespace headgate::policy
