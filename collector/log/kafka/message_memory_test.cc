#include "collector/log/kafka/message_memory.h"

#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "collector/log/kafka/handles.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::collector::kafka {
namespace {

// Sanitizers see librdkafka's objects in the usual allocator.
#ifdef SLUICE_USUAL_ALLOCATOR
constexpr bool kLinked = false;
#else
constexpr bool kLinked = true;
#endif

TEST(MessageMemoryTest, OnlyWhatIsAllocatedMeanwhileLiesInSlabs) {
  void* const before = sluice_message_malloc(100);
  EXPECT_EQ(MessageMemory::slabs_in_use(), 0u);
  void* meanwhile;
  void* large;
  {
    const MessageMemory memory;
    {
      const MessageMemory inner;
    }
    meanwhile = sluice_message_malloc(100);
    large = sluice_message_malloc(1 << 20);
  }
  EXPECT_EQ(MessageMemory::slabs_in_use(), 1u);
  void* const after = sluice_message_malloc(100);
  for (void* object : {before, meanwhile, large, after}) {
    std::memset(object, 1, 100);
    sluice_message_free(object);
  }
  sluice_message_free(nullptr);
}

TEST(MessageMemoryTest, GrowsAndClearsAsTheUsualFunctionsDo) {
  for (const bool in_slabs : {false, true}) {
    void* text;
    void* zeros;
    if (in_slabs) {
      const MessageMemory memory;
      text = sluice_message_realloc(nullptr, 4);
      zeros = sluice_message_calloc(10, 10);
    } else {
      text = sluice_message_realloc(nullptr, 4);
      zeros = sluice_message_calloc(10, 10);
    }
    EXPECT_EQ(std::string(static_cast<char*>(zeros), 100), std::string(100, '\0'));
    std::memcpy(text, "abc", 4);
    text = sluice_message_realloc(text, 100'000);
    EXPECT_STREQ(static_cast<char*>(text), "abc");
    text = sluice_message_realloc(text, 4);
    EXPECT_STREQ(static_cast<char*>(text), "abc");
    sluice_message_free(text);
    sluice_message_free(zeros);
  }
}

TEST(MessageMemoryTest, LibrdkafkaUsesThem) {
  const size_t before = MessageMemory::slabs_in_use();
  std::vector<Headers> made;
  {
    const MessageMemory memory;
    for (int i = 0; i < 10'000; ++i) {
      Headers headers(rd_kafka_headers_new(1));
      for (const char* name : {"agent", "host", "path"}) {
        ASSERT_EQ(rd_kafka_header_add(headers.get(), name, -1, "value", -1), RD_KAFKA_RESP_ERR_NO_ERROR);
      }
      made.push_back(std::move(headers));
    }
  }
  if (kLinked) EXPECT_GT(MessageMemory::slabs_in_use(), before + 10);
  // Freed elsewhere.
  std::thread([&made] {
    for (const Headers& headers : made) EXPECT_EQ(rd_kafka_header_cnt(headers.get()), 3u);
    made.clear();
  }).join();
  EXPECT_LE(MessageMemory::slabs_in_use(), before + 1);
}

}  // namespace
}  // namespace sluice::collector::kafka
