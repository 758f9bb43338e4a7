#include "gateway/snapshot/certificates.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>
#include <utility>

#include "config/base/regular_file.h"
#include "config/base/text.h"

namespace headgate::gateway {
namespace {

using std::chrono::hours;

constexpr hours kDay{24};
constexpr hours kExpiresSoon = 21 * kDay;

template <auto release>
struct Releases {
  template <typename T>
  void operator()(T* object) const {
    release(object);
  }
};

std::optional<WallTime> NotAfter(const X509& certificate) {
  std::tm time{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &time) != 1) return std::nullopt;
  return std::chrono::system_clock::from_time_t(timegm(&time));
}

std::string Days(WallTime::duration time) {
  const auto days = std::chrono::duration_cast<hours>(time) / kDay;
  return days == 0 ? "less than a day" : config::Concat(days, days == 1 ? " day" : " days");
}

std::optional<WallTime> ExpiryOfFile(const std::string& path, PemFile kind) {
  return ExpiryOf(ReadRegularFile(path).value_or(""), kind);
}

}  // namespace

std::string Rfc3339(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::string text(32, '\0');
  text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts));
  return text;
}

std::optional<WallTime> ExpiryOf(std::string_view pem, PemFile kind) {
  const std::unique_ptr<BIO, Releases<BIO_free>> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::optional<WallTime> found;
  for (;;) {
    const std::unique_ptr<X509, Releases<X509_free>> certificate(
        PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (certificate == nullptr) break;
    const std::optional<WallTime> at = NotAfter(*certificate);
    if (!at) continue;
    const bool counts = !found || (kind == PemFile::kChain ? *at < *found : *at > *found);
    if (counts) found = at;
  }
  return found;
}

std::vector<CertificateExpiry> CertificateExpiries(const config::Config& config) {
  std::vector<CertificateExpiry> found;
  if (const auto& tls = config.server.tls) {
    if (const auto at = ExpiryOfFile(tls->certificate, PemFile::kChain)) {
      found.push_back(
          {"server", "", "server.tls.certificate", config.locations.at("server.tls"), *at});
    }
  }
  for (const config::Backend& backend : config.backends) {
    if (backend.ca.empty()) continue;
    if (const auto at = ExpiryOfFile(backend.ca, PemFile::kBundle)) {
      found.push_back({"ca", backend.name, config::Concat("backends.", backend.name, ".ca"),
                       backend.location, *at});
    }
  }
  if (config.alerts && !config.alerts->ca.empty()) {
    if (const auto at = ExpiryOfFile(config.alerts->ca, PemFile::kBundle)) {
      found.push_back({"ca", "", "alerts.ca", config.alerts->location, *at});
    }
  }
  return found;
}

std::vector<config::FoundWarning> ExpiryWarnings(const std::vector<CertificateExpiry>& certificates,
                                                 WallTime now) {
  std::vector<config::FoundWarning> warnings;
  for (const CertificateExpiry& certificate : certificates) {
    if (certificate.at - now >= kExpiresSoon) continue;
    const std::string when = Rfc3339(certificate.at);
    std::string problem = certificate.at <= now
                              ? config::Concat("has a certificate that expired on ", when, ", ",
                                               Days(now - certificate.at), " ago")
                              : config::Concat("has a certificate that expires on ", when, ", in ",
                                               Days(certificate.at - now));
    warnings.push_back(
        {config::WarningKind::kCertificateExpiry,
         {certificate.location, certificate.path, std::move(problem),
          "put a new certificate in its place; Headgate reads it without a restart"}});
  }
  return warnings;
}

}  // namespace headgate::gateway
