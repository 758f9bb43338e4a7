#include "loadtest/sim/engine/engine_books.h"

#include <algorithm>

namespace headgate::loadtest::sim {
namespace {

boost::json::object LineJson(EngineLine& line, TimePoint now) {
  line.Advance(now);
  boost::json::object priorities;
  for (const auto& [priority, requests] : line.priorities) {
    priorities[std::to_string(priority)] = requests;
  }
  return {{"in_flight", line.in_flight},
          {"waiting", line.waiting},
          {"running", line.running},
          {"kv_tokens", line.kv_tokens},
          {"peak_in_flight", line.peak_in_flight},
          {"peak_waiting", line.peak_waiting},
          {"peak_running", line.peak_running},
          {"peak_kv_tokens", line.peak_kv_tokens},
          {"requests", line.requests},
          {"started", line.started},
          {"preemptions", line.preemptions},
          {"prompt_tokens", line.prompt_tokens},
          {"cached_tokens", line.cached_tokens},
          {"priorities", std::move(priorities)},
          {"queued_seconds", Seconds(line.queued)},
          {"busy_slot_seconds", Seconds(line.busy)}};
}

}  // namespace

void EngineLine::Advance(TimePoint now) {
  const Nanoseconds span = std::max(Nanoseconds(now - changed), Nanoseconds(0));
  queued += waiting * span;
  busy += running * span;
  changed = now;
}

void EngineLine::NotePeaks() {
  peak_in_flight = std::max(peak_in_flight, in_flight);
  peak_waiting = std::max(peak_waiting, waiting);
  peak_running = std::max(peak_running, running);
  peak_kv_tokens = std::max(peak_kv_tokens, kv_tokens);
}

void EngineLine::Reset(TimePoint now) {
  EngineLine fresh;
  fresh.in_flight = in_flight;
  fresh.waiting = waiting;
  fresh.running = running;
  fresh.kv_tokens = kv_tokens;
  fresh.changed = now;
  fresh.NotePeaks();
  *this = std::move(fresh);
}

boost::json::object EngineBooks::ToJson(TimePoint now) {
  boost::json::object models;
  for (auto& [name, line] : models_) models[name] = LineJson(line, now);
  return {{"total", LineJson(total_, now)}, {"models", std::move(models)}};
}

void EngineBooks::Reset(TimePoint now) {
  total_.Reset(now);
  for (auto& [name, line] : models_) line.Reset(now);
}

EngineEntry::EngineEntry(EngineBooks& books, std::string_view model, std::int64_t priority,
                         TimePoint now)
    : books_(books), model_(books.models_[std::string(model)]) {
  Both(now, [priority](EngineLine& line) {
    ++line.in_flight;
    ++line.requests;
    ++line.priorities[priority];
  });
}

EngineEntry::~EngineEntry() { End(Clock::now()); }

template <typename Change>
void EngineEntry::Both(TimePoint now, Change change) {
  for (EngineLine* line : {&model_, &books_.total_}) {
    line->Advance(now);
    change(*line);
    line->NotePeaks();
  }
}

void EngineEntry::LeaveState(EngineLine& line) const {
  if (state_ == State::kWaiting) --line.waiting;
  if (state_ != State::kRunning) return;
  --line.running;
  line.kv_tokens -= tokens_;
}

void EngineEntry::Wait(TimePoint now) {
  Both(now, [this](EngineLine& line) {
    LeaveState(line);
    ++line.waiting;
    if (state_ == State::kRunning) ++line.preemptions;
  });
  state_ = State::kWaiting;
}

void EngineEntry::Run(std::int64_t tokens, TimePoint now) {
  Both(now, [this, tokens](EngineLine& line) {
    LeaveState(line);
    ++line.running;
    line.kv_tokens += tokens;
  });
  state_ = State::kRunning;
  tokens_ = tokens;
}

void EngineEntry::CountPrompt(std::int64_t prompt, std::int64_t cached) {
  for (EngineLine* line : {&model_, &books_.total_}) {
    ++line->started;
    line->prompt_tokens += prompt;
    line->cached_tokens += cached;
  }
}

void EngineEntry::Grow(std::int64_t tokens) {
  tokens_ += tokens;
  for (EngineLine* line : {&model_, &books_.total_}) {
    line->kv_tokens += tokens;
    line->NotePeaks();
  }
}

void EngineEntry::End(TimePoint now) {
  if (state_ == State::kEnded) return;
  Both(now, [this](EngineLine& line) {
    LeaveState(line);
    --line.in_flight;
  });
  state_ = State::kEnded;
}

}  // namespace headgate::loadtest::sim
