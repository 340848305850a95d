// What ThreadSanitizer must be told: Debian's RocksDB is not instrumented, so that the atomics by which its threads
// hand over memory to each other are not seen, only the memcpy and memcmp in between.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)

extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() { return "race:librocksdb\n"; }

#endif
#endif
