// headgate-sim: simulated language model servers on one thread.
#include <sys/resource.h>

#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl/context.hpp>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "loadtest/sim/answers/channel.h"
#include "loadtest/sim/faults/fault.h"
#include "loadtest/sim/replica/options.h"
#include "loadtest/sim/server/listener.h"

namespace {

namespace asio = boost::asio;
namespace sim = headgate::loadtest::sim;

// Each stream needs a descriptor, so the soft limit is raised to the hard limit.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Ignores the signals that would end the simulator by mistake, or because a client has left, as the
// daemon does (gateway/log/signals.h). SIGHUP still ends the simulator with its terminal.
void IgnoreStraySignals() {
  for (const int number : {SIGUSR1, SIGUSR2, SIGPIPE, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR,
                           SIGSTKFLT, SIGXCPU, SIGXFSZ}) {
    std::signal(number, SIG_IGN);
  }
  for (int number = SIGRTMIN; number <= SIGRTMAX; ++number) std::signal(number, SIG_IGN);
}

std::optional<asio::ssl::context> LoadTls(const sim::Options& options) {
  if (options.tls_certificate.empty()) return std::nullopt;
  asio::ssl::context context(asio::ssl::context::tls_server);
  context.use_certificate_chain_file(options.tls_certificate);
  context.use_private_key_file(options.tls_key, asio::ssl::context::pem);
  return context;
}

// Returns whether all faults of the command line are faults. Otherwise says which is not.
bool FaultsAreValid(const sim::Options& options) {
  for (const std::string& text : options.faults) {
    const std::string error = sim::ParseFault(text).error;
    if (error.empty()) continue;
    std::cerr << "headgate-sim: --fault: " << error << "\n";
    return false;
  }
  return true;
}

int Run(const sim::Options& options) {
  sim::Context context(options);
  std::optional<asio::ssl::context> tls = LoadTls(options);
  std::vector<std::unique_ptr<sim::Listener>> listeners;
  for (const sim::ListenAddress& address : options.listen) {
    listeners.push_back(std::make_unique<sim::Listener>(context, address, tls ? &*tls : nullptr,
                                                        options.seed + listeners.size()));
    listeners.back()->Start();
  }
  asio::signal_set stop(context.io, SIGTERM, SIGINT);
  // The process ends at once: all its state is in memory, so a shutdown in order has no use.
  stop.async_wait([](boost::system::error_code, int) { std::_Exit(EXIT_SUCCESS); });
  if (options.print_ready) {
    std::cout << "ready";
    for (const auto& listener : listeners) std::cout << " " << listener->Name();
    std::cout << std::endl;
  }
  context.io.run();
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  IgnoreStraySignals();
  const sim::Options options = sim::ParseOptions(argc, argv);
  if (options.list_faults) {
    std::cout << sim::FaultTable();
    return EXIT_SUCCESS;
  }
  if (!FaultsAreValid(options)) return EXIT_FAILURE;
  RaiseDescriptorLimit();
  try {
    return Run(options);
  } catch (const std::exception& error) {
    std::cerr << "headgate-sim: " << error.what() << "\n";
    return EXIT_FAILURE;
  }
}
