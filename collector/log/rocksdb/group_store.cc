#include "collector/log/rocksdb/group_store.h"

#include <memory>

#include "base/status.h"
#include "base/strings.h"
#include "collector/log/rocksdb/keys.h"

namespace sluice::collector {

absl::StatusOr<std::vector<std::pair<std::string, std::string>>> RocksDbGroupStore::Load() {
  SLUICE_ASSIGN_OR_RETURN(const Database::Session session, database_.Enter());
  std::vector<std::pair<std::string, std::string>> groups;
  const std::unique_ptr<rocksdb::Iterator> it(session.db()->NewIterator({}, session.meta()));
  for (it->Seek(ToSlice(keys::kGroupPrefix)); it->Valid() && ToView(it->key()).starts_with(keys::kGroupPrefix);
       it->Next()) {
    groups.emplace_back(ToView(it->key()).substr(keys::kGroupPrefix.size()), it->value().ToString());
  }
  SLUICE_RETURN_IF_ERROR(FromRocksDb(it->status(), "read the consumer groups"));
  return groups;
}

absl::Status RocksDbGroupStore::Save(std::string_view group, std::string_view state) {
  SLUICE_ASSIGN_OR_RETURN(const Database::Session session, database_.Enter());
  rocksdb::WriteBatch write;
  write.Put(session.meta(), StrCat(keys::kGroupPrefix, group), ToSlice(state));
  return FromRocksDb(session.Write(&write), StrCat("save the consumer group ", group));
}

absl::Status RocksDbGroupStore::Remove(std::string_view group) {
  SLUICE_ASSIGN_OR_RETURN(const Database::Session session, database_.Enter());
  rocksdb::WriteBatch write;
  write.Delete(session.meta(), StrCat(keys::kGroupPrefix, group));
  return FromRocksDb(session.Write(&write), StrCat("remove the consumer group ", group));
}

}  // namespace sluice::collector
