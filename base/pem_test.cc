#include "base/pem.h"

#include <string>

#include "base/file_system.h"
#include "base/status.h"
#include "base/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kIn2026 = int64_t{1'780'000'000} * 1'000'000'000;
constexpr int64_t kIn2200 = int64_t{7'258'118'400} * 1'000'000'000;
constexpr int64_t kIn2001 = int64_t{1'000'000'000} * 1'000'000'000;

// The certificates that the shipper's tests use.
std::string Pem(std::string_view name) {
  absl::StatusOr<std::string> text = HostFileSystem()->ReadFile(StrCat("agent/ship/testdata/", name), 1 << 20);
  EXPECT_TRUE(text.ok()) << text.status();
  return *text;
}

std::string ProblemOf(const absl::StatusOr<PemWarnings>& result) {
  return result.ok() ? "none" : std::string(MessageOf(result.status()));
}

TEST(PemTest, AKeyThatBelongsToItsCertificateIsFine) {
  absl::StatusOr<PemWarnings> warnings = CheckKeyPair(Pem("server.pem"), Pem("server.key"), kIn2026);
  ASSERT_TRUE(warnings.ok()) << warnings.status();
  EXPECT_THAT(*warnings, IsEmpty());
  EXPECT_THAT(*CheckAuthorities(Pem("ca.pem") + Pem("other-ca.pem"), kIn2026), IsEmpty());
}

TEST(PemTest, AKeyOfAnotherCertificateIsAnError) {
  EXPECT_THAT(ProblemOf(CheckKeyPair(Pem("server.pem"), Pem("client.key"), kIn2026)),
              HasSubstr("the key does not belong to the certificate of"));
}

TEST(PemTest, SaysWhatIsNotThere) {
  EXPECT_THAT(ProblemOf(CheckKeyPair(Pem("server.key"), Pem("server.key"), kIn2026)), HasSubstr("no certificate"));
  EXPECT_THAT(ProblemOf(CheckKeyPair(Pem("server.pem"), Pem("server.pem"), kIn2026)), HasSubstr("no private key"));
  EXPECT_THAT(ProblemOf(CheckKeyPair("", "", kIn2026)), HasSubstr("no certificate"));
  EXPECT_THAT(ProblemOf(CheckAuthorities("nonsense", kIn2026)), HasSubstr("no certificate"));
}

TEST(PemTest, SaysWhichCertificateOfAFileIsDamaged) {
  std::string damaged = Pem("ca.pem");
  damaged.replace(damaged.find("-----\n") + 20, 8, "AAAAAAAA");
  EXPECT_THAT(ProblemOf(CheckAuthorities(Pem("other-ca.pem") + damaged, kIn2026)),
              HasSubstr("certificate 2 of the file cannot be read"));
}

TEST(PemTest, AKeyWithAPassphraseIsAnErrorAndAsksNobody) {
  const std::string encrypted =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
      "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgkmcAkoaf7gwICCAAw\n"
      "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEGmDZgVxvAHY1gyhKSmQDcsEgZBl\n"
      "-----END ENCRYPTED PRIVATE KEY-----\n";
  EXPECT_FALSE(CheckKeyPair(Pem("server.pem"), encrypted, kIn2026).ok());
}

TEST(PemTest, WarnsOfCertificatesThatAreNotValidNow) {
  EXPECT_THAT(*CheckKeyPair(Pem("server.pem"), Pem("server.key"), kIn2200), ElementsAre(HasSubstr("expired on ")));
  EXPECT_THAT(*CheckAuthorities(Pem("ca.pem"), kIn2001), ElementsAre(HasSubstr("is valid only from ")));
}

}  // namespace
}  // namespace sluice
