#include "base/status.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

namespace sluice {
namespace {

absl::StatusOr<std::unique_ptr<int>> Positive(int number) {
  if (number <= 0) return InvalidArgument("found ", number, "; expected a positive number");
  return std::make_unique<int>(number);
}

absl::StatusOr<int> Sum(int a, int b) {
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<int> first, Positive(a));
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<int> second, Positive(b));
  return *first + *second;
}

absl::Status Check(int number) {
  SLUICE_RETURN_IF_ERROR(Positive(number).status());
  return absl::OkStatus();
}

TEST(StatusTest, AssignsOrReturns) {
  EXPECT_EQ(*Sum(1, 2), 3);
  EXPECT_EQ(Sum(1, 0).status(), absl::InvalidArgumentError("found 0; expected a positive number"));
  EXPECT_EQ(Sum(-1, 0).status(), absl::InvalidArgumentError("found -1; expected a positive number"));
}

TEST(StatusTest, ReturnsOnlyErrors) {
  EXPECT_TRUE(Check(1).ok());
  EXPECT_EQ(Check(0).code(), absl::StatusCode::kInvalidArgument);
}

TEST(StatusTest, AnnotationKeepsTheCode) {
  const absl::Status status = Annotate(Annotate(NotFound("no such file"), "open a"), std::string_view("tail"));
  EXPECT_EQ(status, absl::NotFoundError("tail: open a: no such file"));
  EXPECT_TRUE(Annotate(absl::OkStatus(), "tail").ok());
}

TEST(StatusTest, PartsMayBeAnyText) {
  const std::string_view view = "view";
  EXPECT_EQ(
      Unavailable("literal ", view, " ", std::string("string"), " ", 12, " ", absl::string_view("absl")).message(),
      "literal view string 12 absl");
}

}  // namespace
}  // namespace sluice
