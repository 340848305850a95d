// The flags of the commands that list something.
#pragma once

#include "CLI/CLI.hpp"
#include "consumer/cli/color.h"

namespace sluice::cli {

struct ListingFlags {
  bool json = false;
  ColorMode color = ColorMode::kAuto;
};

// `flags` must live as long as `app`.
void AddListingFlags(CLI::App* app, ListingFlags* flags);

// Also for other commands with this flag.
CLI::Option* AddColorFlag(CLI::App* app, ColorMode* color);

}  // namespace sluice::cli
