package fields

// op says what a step writes.
type op uint8

const (
	opTypename op = iota
	opCheckID
	opCheckOutcome
	opCheckObligation
	opCheckUSCC
	opCheckMatter
	opCheckHits
	opCheckStale
	opCheckUnconnected
	opCheckAsOf
	opCheckReceipt
	opHitEntry
	opHitMeasure
	opHitObligation
	opHitCitation
	opHitRole
	opHitProven
	opHitEvidence
	opEvidenceCode
	opEvidenceReason
	opEvidenceReasonEn
	opEvidenceSince
	opEvidenceUntil
	opEvidenceRecord
	opRecordID
	opRecordDomain
	opRecordKind
	opRecordUnit
	opRecordVersion
	opRecordOp
	opEntryID
	opEntryList
	opEntryUSCC
	opEntryState
	opEntryCause
	opEntryDocumentNo
	opEntryDecidedBy
	opEntryDecidedOn
	opEntryServedOn
	opEntrySince
	opEntryUntil
	opEntryWayOutZh
	opEntryWayOutEn
	opEntryEffective
	opEntryNoEffectZh
	opEntryNoEffectEn
	opEntryAnnotated
	opEntryExitType
	opEntryExitedOn
	opListCode
	opListNameZh
	opListNameEn
	opListSerious
	opMeasureCode
	opMeasureNameZh
	opMeasureNameEn
	opMeasureKind
	opMeasureCitation
	opMeasureDepartment
	opMatterCode
	opMatterNameZh
	opMatterNameEn
	opMatterDepartment
	opUnitCode
	opUnitName
	opSourceUnit
	opSourceDomain
	opSourceLast
	opSourceFresh
	opSourceConnected
	opSourceSince
	opSourceDecidedBy
	opSourceDecision
)

// writers are the fields that a plan can write: with the type of their
// selection, "" for leaves. What needs the store is missing on purpose.
var writers = map[string]struct {
	op  op
	typ string
}{
	"Check.id": {opCheckID, ""}, "Check.outcome": {opCheckOutcome, ""}, "Check.obligation": {opCheckObligation, ""},
	"Check.uscc": {opCheckUSCC, ""}, "Check.matter": {opCheckMatter, "Matter"}, "Check.hits": {opCheckHits, "Hit"},
	"Check.staleSources": {opCheckStale, "Source"}, "Check.unconnectedSources": {opCheckUnconnected, "Source"}, "Check.asOf": {opCheckAsOf, ""}, "Check.receipt": {opCheckReceipt, ""},
	"Hit.entry": {opHitEntry, "ListEntry"}, "Hit.measure": {opHitMeasure, "Measure"}, "Hit.obligation": {opHitObligation, ""}, "Hit.citation": {opHitCitation, ""},
	"Hit.role": {opHitRole, ""}, "Hit.proven": {opHitProven, ""},
	"Hit.evidence": {opHitEvidence, "Evidence"}, "Evidence.code": {opEvidenceCode, ""}, "Evidence.reason": {opEvidenceReason, ""},
	"Evidence.reasonEn": {opEvidenceReasonEn, ""}, "Evidence.since": {opEvidenceSince, ""}, "Evidence.until": {opEvidenceUntil, ""},
	"Evidence.record": {opEvidenceRecord, "Record"},
	"Record.id":       {opRecordID, ""}, "Record.domain": {opRecordDomain, ""}, "Record.kind": {opRecordKind, ""},
	"Record.unit": {opRecordUnit, "Unit"}, "Record.version": {opRecordVersion, ""}, "Record.op": {opRecordOp, ""},
	"ListEntry.id": {opEntryID, ""}, "ListEntry.list": {opEntryList, "CreditList"}, "ListEntry.uscc": {opEntryUSCC, ""},
	"ListEntry.state": {opEntryState, ""}, "ListEntry.cause": {opEntryCause, ""}, "ListEntry.documentNo": {opEntryDocumentNo, ""},
	"ListEntry.decidedBy": {opEntryDecidedBy, "Unit"}, "ListEntry.decidedOn": {opEntryDecidedOn, ""},
	"ListEntry.servedOn": {opEntryServedOn, ""}, "ListEntry.since": {opEntrySince, ""}, "ListEntry.until": {opEntryUntil, ""},
	"ListEntry.annotated": {opEntryAnnotated, ""}, "ListEntry.exitType": {opEntryExitType, ""}, "ListEntry.exitedOn": {opEntryExitedOn, ""},
	"ListEntry.effective": {opEntryEffective, ""}, "ListEntry.noEffectReasonZh": {opEntryNoEffectZh, ""}, "ListEntry.noEffectReasonEn": {opEntryNoEffectEn, ""},
	"ListEntry.wayOutZh": {opEntryWayOutZh, ""}, "ListEntry.wayOutEn": {opEntryWayOutEn, ""},
	"CreditList.code": {opListCode, ""}, "CreditList.nameZh": {opListNameZh, ""}, "CreditList.nameEn": {opListNameEn, ""},
	"CreditList.serious": {opListSerious, ""},
	"Measure.code":       {opMeasureCode, ""}, "Measure.nameZh": {opMeasureNameZh, ""}, "Measure.nameEn": {opMeasureNameEn, ""},
	"Measure.kind": {opMeasureKind, ""}, "Measure.citation": {opMeasureCitation, ""}, "Measure.department": {opMeasureDepartment, ""},
	"Matter.code": {opMatterCode, ""}, "Matter.nameZh": {opMatterNameZh, ""}, "Matter.nameEn": {opMatterNameEn, ""},
	"Matter.department": {opMatterDepartment, ""},
	"Unit.code":         {opUnitCode, ""}, "Unit.name": {opUnitName, ""},
	"Source.unit": {opSourceUnit, "Unit"}, "Source.domain": {opSourceDomain, ""}, "Source.lastReceivedAt": {opSourceLast, ""},
	"Source.fresh": {opSourceFresh, ""}, "Source.connected": {opSourceConnected, ""}, "Source.connectedSince": {opSourceSince, ""},
	"Source.decidedBy": {opSourceDecidedBy, ""}, "Source.decision": {opSourceDecision, ""},
}
