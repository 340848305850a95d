#include "consumer/cli/listing_flags.h"

#include "consumer/cli/choice.h"

namespace sluice::cli {

void AddListingFlags(CLI::App* app, ListingFlags* flags) {
  app->add_option("--output,-o", flags->json, "text: a table; json: an object a line")
      ->transform(Choice<bool>({{"text", false}, {"json", true}}))
      ->type_name("text|json")
      ->default_str("text")
      ->group("Output");
  AddColorFlag(app, &flags->color);
}

CLI::Option* AddColorFlag(CLI::App* app, ColorMode* color) {
  return app->add_option("--color", *color, "Colours in text; auto: on a terminal, unless NO_COLOR is set")
      ->transform(
          Choice<ColorMode>({{"auto", ColorMode::kAuto}, {"always", ColorMode::kAlways}, {"never", ColorMode::kNever}}))
      ->type_name("auto|always|never")
      ->default_str("auto")
      ->group("Output");
}

}  // namespace sluice::cli
