// The shipper and a collector that speaks TLS.
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "agent/ship/shipper.h"
#include "agent/ship/testing_collector.h"
#include "base/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

using ::testing::HasSubstr;

std::string TestFile(std::string_view name) { return StrCat("agent/ship/testdata/", name); }

std::string Content(std::string_view name) {
  std::ifstream file(TestFile(name), std::ios::binary);
  EXPECT_TRUE(file.is_open()) << name;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::shared_ptr<grpc::ServerCredentials> ServerCredentials(bool ask_for_client) {
  grpc::SslServerCredentialsOptions options(ask_for_client ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                                           : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  if (ask_for_client) options.pem_root_certs = Content("ca.pem");
  options.pem_key_cert_pairs.push_back({Content("server.key"), Content("server.pem")});
  return grpc::SslServerCredentials(options);
}

class ShipperTlsTest : public ::testing::Test {
 protected:
  explicit ShipperTlsTest(bool ask_for_client = false) : collector_(0, ServerCredentials(ask_for_client)) {
    options_.addresses = {collector_.address()};
    options_.tls.enabled = true;
    options_.tls.ca = TestFile("ca.pem");
    options_.backoff_initial = absl::Milliseconds(1);
    options_.backoff_max = absl::Milliseconds(20);
  }

  absl::Status Start() {
    shipper_ = std::make_unique<Shipper>(options_, &waker_, &metrics_);
    return shipper_->Start();
  }

  // What is said while a connection is tried twice in vain.
  std::string LogOfFailures() {
    ::testing::internal::CaptureStderr();
    EXPECT_TRUE(Start().ok());
    absl::Time deadline = absl::Now() + kPatience;
    while (metrics_.connections_lost.Value() < 2 && absl::Now() < deadline) std::this_thread::yield();
    EXPECT_EQ(metrics_.connected.Value(), 0);
    shipper_->Stop(absl::ZeroDuration());
    return ::testing::internal::GetCapturedStderr();
  }

  prometheus::Registry registry_;
  AgentMetrics metrics_{&registry_};
  Waker waker_;
  ScriptedCollector collector_;
  Shipper::Options options_;
  std::unique_ptr<Shipper> shipper_;
};

class ShipperMutualTlsTest : public ShipperTlsTest {
 protected:
  ShipperMutualTlsTest() : ShipperTlsTest(/*ask_for_client=*/true) {}
};

TEST_F(ShipperTlsTest, ConnectsToACollectorOfATrustedAuthority) {
  ASSERT_TRUE(Start().ok());
  AgentStream* stream = collector_.Accept();
  ASSERT_NE(stream, nullptr);
  EXPECT_TRUE(stream->Read().has_value());
}

TEST_F(ShipperTlsTest, RefusesACollectorOfAnotherAuthority) {
  options_.tls.ca = TestFile("other-ca.pem");
  EXPECT_THAT(LogOfFailures(), HasSubstr("not connected to the collector"));
}

TEST_F(ShipperTlsTest, DoesNotSpeakPlainlyToACollectorThatWantsTls) {
  options_.tls = {};
  EXPECT_THAT(LogOfFailures(), HasSubstr("not connected to the collector"));
}

TEST_F(ShipperTlsTest, NamesAFileThatIsNotThere) {
  options_.tls.ca = TestFile("none.pem");
  absl::Status status = Start();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.ToString(), HasSubstr("open agent/ship/testdata/none.pem: No such file or directory"));
}

TEST_F(ShipperTlsTest, NamesAFileThatIsNoPemFile) {
  options_.tls.cert = TestFile("README.md");
  options_.tls.key = TestFile("client.key");
  absl::Status status = Start();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.ToString(), HasSubstr("agent/ship/testdata/README.md: no PEM file"));
}

TEST_F(ShipperMutualTlsTest, ShowsItsCertificate) {
  options_.tls.cert = TestFile("client.pem");
  options_.tls.key = TestFile("client.key");
  ASSERT_TRUE(Start().ok());
  AgentStream* stream = collector_.Accept();
  ASSERT_NE(stream, nullptr);
  EXPECT_TRUE(stream->Read().has_value());
}

TEST_F(ShipperMutualTlsTest, IsRefusedWithoutACertificate) {
  EXPECT_THAT(LogOfFailures(), HasSubstr("not connected to the collector"));
}

}  // namespace
}  // namespace sluice::agent
