#include "agent/link/buffer_pool.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

TEST(BufferPoolTest, GivesABufferThatWasLetGoAgain) {
  BufferPool pool(1000, 1);
  EXPECT_EQ(pool.capacity(), 1000);
  std::shared_ptr<char[]> buffer = pool.Get();
  char* first = buffer.get();
  first[999] = 'x';
  std::shared_ptr<char[]> second_owner = buffer;
  buffer.reset();
  std::shared_ptr<char[]> other = pool.Get();
  EXPECT_NE(other.get(), first) << "somebody has it still";
  second_owner.reset();
  EXPECT_EQ(pool.Get().get(), first);
}

TEST(BufferPoolTest, ReusesTheBufferLetGoLast) {
  BufferPool pool(16, 2);
  std::shared_ptr<char[]> one = pool.Get();
  std::shared_ptr<char[]> two = pool.Get();
  char* last = two.get();
  EXPECT_NE(one, two);
  one.reset();
  two.reset();
  EXPECT_EQ(pool.Get().get(), last) << "its memory is the one that is in the cache";
}

TEST(BufferPoolTest, KeepsNoMoreThanItShould) {
  BufferPool pool(16, 2);
  std::vector<std::shared_ptr<char[]>> buffers;
  std::set<char*> before;
  for (int i = 0; i < 5; ++i) before.insert(buffers.emplace_back(pool.Get()).get());
  EXPECT_EQ(before.size(), 5);
  char* first = buffers[0].get();
  char* second = buffers[1].get();
  for (auto& buffer : buffers) buffer.reset();
  buffers.clear();
  std::set<char*> kept = {buffers.emplace_back(pool.Get()).get(), buffers.emplace_back(pool.Get()).get()};
  EXPECT_EQ(kept, (std::set<char*>{first, second})) << "the first two that came back; the others were freed";
}

TEST(BufferPoolTest, KeepsNothingWhenItIsTrimmed) {
  std::optional<BufferPool> pool(std::in_place, 16, 2);
  std::shared_ptr<char[]> in_use = pool->Get();
  pool->Get();  // and goes back
  pool->Trim();
  in_use[15] = 'x';
  char* kept = in_use.get();
  in_use.reset();
  EXPECT_EQ(pool->Get().get(), kept) << "it keeps again what comes back later";
}

TEST(BufferPoolTest, BuffersOutliveThePool) {
  std::optional<BufferPool> pool(std::in_place, 16, 4);
  std::shared_ptr<char[]> buffer = pool->Get();
  pool.reset();
  buffer[15] = 'x';
  EXPECT_EQ(buffer[15], 'x');
}

TEST(BufferPoolTest, ServesSeveralThreads) {
  BufferPool pool(64, 2);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&pool, t] {
      for (int i = 0; i < 1000; ++i) {
        std::shared_ptr<char[]> buffer = pool.Get();
        std::fill_n(buffer.get(), pool.capacity(), static_cast<char>(t));
        for (size_t at = 0; at < pool.capacity(); ++at) ASSERT_EQ(buffer[at], t) << "nobody else writes to it";
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace sluice::agent
