#include "collector/subscribe/groups/slots.h"

#include "base/hash.h"
#include "base/strings.h"

namespace sluice::collector {

int SlotOf(const BatchView& batch) {
  const FileKey& file = batch.file;
  return static_cast<int>(Xxh3(StrCat(batch.agent, "/", file.device, "/", file.inode, "/", file.birth_time_unix_nano,
                                      "/", file.generation)) %
                          kSlots);
}

}  // namespace sluice::collector
