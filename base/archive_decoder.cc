// The formats of base/archive_file.h.
#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "base/archive_file.h"
#include "base/strings.h"
#include "zlib.h"
#include "zstd.h"

namespace sluice {
namespace {

class GzipDecoder final : public Decoder {
 public:
  GzipDecoder() {
    std::memset(&stream_, 0, sizeof stream_);
    constexpr int kGzipOnly = 16;
    ready_ = inflateInit2(&stream_, MAX_WBITS + kGzipOnly) == Z_OK;
    if (!ready_) problem_ = "no memory";
  }
  ~GzipDecoder() override {
    if (ready_) inflateEnd(&stream_);
  }
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;

  State Decode(std::string_view* input, size_t output_max, std::string* output) override {
    if (!ready_) return State::kBroken;
    if (between_members_) {
      // Tapes and some tools fill up with zeros; they mean nothing.
      input->remove_prefix(std::min(input->find_first_not_of('\0'), input->size()));
      if (input->empty()) return State::kBetweenMembers;
      inflateReset(&stream_);
    }
    size_t before = output->size();
    output->resize(before + output_max);
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input->data()));
    stream_.avail_in = static_cast<uInt>(input->size());
    stream_.next_out = reinterpret_cast<Bytef*>(output->data() + before);
    stream_.avail_out = static_cast<uInt>(output_max);
    int result = inflate(&stream_, Z_NO_FLUSH);
    input->remove_prefix(input->size() - stream_.avail_in);
    output->resize(before + output_max - stream_.avail_out);
    between_members_ = result == Z_STREAM_END;
    if (between_members_) return State::kBetweenMembers;
    if (result == Z_OK || result == Z_BUF_ERROR) return State::kMore;
    problem_ = stream_.msg != nullptr ? stream_.msg : "damaged";
    return State::kBroken;
  }
  std::string problem() const override { return problem_; }

 private:
  z_stream stream_;
  bool ready_ = false;
  bool between_members_ = false;
  std::string problem_;
};

class ZstdDecoder final : public Decoder {
 public:
  ZstdDecoder() : stream_(ZSTD_createDStream(), ZSTD_freeDStream) {
    if (stream_ != nullptr) ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, kWindowBitsMax);
  }

  State Decode(std::string_view* input, size_t output_max, std::string* output) override {
    if (stream_ == nullptr) {
      problem_ = "no memory";
      return State::kBroken;
    }
    size_t before = output->size();
    output->resize(before + output_max);
    ZSTD_inBuffer in{input->data(), input->size(), 0};
    ZSTD_outBuffer out{output->data() + before, output_max, 0};
    size_t result = ZSTD_decompressStream(stream_.get(), &out, &in);
    input->remove_prefix(in.pos);
    output->resize(before + out.pos);
    if (ZSTD_isError(result) != 0) {
      problem_ = ZSTD_getErrorName(result);
      return State::kBroken;
    }
    return result == 0 ? State::kBetweenMembers : State::kMore;
  }
  std::string problem() const override { return problem_; }

 private:
  std::unique_ptr<ZSTD_DStream, size_t (*)(ZSTD_DStream*)> stream_;
  std::string problem_;
};

}  // namespace

std::unique_ptr<Decoder> NewGzipDecoder() { return std::make_unique<GzipDecoder>(); }
std::unique_ptr<Decoder> NewZstdDecoder() { return std::make_unique<ZstdDecoder>(); }

}  // namespace sluice
