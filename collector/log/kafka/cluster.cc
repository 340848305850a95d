#include "collector/log/kafka/cluster.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <type_traits>
#include <utility>

#include "absl/strings/str_join.h"
#include "base/clock.h"
#include "base/strings.h"

namespace sluice::collector::kafka {
namespace {

// What ListOffsets takes instead of a time.
constexpr int64_t kTimeOfEnd = -1;
constexpr int64_t kTimeOfFirst = -2;

constexpr int kTopicPollMilliseconds = 20;

int Milliseconds(absl::Duration duration) { return static_cast<int>(absl::ToInt64Milliseconds(duration)); }

using Metadata = std::unique_ptr<const rd_kafka_metadata_t, Destroyer<&rd_kafka_metadata_destroy>>;

absl::StatusOr<Metadata> AskMetadata(rd_kafka_t* client, rd_kafka_topic_t* topic, absl::Duration timeout) {
  const rd_kafka_metadata_t* metadata = nullptr;
  const rd_kafka_resp_err_t error =
      rd_kafka_metadata(client, topic == nullptr ? 1 : 0, topic, &metadata, Milliseconds(timeout));
  SLUICE_RETURN_IF_ERROR(FromKafka(error, "ask the brokers for topics"));
  return Metadata(metadata);
}

absl::Status CreateError(const std::string& topic, rd_kafka_resp_err_t code, const char* reason) {
  const std::string text = StrCat(
      "topic '", topic, "' cannot be created: ", std::string_view(reason == nullptr ? rd_kafka_err2str(code) : reason),
      " (", NameOf(code), ")");
  switch (code) {
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
      return absl::OkStatus();
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
      return PermissionDenied(text);
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
      return InvalidArgument(text);
    default:
      return Unavailable(text);
  }
}

// From big-endian bytes, as in Kafka's protocol; false if there are none any more.
template <typename T>
bool TakeInteger(std::string_view* bytes, T* value) {
  if (bytes->size() < sizeof(T)) return false;
  std::make_unsigned_t<T> bits = 0;
  for (size_t i = 0; i < sizeof(T); ++i)
    bits = static_cast<decltype(bits)>(bits << 8 | static_cast<uint8_t>((*bytes)[i]));
  *value = static_cast<T>(bits);
  bytes->remove_prefix(sizeof(T));
  return true;
}

// ConsumerProtocolAssignment: version, topics with their partitions.
std::vector<int32_t> AssignedPartitions(std::string_view bytes) {
  std::vector<int32_t> partitions;
  int16_t version = 0;
  int32_t topics = 0;
  if (!TakeInteger(&bytes, &version) || !TakeInteger(&bytes, &topics)) return partitions;
  for (int32_t i = 0; i < topics; ++i) {
    int16_t name = 0;
    int32_t count = 0;
    if (!TakeInteger(&bytes, &name) || name < 0 || static_cast<size_t>(name) > bytes.size()) return partitions;
    bytes.remove_prefix(static_cast<size_t>(name));
    if (!TakeInteger(&bytes, &count)) return partitions;
    for (int32_t partition; count > 0 && TakeInteger(&bytes, &partition); --count) partitions.push_back(partition);
  }
  return partitions;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Cluster>> Cluster::Connect(const KafkaOptions& options, ErrorSink* errors) {
  SLUICE_ASSIGN_OR_RETURN(Conf conf, MakeConf(options, Role::kControl, errors));
  SLUICE_ASSIGN_OR_RETURN(Client client, MakeClient(std::move(conf), Role::kControl));
  std::unique_ptr<Cluster> cluster(new Cluster(std::move(client)));
  // The callbacks of errors come from here; nobody else polls this client.
  char* id = rd_kafka_clusterid(cluster->client_.get(), Milliseconds(options.start_timeout));
  rd_kafka_poll(cluster->client_.get(), 0);
  if (id == nullptr) {
    return Unavailable("no Kafka broker answers at ", absl::StrJoin(options.brokers, ", "), " within ",
                       absl::FormatDuration(options.start_timeout));
  }
  cluster->id_ = id;
  rd_kafka_mem_free(cluster->client_.get(), id);
  return cluster;
}

absl::StatusOr<std::map<std::string, int32_t>> Cluster::Topics(absl::Duration timeout) {
  absl::StatusOr<Metadata> metadata = AskMetadata(client_.get(), nullptr, timeout);
  rd_kafka_poll(client_.get(), 0);
  if (!metadata.ok()) return metadata.status();
  std::map<std::string, int32_t> topics;
  for (int i = 0; i < (*metadata)->topic_cnt; ++i) {
    const rd_kafka_metadata_topic& topic = (*metadata)->topics[i];
    if (topic.err == RD_KAFKA_RESP_ERR_NO_ERROR && topic.partition_cnt > 0) topics[topic.topic] = topic.partition_cnt;
  }
  return topics;
}

absl::StatusOr<int32_t> Cluster::PartitionsOf(const std::string& topic, absl::Duration timeout) {
  const Topic handle(rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr));
  if (handle == nullptr) return FromKafka(rd_kafka_last_error(), StrCat("topic '", topic, "'"));
  SLUICE_ASSIGN_OR_RETURN(const Metadata metadata, AskMetadata(client_.get(), handle.get(), timeout));
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic& found = metadata->topics[i];
    if (topic != found.topic) continue;
    switch (found.err) {
      case RD_KAFKA_RESP_ERR_NO_ERROR:
        return found.partition_cnt;
      case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        return 0;
      case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        return PermissionDenied("topic '", topic, "': ", std::string_view(rd_kafka_err2str(found.err)));
      case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
        return InvalidArgument("topic '", topic, "': ", std::string_view(rd_kafka_err2str(found.err)));
      default:
        // Being made, or without a leader.
        return found.partition_cnt > 0 ? absl::StatusOr<int32_t>(found.partition_cnt)
                                       : FromKafka(found.err, StrCat("topic '", topic, "'"));
    }
  }
  return 0;
}

absl::Status Cluster::Create(const NewTopic& topic, absl::Duration timeout) {
  SLUICE_RETURN_IF_ERROR(Ask(topic, timeout));
  const Clock* const clock = SystemClock();
  const int64_t deadline = clock->MonotonicNanos() + absl::ToInt64Nanoseconds(timeout);
  // The brokers tell each other a little later.
  while (clock->MonotonicNanos() < deadline) {
    const absl::StatusOr<int32_t> partitions = PartitionsOf(topic.name, timeout);
    std::vector<TopicPartition> all;
    for (int32_t i = 0; partitions.ok() && i < *partitions; ++i) all.push_back({topic.name, i});
    const auto ends = Offsets(all, Which::kEnd, timeout);
    if (!all.empty() && ends.ok() && ends->size() == all.size()) return absl::OkStatus();
    rd_kafka_poll(client_.get(), kTopicPollMilliseconds);
  }
  return Unavailable("topic '", topic.name, "' was created, and not all of its partitions answer yet");
}

absl::Status Cluster::Ask(const NewTopic& topic, absl::Duration timeout) {
  using NewTopicHandle = std::unique_ptr<rd_kafka_NewTopic_t, Destroyer<&rd_kafka_NewTopic_destroy>>;
  using AdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t, Destroyer<&rd_kafka_AdminOptions_destroy>>;
  char reason[512];
  const NewTopicHandle handle(
      rd_kafka_NewTopic_new(topic.name.c_str(), topic.partitions, topic.replication_factor, reason, sizeof reason));
  if (handle == nullptr) {
    return InvalidArgument("topic '", topic.name, "' cannot be created: ", std::string_view(reason));
  }
  for (const auto& [name, value] : topic.config) {
    rd_kafka_NewTopic_set_config(handle.get(), name.c_str(), value.c_str());
  }
  const AdminOptions options(rd_kafka_AdminOptions_new(client_.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), Milliseconds(timeout), nullptr, 0);
  rd_kafka_AdminOptions_set_operation_timeout(options.get(), Milliseconds(timeout), nullptr, 0);
  const Queue queue(rd_kafka_queue_new(client_.get()));
  rd_kafka_NewTopic_t* topics[] = {handle.get()};
  rd_kafka_CreateTopics(client_.get(), topics, 1, options.get(), queue.get());
  const Event event(rd_kafka_queue_poll(queue.get(), Milliseconds(timeout + absl::Seconds(1))));
  if (event == nullptr) return Unavailable("topic '", topic.name, "' cannot be created: no answer");
  if (const rd_kafka_resp_err_t error = rd_kafka_event_error(event.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return CreateError(topic.name, error, rd_kafka_event_error_string(event.get()));
  }
  size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  if (count == 0) return absl::OkStatus();
  const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(results[0]);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
  return CreateError(topic.name, error, rd_kafka_topic_result_error_string(results[0]));
}

absl::StatusOr<std::map<TopicPartition, int64_t>> Cluster::Offsets(const std::vector<TopicPartition>& partitions,
                                                                   Which which, absl::Duration timeout) {
  return List(partitions, which == Which::kFirst ? kTimeOfFirst : kTimeOfEnd, timeout);
}

absl::StatusOr<std::map<TopicPartition, int64_t>> Cluster::OffsetsAt(const std::vector<TopicPartition>& partitions,
                                                                     int64_t unix_milli, absl::Duration timeout) {
  return List(partitions, std::max<int64_t>(unix_milli, 0), timeout);
}

absl::StatusOr<std::map<TopicPartition, int64_t>> Cluster::List(const std::vector<TopicPartition>& partitions,
                                                                int64_t time, absl::Duration timeout) {
  std::map<TopicPartition, int64_t> result;
  if (partitions.empty()) return result;
  const Partitions list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const TopicPartition& partition : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition)->offset = time;
  }
  const rd_kafka_resp_err_t error = rd_kafka_offsets_for_times(client_.get(), list.get(), Milliseconds(timeout));
  if (error != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART && error != RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC &&
      error != RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION) {
    SLUICE_RETURN_IF_ERROR(FromKafka(error, "ask the brokers for offsets"));
  }
  for (int i = 0; i < list->cnt; ++i) {
    const rd_kafka_topic_partition_t& found = list->elems[i];
    switch (found.err) {
      case RD_KAFKA_RESP_ERR_NO_ERROR:
        if (found.offset >= 0) result[{found.topic, found.partition}] = found.offset;
        break;
      case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
      case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        break;
      default:
        return FromKafka(found.err, StrCat("offsets of ", found.topic, "[", found.partition, "]"));
    }
  }
  return result;
}

absl::StatusOr<std::vector<Cluster::GroupMember>> Cluster::GroupMembers(const std::string& group,
                                                                        absl::Duration timeout) {
  using GroupList = std::unique_ptr<const rd_kafka_group_list, Destroyer<&rd_kafka_group_list_destroy>>;
  const rd_kafka_group_list* found = nullptr;
  const rd_kafka_resp_err_t error = rd_kafka_list_groups(client_.get(), group.c_str(), &found, Milliseconds(timeout));
  const GroupList list(found);
  SLUICE_RETURN_IF_ERROR(FromKafka(error, StrCat("ask the brokers for the members of ", group)));
  std::vector<GroupMember> members;
  for (int i = 0; i < list->group_cnt; ++i) {
    const rd_kafka_group_info& info = list->groups[i];
    for (int j = 0; j < info.member_cnt; ++j) {
      const rd_kafka_group_member_info& member = info.members[j];
      const std::string_view assignment(static_cast<const char*>(member.member_assignment),
                                        static_cast<size_t>(std::max(member.member_assignment_size, 0)));
      members.push_back({member.client_id, AssignedPartitions(assignment)});
    }
  }
  return members;
}

}  // namespace sluice::collector::kafka
