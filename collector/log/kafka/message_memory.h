// Where the small objects of Kafka messages lie.
//
// librdkafka allocates each header of each message, the list of them and the message itself one by one, on the thread
// that produces, and frees them on the one that takes the reports: more than half of what a message costs. Its calls of
// malloc and free are linked to the functions below (bazel/third_party, rdkafka), so that they can lie side by side.
#pragma once

#include <cstddef>

namespace sluice::collector::kafka {

// While one lives, small objects that librdkafka allocates on this thread come from slabs, as long as there are any;
// all else, and always otherwise, comes from malloc. Only for calls that allocate what belongs to messages: what stays
// for long holds its slab.
class MessageMemory {
 public:
  MessageMemory();
  ~MessageMemory();
  MessageMemory(const MessageMemory&) = delete;
  MessageMemory& operator=(const MessageMemory&) = delete;

  // Of all slabs together.
  static constexpr size_t kBytesMax = size_t{64} << 20;
  static size_t slabs_in_use();

 private:
  const bool before_;
};

}  // namespace sluice::collector::kafka

// librdkafka's malloc and the like; they are as the ones of C.
extern "C" {
void* sluice_message_malloc(size_t bytes);
void* sluice_message_calloc(size_t count, size_t bytes);
void* sluice_message_realloc(void* object, size_t bytes);
void sluice_message_free(void* object);
}
