#include "gateway/snapshot/certificates.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>

namespace headgate::gateway {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const WallTime kToday = std::chrono::system_clock::from_time_t(1'800'000'000);

// A self-signed certificate that expires at `at`.
std::string Pem(WallTime at) {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const certificate = X509_new();
  ASN1_TIME_set(X509_getm_notBefore(certificate), 0);
  ASN1_TIME_set(X509_getm_notAfter(certificate), std::chrono::system_clock::to_time_t(at));
  X509_set_pubkey(certificate, key);
  X509_sign(certificate, key, EVP_sha256());
  BIO* const bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, certificate);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  std::string pem(bytes, static_cast<std::size_t>(size));
  BIO_free(bio);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return pem;
}

TEST(Certificates, a_chain_ends_with_its_first_and_a_bundle_with_its_last) {
  const std::string three = Pem(kToday + hours(48)) + "text between\n" + Pem(kToday + hours(24)) +
                            Pem(kToday + hours(72));
  EXPECT_EQ(ExpiryOf(three, PemFile::kChain), kToday + hours(24));
  EXPECT_EQ(ExpiryOf(three, PemFile::kBundle), kToday + hours(72));
  EXPECT_EQ(ExpiryOf("", PemFile::kChain), std::nullopt);
  EXPECT_EQ(ExpiryOf("-----BEGIN CERTIFICATE-----\n", PemFile::kBundle), std::nullopt);
}

TEST(Certificates, a_date_after_2050_is_read_too) {
  const WallTime late = std::chrono::system_clock::from_time_t(2'900'000'000);
  EXPECT_EQ(ExpiryOf(Pem(late), PemFile::kChain), late);
}

std::string Warned(WallTime::duration left) {
  const auto warnings = ExpiryWarnings(
      {{"server", "", "server.tls.certificate", {"h.yaml", 3}, kToday + left}}, kToday);
  return warnings.empty() ? "" : config::ToString(warnings[0]);
}

TEST(Certificates, three_weeks_before_the_end_it_is_told) {
  EXPECT_EQ(Warned(hours(21 * 24)), "");
  EXPECT_EQ(
      Warned(hours(21 * 24) - seconds(1)),
      "h.yaml:3: server.tls.certificate: has a certificate that expires on 2027-02-05T07:59:59Z, "
      "in 20 days; put a new certificate in its place; Headgate reads it without a restart "
      "[certificate_expiry]");
  EXPECT_NE(Warned(hours(36)).find(", in 1 day;"), std::string::npos);
  EXPECT_NE(Warned(hours(3)).find(", in less than a day;"), std::string::npos);
  EXPECT_NE(Warned(hours(0)).find("that expired on 2027-01-15T08:00:00Z, less than a day ago;"),
            std::string::npos);
  EXPECT_NE(Warned(-hours(49)).find(", 2 days ago;"), std::string::npos);
}

}  // namespace
}  // namespace headgate::gateway
