// Batches for tests.
#pragma once

#include <string>

#include "sluice/v1/log.pb.h"

namespace sluice::client {

// Every field set; two records.
inline v1::LogBatch FullBatch() {
  v1::LogBatch batch;
  batch.set_topic("shop.checkout");
  batch.set_agent("web-1");
  batch.set_host("web-1.example");
  batch.set_path("/var/log/shop/checkout.log");
  batch.set_source("shop");
  (*batch.mutable_labels())["environment"] = "prod";
  (*batch.mutable_labels())["service"] = "shop";
  batch.mutable_file()->set_device(7);
  batch.mutable_file()->set_inode(42);
  batch.mutable_file()->set_generation(3);
  batch.set_first_offset(100);
  batch.set_end_offset(200);
  batch.mutable_summary()->set_count(2);
  batch.mutable_head()->set_length(100);
  batch.mutable_frontier()->set_xxh3(99);
  v1::LogRecord* text = batch.add_records();
  text->set_time_unix_nano(1'700'000'000'123'456'789);
  text->set_severity(v1::SEVERITY_ERROR);
  text->set_severity_text("error");
  text->set_body("payment failed");
  (*text->mutable_attributes())["order"] = "A-1029";
  text->set_offset(100);
  v1::LogRecord* bytes = batch.add_records();
  bytes->set_time_unix_nano(1'700'000'001'000'000'000);
  bytes->set_body("caf\uFFFD");
  bytes->set_raw_body("caf\xe9");
  bytes->set_offset(150);
  bytes->set_part(v1::LINE_PART_LAST);
  return batch;
}

}  // namespace sluice::client
