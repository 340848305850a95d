// Runs a fuzz target over the files (and the files of the directories) that are named on the command line, and over a
// fixed set of small inputs, so that every fuzz target is also an ordinary test.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

int Run(const std::string& input) {
  return LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

int RunFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    std::fprintf(stderr, "cannot read %s\n", path.c_str());
    return 1;
  }
  return Run(std::string(std::istreambuf_iterator<char>(in), {}));
}

}  // namespace

int main(int argc, char** argv) {
  int failed = 0;
  int inputs = 0;
  std::vector<std::string> seeds = {"", std::string(1, '\0'), "\n", "{}", std::string(4096, '\xff')};
  for (const std::string& seed : seeds) {
    failed += Run(seed) != 0;
    ++inputs;
  }
  for (int i = 1; i < argc; ++i) {
    if (std::filesystem::is_directory(argv[i])) {
      for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
        failed += RunFile(entry.path()) != 0;
        ++inputs;
      }
    } else {
      failed += RunFile(argv[i]) != 0;
      ++inputs;
    }
  }
  std::printf("%d inputs, %d failed\n", inputs, failed);
  return failed == 0 ? 0 : 1;
}
