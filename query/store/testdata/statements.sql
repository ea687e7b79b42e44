-- Registrations
SELECT uscc, domain, kind, unit, record_id, version, toString(op) AS op_, toString(status) AS status_, toInt32(occurred_on) AS occurred_, toUnixTimestamp64Milli(recorded_at) AS recorded_, data AS data_ FROM {db}.records WHERE uscc IN (?, ?) AND domain IN (?) AND status IN ('ACCEPTED', 'MOVED') ORDER BY uscc, domain, unit, record_id, version DESC, status DESC LIMIT 1 BY uscc, domain, unit, record_id
-- [a b registration]

-- Registrations
SELECT uscc, domain, kind, unit, record_id, version, toString(op) AS op_, toString(status) AS status_, toInt32(occurred_on) AS occurred_, toUnixTimestamp64Milli(recorded_at) AS recorded_, data AS data_ FROM {db}.records WHERE uscc IN (?) AND domain IN (?) AND status IN ('ACCEPTED', 'MOVED') AND recorded_at <= fromUnixTimestamp64Milli(?, 'UTC') ORDER BY uscc, domain, unit, record_id, version DESC, status DESC LIMIT 1 BY uscc, domain, unit, record_id
-- [a registration 1772400000000]

-- Registrations
SELECT uscc, domain, kind, unit, record_id, version, toString(op) AS op_, toString(status) AS status_, toInt32(occurred_on) AS occurred_, toUnixTimestamp64Milli(recorded_at) AS recorded_, data AS data_ FROM {db}.records WHERE uscc IN (?) AND domain IN (?) AND status IN ('ACCEPTED', 'MOVED') AND offset <= transform(concat(topic, '/', toString(partition)), ['credit.registration/3'], CAST([41], 'Array(Int64)'), toInt64(-1)) ORDER BY uscc, domain, unit, record_id, version DESC, status DESC LIMIT 1 BY uscc, domain, unit, record_id
-- [a registration]

-- Identities
SELECT uscc, domain, kind, unit, record_id, version, toString(op) AS op_, toString(status) AS status_, toInt32(occurred_on) AS occurred_, toUnixTimestamp64Milli(recorded_at) AS recorded_, data AS data_ FROM {db}.records WHERE uscc IN (?) AND status IN ('ACCEPTED', 'MOVED') ORDER BY uscc, domain, unit, record_id, version DESC, status DESC LIMIT 1 BY uscc, domain, unit, record_id
-- [a]

-- Identities
SELECT uscc, domain, kind, unit, record_id, version, toString(op) AS op_, toString(status) AS status_, toInt32(occurred_on) AS occurred_, toUnixTimestamp64Milli(recorded_at) AS recorded_, data AS data_ FROM {db}.records WHERE uscc IN (?) AND status IN ('ACCEPTED', 'MOVED') AND offset <= transform(concat(topic, '/', toString(partition)), ['credit.decision/0', 'credit.registration/3'], CAST([7, 41], 'Array(Int64)'), toInt64(-1)) ORDER BY uscc, domain, unit, record_id, version DESC, status DESC LIMIT 1 BY uscc, domain, unit, record_id
-- [a]

-- Identities
SELECT uscc, domain, kind, unit, record_id, version, toString(op) AS op_, toString(status) AS status_, toInt32(occurred_on) AS occurred_, toUnixTimestamp64Milli(recorded_at) AS recorded_, data AS data_ FROM {db}.records WHERE uscc IN (?) AND domain IN (?) AND status IN ('ACCEPTED', 'MOVED') AND 0 ORDER BY uscc, domain, unit, record_id, version DESC, status DESC LIMIT 1 BY uscc, domain, unit, record_id
-- [a bank]

-- Identities
SELECT uscc, domain, kind, unit, record_id, version, toString(op) AS op_, toString(status) AS status_, toInt32(occurred_on) AS occurred_, toUnixTimestamp64Milli(recorded_at) AS recorded_, if(concat(domain, '/', kind) IN (?, ?), '', data) AS data_ FROM {db}.records WHERE uscc IN (?, ?) AND domain IN (?, ?) AND concat(domain, '/', kind) IN (?) AND status IN ('ACCEPTED', 'MOVED') AND recorded_at <= fromUnixTimestamp64Milli(?, 'UTC') ORDER BY uscc, domain, unit, record_id, version DESC, status DESC LIMIT 1 BY uscc, domain, unit, record_id
-- [permit/permit tax/grade a b permit tax tax/grade 1772400000000]

-- few
SELECT uscc, domain, kind, unit, record_id, version, toString(op) AS op_, toString(status) AS status_, toInt32(occurred_on) AS occurred_, toUnixTimestamp64Milli(recorded_at) AS recorded_, data AS data_ FROM {db}.records WHERE uscc IN (?) AND status IN ('ACCEPTED', 'MOVED') ORDER BY uscc, domain, unit, record_id, version DESC, status DESC LIMIT 1 BY uscc, domain, unit, record_id LIMIT ?
-- [a 1032]

-- census
SELECT uscc, uniqExact(domain, unit, record_id) FROM {db}.records WHERE uscc IN (?) AND domain IN (?) AND status IN ('ACCEPTED', 'MOVED') GROUP BY uscc
-- [a tax]

-- RecordPage
SELECT uscc, domain, kind, unit, record_id, version, op_, status_, occurred_, recorded_, data_ FROM (SELECT uscc, domain, kind, unit, record_id, version, toString(op) AS op_, toString(status) AS status_, toInt32(occurred_on) AS occurred_, toUnixTimestamp64Milli(recorded_at) AS recorded_, '' AS data_ FROM {db}.records WHERE uscc IN (?) AND status IN ('ACCEPTED', 'MOVED') ORDER BY uscc, domain, unit, record_id, version DESC, status DESC LIMIT 1 BY uscc, domain, unit, record_id) WHERE status_ = 'ACCEPTED' AND op_ = 'upsert' AND (concat(domain, '/', kind) IN (?) OR unit = ? AND concat(domain, '/', kind) IN (?, ?)) ORDER BY recorded_ DESC, domain, unit, record_id LIMIT ?
-- [a permit/permit MOF permit/permit tax/grade 21]

-- RecordPage
SELECT uscc, domain, kind, unit, record_id, version, op_, status_, occurred_, recorded_, data_ FROM (SELECT uscc, domain, kind, unit, record_id, version, toString(op) AS op_, toString(status) AS status_, toInt32(occurred_on) AS occurred_, toUnixTimestamp64Milli(recorded_at) AS recorded_, '' AS data_ FROM {db}.records WHERE uscc IN (?) AND domain IN (?) AND status IN ('ACCEPTED', 'MOVED') AND recorded_at <= fromUnixTimestamp64Milli(?, 'UTC') ORDER BY uscc, domain, unit, record_id, version DESC, status DESC LIMIT 1 BY uscc, domain, unit, record_id) WHERE status_ = 'ACCEPTED' AND op_ = 'upsert' AND (concat(domain, '/', kind) IN (?)) AND (-recorded_, toString(domain), toString(unit), record_id) > (?, ?, ?, ?) ORDER BY recorded_ DESC, domain, unit, record_id LIMIT ?
-- [a tax 1772400000000 tax/grade -1772400000000 tax TAX T-1 21]

-- CountRecords
SELECT count() FROM (SELECT uscc, domain, kind, unit, record_id, version, toString(op) AS op_, toString(status) AS status_, toInt32(occurred_on) AS occurred_, toUnixTimestamp64Milli(recorded_at) AS recorded_ FROM {db}.records WHERE uscc IN (?) AND domain IN (?) AND status IN ('ACCEPTED', 'MOVED') AND 0 ORDER BY uscc, domain, unit, record_id, version DESC, status DESC LIMIT 1 BY uscc, domain, unit, record_id) WHERE status_ = 'ACCEPTED' AND op_ = 'upsert' AND (concat(domain, '/', kind) IN (?))
-- [a tax tax/grade]

-- Contents
SELECT uscc, domain, unit, record_id, version, any(data) FROM {db}.records WHERE (uscc, domain, unit, record_id, version) IN ((?, ?, ?, ?, ?), (?, ?, ?, ?, ?)) AND status = 'ACCEPTED' GROUP BY uscc, domain, unit, record_id, version
-- [a permit SAMR P-1 2 b permit SAMR P-2 1]

-- Entries
SELECT entry_id, seq, uscc, list, state, cause, document_no, decided_by, toInt32(decided_on) AS decided_, toInt32(served_on) AS served_, toInt32(since) AS since_, toInt32(until) AS until_, toInt32(exited_on) AS exited_, annotated, exit_type, exit_document_no, tellers, persons, gone, toUnixTimestamp64Milli(recorded_at) AS recorded_ FROM {db}.entries WHERE uscc IN (?) ORDER BY uscc, entry_id, seq DESC LIMIT 1 BY uscc, entry_id
-- [a]

-- Entries
SELECT entry_id, seq, uscc, list, state, cause, document_no, decided_by, toInt32(decided_on) AS decided_, toInt32(served_on) AS served_, toInt32(since) AS since_, toInt32(until) AS until_, toInt32(exited_on) AS exited_, annotated, exit_type, exit_document_no, tellers, persons, gone, toUnixTimestamp64Milli(recorded_at) AS recorded_ FROM {db}.entries WHERE uscc IN (?, ?) AND recorded_at <= fromUnixTimestamp64Milli(?, 'UTC') ORDER BY uscc, entry_id, seq DESC LIMIT 1 BY uscc, entry_id
-- [a b 1772400000000]

-- Entries
SELECT entry_id, seq, uscc, list, state, cause, document_no, decided_by, toInt32(decided_on) AS decided_, toInt32(served_on) AS served_, toInt32(since) AS since_, toInt32(until) AS until_, toInt32(exited_on) AS exited_, annotated, exit_type, exit_document_no, tellers, persons, gone, toUnixTimestamp64Milli(recorded_at) AS recorded_ FROM {db}.entries WHERE uscc IN (?) AND seq < ? ORDER BY uscc, entry_id, seq DESC LIMIT 1 BY uscc, entry_id
-- [a 32]

-- few
SELECT entry_id, seq, uscc, list, state, cause, document_no, decided_by, toInt32(decided_on) AS decided_, toInt32(served_on) AS served_, toInt32(since) AS since_, toInt32(until) AS until_, toInt32(exited_on) AS exited_, annotated, exit_type, exit_document_no, tellers, persons, gone, toUnixTimestamp64Milli(recorded_at) AS recorded_ FROM {db}.entries WHERE uscc IN (?) ORDER BY uscc, entry_id, seq DESC LIMIT 1 BY uscc, entry_id LIMIT ?
-- [a 1032]

-- census
SELECT uscc, uniqExact(entry_id) FROM {db}.entries WHERE uscc IN (?) GROUP BY uscc
-- [a]

-- ListEntries
SELECT entry_id, uscc, list, state, cause, document_no, decided_by, decided_, served_, since_, until_, exited_, annotated, exit_type, exit_document_no, tellers, persons FROM (SELECT entry_id, seq, uscc, list, state, cause, document_no, decided_by, toInt32(decided_on) AS decided_, toInt32(served_on) AS served_, toInt32(since) AS since_, toInt32(until) AS until_, toInt32(exited_on) AS exited_, annotated, exit_type, exit_document_no, tellers, persons, gone, toUnixTimestamp64Milli(recorded_at) AS recorded_ FROM {db}.entries WHERE 1 ORDER BY uscc, entry_id, seq DESC LIMIT 1 BY uscc, entry_id) WHERE NOT gone ORDER BY uscc, entry_id LIMIT ?
-- [21]

-- ListEntries
SELECT entry_id, uscc, list, state, cause, document_no, decided_by, decided_, served_, since_, until_, exited_, annotated, exit_type, exit_document_no, tellers, persons FROM (SELECT entry_id, seq, uscc, list, state, cause, document_no, decided_by, toInt32(decided_on) AS decided_, toInt32(served_on) AS served_, toInt32(since) AS since_, toInt32(until) AS until_, toInt32(exited_on) AS exited_, annotated, exit_type, exit_document_no, tellers, persons, gone, toUnixTimestamp64Milli(recorded_at) AS recorded_ FROM {db}.entries WHERE 1 AND (uscc, entry_id) > (?, ?) ORDER BY uscc, entry_id, seq DESC LIMIT 1 BY uscc, entry_id) WHERE NOT gone AND (1 AND multiIf(state IN ('IN_FORCE', 'SUSPENDED') AND until_ != -25567 AND until_ < ?, 'EXITED', state = 'IN_FORCE' AND since_ != -25567 AND since_ > ?, 'SERVED', state) IN (?, ?) OR decided_by = ? OR position(concat('\n', tellers), ?) > 0) ORDER BY uscc, entry_id LIMIT ?
-- [a E-1 20514 20514 IN_FORCE SUSPENDED MOF 
MOF	 21]

-- ListEntries
SELECT entry_id, uscc, list, state, cause, document_no, decided_by, decided_, served_, since_, until_, exited_, annotated, exit_type, exit_document_no, tellers, persons FROM (SELECT entry_id, seq, uscc, list, state, cause, document_no, decided_by, toInt32(decided_on) AS decided_, toInt32(served_on) AS served_, toInt32(since) AS since_, toInt32(until) AS until_, toInt32(exited_on) AS exited_, annotated, exit_type, exit_document_no, tellers, persons, gone, toUnixTimestamp64Milli(recorded_at) AS recorded_ FROM {db}.entries WHERE 1 AND (uscc, entry_id) IN (SELECT uscc, entry_id FROM {db}.entries WHERE list = ?) AND uscc = ? ORDER BY uscc, entry_id, seq DESC LIMIT 1 BY uscc, entry_id) WHERE NOT gone AND list = ? AND multiIf(state IN ('IN_FORCE', 'SUSPENDED') AND until_ != -25567 AND until_ < ?, 'EXITED', state = 'IN_FORCE' AND since_ != -25567 AND since_ > ?, 'SERVED', state) = ? AND (1 AND list IN (?, ?) AND multiIf(state IN ('IN_FORCE', 'SUSPENDED') AND until_ != -25567 AND until_ < ?, 'EXITED', state = 'IN_FORCE' AND since_ != -25567 AND since_ > ?, 'SERVED', state) IN (?) OR decided_by = ? OR position(concat('\n', tellers), ?) > 0) ORDER BY uscc, entry_id LIMIT ?
-- [L09 u L09 20514 20514 IN_FORCE L01 L09 20514 20514 IN_FORCE MOF 
MOF	 21]

-- CountEntries
SELECT count() FROM (SELECT entry_id, seq, uscc, list, state, cause, document_no, decided_by, toInt32(decided_on) AS decided_, toInt32(served_on) AS served_, toInt32(since) AS since_, toInt32(until) AS until_, toInt32(exited_on) AS exited_, annotated, exit_type, exit_document_no, tellers, persons, gone, toUnixTimestamp64Milli(recorded_at) AS recorded_ FROM {db}.entries WHERE 1 AND (uscc, entry_id) IN (SELECT uscc, entry_id FROM {db}.entries WHERE list = ?) AND uscc = ? ORDER BY uscc, entry_id, seq DESC LIMIT 1 BY uscc, entry_id) WHERE NOT gone AND list = ? AND multiIf(state IN ('IN_FORCE', 'SUSPENDED') AND until_ != -25567 AND until_ < ?, 'EXITED', state = 'IN_FORCE' AND since_ != -25567 AND since_ > ?, 'SERVED', state) = ? AND (1 AND list IN (?, ?) AND multiIf(state IN ('IN_FORCE', 'SUSPENDED') AND until_ != -25567 AND until_ < ?, 'EXITED', state = 'IN_FORCE' AND since_ != -25567 AND since_ > ?, 'SERVED', state) IN (?) OR decided_by = ? OR position(concat('\n', tellers), ?) > 0)
-- [L09 u L09 20514 20514 IN_FORCE L01 L09 20514 20514 IN_FORCE MOF 
MOF	]

-- LooksPersonal
SELECT uscc, count() FROM (SELECT entry_id, seq, uscc, list, state, cause, document_no, decided_by, toInt32(decided_on) AS decided_, toInt32(served_on) AS served_, toInt32(since) AS since_, toInt32(until) AS until_, toInt32(exited_on) AS exited_, annotated, exit_type, exit_document_no, tellers, persons, gone, toUnixTimestamp64Milli(recorded_at) AS recorded_ FROM {db}.entries WHERE 1 AND (uscc, entry_id) IN (SELECT uscc, entry_id FROM {db}.entries WHERE list = ?) AND uscc = ? AND match(uscc, '^[0-9]{6}(19|20)[0-9]{9}[0-9X]$') ORDER BY uscc, entry_id, seq DESC LIMIT 1 BY uscc, entry_id) WHERE NOT gone AND list = ? AND multiIf(state IN ('IN_FORCE', 'SUSPENDED') AND until_ != -25567 AND until_ < ?, 'EXITED', state = 'IN_FORCE' AND since_ != -25567 AND since_ > ?, 'SERVED', state) = ? AND (1 AND list IN (?, ?) AND multiIf(state IN ('IN_FORCE', 'SUSPENDED') AND until_ != -25567 AND until_ < ?, 'EXITED', state = 'IN_FORCE' AND since_ != -25567 AND since_ > ?, 'SERVED', state) IN (?) OR decided_by = ? OR position(concat('\n', tellers), ?) > 0) GROUP BY uscc
-- [L09 u L09 20514 20514 IN_FORCE L01 L09 20514 20514 IN_FORCE MOF 
MOF	]

-- Names
SELECT min(name) AS n, uscc FROM {db}.names WHERE startsWith(name, ?) GROUP BY uscc ORDER BY n, uscc LIMIT ?
-- [武汉 21]

-- Names
SELECT min(name) AS n, uscc FROM {db}.names WHERE position(name, ?) > 0 GROUP BY uscc HAVING (n, uscc) > (?, ?) ORDER BY n, uscc LIMIT ?
-- [武汉 武汉示例 a 21]

-- CountNames
SELECT uniqExact(uscc) FROM {db}.names WHERE startsWith(name, ?)
-- [武汉]

-- SourceCounts
SELECT unit, domain, toString(status) AS status_, count(), toUnixTimestamp64Milli(max(recorded_at)) FROM {db}.records GROUP BY unit, domain, status
-- []

-- RejectCounts
SELECT unit, domain, uniqExact(batch_id, line, topic, partition, offset) FROM {db}.rejects GROUP BY unit, domain
-- []

-- StoredPositions
SELECT topic, partition, max(offset) FROM {db}.records GROUP BY topic, partition
-- []

-- HeardBy
SELECT unit, domain, toUnixTimestamp64Milli(max(recorded_at)) FROM {db}.records WHERE domain IN (?) AND status IN ('ACCEPTED', 'DUPLICATE', 'HEARTBEAT') AND recorded_at >= fromUnixTimestamp64Milli(?, 'UTC') AND recorded_at <= fromUnixTimestamp64Milli(?, 'UTC') GROUP BY unit, domain
-- [decision 1772396400000 1772400000000]

