CREATE DATABASE IF NOT EXISTS `credithub`;

CREATE TABLE IF NOT EXISTS `credithub`.`records`
(
    `uscc` String,
    `domain` LowCardinality(String),
    `kind` LowCardinality(String),
    `unit` LowCardinality(String),
    `record_id` String,
    `version` UInt32,
    `op` Enum8('upsert' = 1, 'retract' = 2, 'heartbeat' = 3),
    `status` Enum8('ACCEPTED' = 1, 'DUPLICATE' = 2, 'REJECTED' = 3, 'HEARTBEAT' = 4, 'MOVED' = 5),
    `occurred_on` Date32,
    `recorded_at` DateTime64(3, 'UTC'),
    `data` String,
    `hash` UInt64,
    `batch_id` String,
    `line` UInt32,
    `faults` String,
    `topic` LowCardinality(String),
    `partition` UInt16,
    `offset` Int64,
    `feed_offset` Int64,
    `sent` UInt64,
    INDEX `by_record_id` record_id TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX `by_batch_id` batch_id TYPE bloom_filter(0.01) GRANULARITY 4,
    PROJECTION `positions` (SELECT topic, partition, unit, domain, status, max(offset), max(feed_offset), max(recorded_at), count() GROUP BY topic, partition, unit, domain, status)
)
ENGINE = MergeTree()
ORDER BY (uscc, domain, unit, record_id, version, offset)
SETTINGS index_granularity = 256, non_replicated_deduplication_window = 1000
COMMENT 'every message of the domain topics, one row a message and one more for a record that left a subject';

CREATE TABLE IF NOT EXISTS `credithub`.`entries`
(
    `entry_id` String,
    `seq` UInt64,
    `uscc` String,
    `list` LowCardinality(String),
    `state` LowCardinality(String),
    `cause` String,
    `document_no` String,
    `decided_by` LowCardinality(String),
    `decided_on` Date32,
    `served_on` Date32,
    `since` Date32,
    `until` Date32,
    `exited_on` Date32,
    `annotated` Bool,
    `exit_type` LowCardinality(String),
    `exit_document_no` String,
    `tellers` String,
    `persons` String,
    `gone` Bool,
    `recorded_at` DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree()
ORDER BY (uscc, entry_id, seq)
SETTINGS index_granularity = 1024
COMMENT 'states of list entries; the highest seq of (uscc, entry_id) holds';

CREATE TABLE IF NOT EXISTS `credithub`.`names`
(
    `name` String,
    `uscc` String,
    `current` Bool,
    `recorded_at` DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(recorded_at)
ORDER BY (name, uscc)
SETTINGS index_granularity = 256
COMMENT 'which codes bore a folded name; candidates, to be checked against records';

CREATE TABLE IF NOT EXISTS `credithub`.`rejects`
(
    `unit` LowCardinality(String),
    `domain` LowCardinality(String),
    `batch_id` String,
    `line` UInt32,
    `record_id` String,
    `at` DateTime64(3, 'UTC'),
    `code` LowCardinality(String),
    `field` String,
    `message` String,
    `topic` LowCardinality(String),
    `partition` UInt16,
    `offset` Int64,
    `kind` LowCardinality(String),
    `value` String,
    `row` String
)
ENGINE = ReplacingMergeTree()
ORDER BY (unit, batch_id, line, topic, partition, offset, code, field)
SETTINGS index_granularity = 1024
COMMENT 'faults of rows, from the gateway and from intake';

CREATE TABLE IF NOT EXISTS `credithub`.`batches`
(
    `batch_id` String,
    `unit` LowCardinality(String),
    `received_at` DateTime64(3, 'UTC'),
    `accepted` UInt32,
    `rejected` UInt32,
    `positions` String
)
ENGINE = ReplacingMergeTree()
ORDER BY (batch_id)
SETTINGS index_granularity = 256
COMMENT 'heads of pushes';

CREATE TABLE IF NOT EXISTS `credithub`.`audit`
(
    `writer` LowCardinality(String),
    `seq` UInt64,
    `at` DateTime64(6, 'UTC'),
    `actor` String,
    `unit` LowCardinality(String),
    `role` LowCardinality(String),
    `action` LowCardinality(String),
    `subject` String,
    `matter` LowCardinality(String),
    `case_no` String,
    `outcome` LowCardinality(String),
    `digest` String,
    `prev` String,
    `hash` String,
    `purpose` String
)
ENGINE = ReplacingMergeTree()
ORDER BY (writer, seq, hash)
COMMENT 'who saw what and why, with the chain of each writer';

CREATE TABLE IF NOT EXISTS `credithub`.`log_positions`
(
    `topic` LowCardinality(String),
    `partition` UInt16,
    `offset` Int64
)
ENGINE = ReplacingMergeTree(offset)
ORDER BY (topic, partition)
COMMENT 'how far the log topics are stored; the highest offset holds';

CREATE TABLE IF NOT EXISTS `credithub`.`fingerprints`
(
    `name` LowCardinality(String),
    `fingerprint` String,
    `at` DateTime64(6, 'UTC')
)
ENGINE = MergeTree()
ORDER BY (name, at)
COMMENT 'fingerprints of the secrets under which the data were written; the first of a name holds';
