CREATE DATABASE IF NOT EXISTS `credithub` ON CLUSTER `hub`;

CREATE TABLE IF NOT EXISTS `credithub`.`records_local` ON CLUSTER `hub`
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/credithub/records', '{replica}')
ORDER BY (uscc, domain, unit, record_id, version, offset)
SETTINGS index_granularity = 256, non_replicated_deduplication_window = 1000
COMMENT 'every message of the domain topics, one row a message and one more for a record that left a subject';

CREATE TABLE IF NOT EXISTS `credithub`.`records` ON CLUSTER `hub` AS `credithub`.`records_local`
ENGINE = Distributed('hub', 'credithub', 'records_local', sipHash64(topic, partition))
COMMENT 'every message of the domain topics, one row a message and one more for a record that left a subject';

CREATE TABLE IF NOT EXISTS `credithub`.`entries_local` ON CLUSTER `hub`
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
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/credithub/entries', '{replica}')
ORDER BY (uscc, entry_id, seq)
SETTINGS index_granularity = 1024
COMMENT 'states of list entries; the highest seq of (uscc, entry_id) holds';

CREATE TABLE IF NOT EXISTS `credithub`.`entries` ON CLUSTER `hub` AS `credithub`.`entries_local`
ENGINE = Distributed('hub', 'credithub', 'entries_local', sipHash64(uscc))
COMMENT 'states of list entries; the highest seq of (uscc, entry_id) holds';

CREATE TABLE IF NOT EXISTS `credithub`.`names_local` ON CLUSTER `hub`
(
    `name` String,
    `uscc` String,
    `current` Bool,
    `recorded_at` DateTime64(3, 'UTC')
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/credithub/names', '{replica}', recorded_at)
ORDER BY (name, uscc)
SETTINGS index_granularity = 256
COMMENT 'which codes bore a folded name; candidates, to be checked against records';

CREATE TABLE IF NOT EXISTS `credithub`.`names` ON CLUSTER `hub` AS `credithub`.`names_local`
ENGINE = Distributed('hub', 'credithub', 'names_local', sipHash64(name))
COMMENT 'which codes bore a folded name; candidates, to be checked against records';

CREATE TABLE IF NOT EXISTS `credithub`.`rejects_local` ON CLUSTER `hub`
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
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/credithub/rejects', '{replica}')
ORDER BY (unit, batch_id, line, topic, partition, offset, code, field)
SETTINGS index_granularity = 1024
COMMENT 'faults of rows, from the gateway and from intake';

CREATE TABLE IF NOT EXISTS `credithub`.`rejects` ON CLUSTER `hub` AS `credithub`.`rejects_local`
ENGINE = Distributed('hub', 'credithub', 'rejects_local', sipHash64(unit))
COMMENT 'faults of rows, from the gateway and from intake';

CREATE TABLE IF NOT EXISTS `credithub`.`batches_local` ON CLUSTER `hub`
(
    `batch_id` String,
    `unit` LowCardinality(String),
    `received_at` DateTime64(3, 'UTC'),
    `accepted` UInt32,
    `rejected` UInt32,
    `positions` String
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/credithub/batches', '{replica}')
ORDER BY (batch_id)
SETTINGS index_granularity = 256
COMMENT 'heads of pushes';

CREATE TABLE IF NOT EXISTS `credithub`.`batches` ON CLUSTER `hub` AS `credithub`.`batches_local`
ENGINE = Distributed('hub', 'credithub', 'batches_local', sipHash64(batch_id))
COMMENT 'heads of pushes';

CREATE TABLE IF NOT EXISTS `credithub`.`audit_local` ON CLUSTER `hub`
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
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/credithub/audit', '{replica}')
ORDER BY (writer, seq, hash)
COMMENT 'who saw what and why, with the chain of each writer';

CREATE TABLE IF NOT EXISTS `credithub`.`audit` ON CLUSTER `hub` AS `credithub`.`audit_local`
ENGINE = Distributed('hub', 'credithub', 'audit_local', sipHash64(writer))
COMMENT 'who saw what and why, with the chain of each writer';

CREATE TABLE IF NOT EXISTS `credithub`.`log_positions_local` ON CLUSTER `hub`
(
    `topic` LowCardinality(String),
    `partition` UInt16,
    `offset` Int64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/credithub/log_positions', '{replica}', offset)
ORDER BY (topic, partition)
COMMENT 'how far the log topics are stored; the highest offset holds';

CREATE TABLE IF NOT EXISTS `credithub`.`log_positions` ON CLUSTER `hub` AS `credithub`.`log_positions_local`
ENGINE = Distributed('hub', 'credithub', 'log_positions_local', sipHash64(topic))
COMMENT 'how far the log topics are stored; the highest offset holds';

CREATE TABLE IF NOT EXISTS `credithub`.`fingerprints_local` ON CLUSTER `hub`
(
    `name` LowCardinality(String),
    `fingerprint` String,
    `at` DateTime64(6, 'UTC')
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/credithub/fingerprints', '{replica}')
ORDER BY (name, at)
COMMENT 'fingerprints of the secrets under which the data were written; the first of a name holds';

CREATE TABLE IF NOT EXISTS `credithub`.`fingerprints` ON CLUSTER `hub` AS `credithub`.`fingerprints_local`
ENGINE = Distributed('hub', 'credithub', 'fingerprints_local', sipHash64(name))
COMMENT 'fingerprints of the secrets under which the data were written; the first of a name holds';
