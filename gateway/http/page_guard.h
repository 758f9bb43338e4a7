#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "gateway/http/request_head.h"

namespace headgate::gateway {

// Keeps web pages away from a port that requires no key. A browser on this machine reaches loopback
// for every page that it shows. A page of any origin can POST text/plain there and spend money. A
// page whose name is made to resolve to 127.0.0.1 (DNS rebinding) can read the answers as well.
// Three fields of the request reveal both: Origin, Sec-Fetch-Site, and Host, which names the host
// that the page was loaded from. Programs send no Origin and reach loopback by its name. Pure.

enum class PageVerdict : std::uint8_t { kPass, kForeignHost, kForeignOrigin, kCrossSite };

// The names and pages of the port. The views must outlive the call.
struct PortIdentity {
  bool tls = false;
  const std::vector<std::string>& hosts;  // more names that Host may have, in lower case
  std::string_view address;               // that the client has connected to; empty: loopback
  const config::Cors* cors = nullptr;     // allowed pages; null: none
};

// Returns whether `host`, as a Host field has it, names this machine: a loopback name or address,
// `address`, or one of `hosts`. The port is ignored: forwarded ports differ, and an attacker's page
// keeps its name. An empty host does not name this machine.
bool IsOurHost(std::string_view host, const std::vector<std::string>& hosts,
               std::string_view address);

// Checks whether Host is ours. A request of HTTP/1.0 may come without it; browsers always send it.
PageVerdict CheckHost(const RequestHead& head, const PortIdentity& port);

// Checks whether the request comes from a program, from a page of this port, or from a listed page.
PageVerdict CheckOrigin(const RequestHead& head, const PortIdentity& port);

// Returns what a client is told about it: what is wrong, and what the operator of the gateway can
// set. Empty for kPass.
std::string ExplainVerdict(PageVerdict verdict, const RequestHead& head);

}  // namespace headgate::gateway
