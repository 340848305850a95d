#include "base/pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>

#include "base/status.h"
#include "base/strings.h"

namespace sluice {
namespace {

template <auto free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    free(object);
  }
};
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;

Bio Open(std::string_view text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

// What OpenSSL says of its last error; takes all of them back.
std::string Reason() {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  const char* const reason = ERR_reason_error_string(error);
  return reason != nullptr ? reason : "unknown reason";
}

bool IsEndOfFile() {
  const unsigned long error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

std::string NameOf(const X509* certificate) {
  Bio out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
  char* text;
  const long size = BIO_get_mem_data(out.get(), &text);
  return size > 0 ? std::string(text, static_cast<size_t>(size)) : "(no name)";
}

std::string TimeText(const ASN1_TIME* time) {
  Bio out(BIO_new(BIO_s_mem()));
  ASN1_TIME_print(out.get(), time);
  char* text;
  const long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

void WarnOfTime(const X509* certificate, int64_t unix_nanos, PemWarnings* warnings) {
  time_t now = unix_nanos / 1'000'000'000;
  const std::string name = StrCat("the certificate of '", NameOf(certificate), "' ");
  if (X509_cmp_time(X509_get0_notAfter(certificate), &now) < 0) {
    warnings->push_back(StrCat(name, "expired on ", TimeText(X509_get0_notAfter(certificate))));
  } else if (X509_cmp_time(X509_get0_notBefore(certificate), &now) > 0) {
    warnings->push_back(StrCat(name, "is valid only from ", TimeText(X509_get0_notBefore(certificate)), " on"));
  }
}

absl::StatusOr<std::vector<Certificate>> ReadCertificates(std::string_view text) {
  Bio in = Open(text);
  std::vector<Certificate> certificates;
  ERR_clear_error();
  while (Certificate certificate{PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)}) {
    certificates.push_back(std::move(certificate));
  }
  if (!IsEndOfFile()) {
    return InvalidArgument("certificate ", certificates.size() + 1, " of the file cannot be read: ", Reason());
  }
  ERR_clear_error();
  if (certificates.empty()) {
    return InvalidArgument("found no certificate; expected a PEM file with \"-----BEGIN CERTIFICATE-----\"");
  }
  return certificates;
}

// Asked for a passphrase: nobody is there to type one.
int NoPassphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

absl::StatusOr<Key> ReadKey(std::string_view text) {
  Bio in = Open(text);
  bool asked = false;
  ERR_clear_error();
  Key key(PEM_read_bio_PrivateKey(in.get(), nullptr, NoPassphrase, &asked));
  if (key != nullptr) return key;
  const bool is_missing = text.find("PRIVATE KEY-----") == std::string_view::npos;
  const std::string reason = Reason();
  if (asked) return InvalidArgument("the key needs a passphrase; store it without one");
  if (is_missing)
    return InvalidArgument("found no private key; expected a PEM file with \"-----BEGIN PRIVATE KEY-----\"");
  return InvalidArgument("the private key cannot be read: ", reason);
}

}  // namespace

absl::StatusOr<PemWarnings> CheckKeyPair(std::string_view certificates, std::string_view key, int64_t unix_nanos) {
  SLUICE_ASSIGN_OR_RETURN(std::vector<Certificate> chain, ReadCertificates(certificates));
  SLUICE_ASSIGN_OR_RETURN(Key own, ReadKey(key));
  if (X509_check_private_key(chain.front().get(), own.get()) != 1) {
    ERR_clear_error();
    return InvalidArgument("the key does not belong to the certificate of '", NameOf(chain.front().get()), "'");
  }
  PemWarnings warnings;
  for (const Certificate& certificate : chain) WarnOfTime(certificate.get(), unix_nanos, &warnings);
  return warnings;
}

absl::StatusOr<PemWarnings> CheckAuthorities(std::string_view certificates, int64_t unix_nanos) {
  SLUICE_ASSIGN_OR_RETURN(std::vector<Certificate> authorities, ReadCertificates(certificates));
  PemWarnings warnings;
  for (const Certificate& certificate : authorities) WarnOfTime(certificate.get(), unix_nanos, &warnings);
  return warnings;
}

}  // namespace sluice
