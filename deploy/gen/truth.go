package gen

import (
	"maps"

	"credithub/schema/fault"
)

// Truth is what the hub must answer once everything has been pushed.
type Truth struct {
	Seed     uint64 `json:"seed"`
	Today    string `json:"today"`
	Entities int    `json:"entities"`

	Rows         int                       `json:"rows"`         // accepted rows, every version, duplicates not counted
	Duplicates   int                       `json:"duplicates"`   // rows pushed again unchanged
	RejectedRows int                       `json:"rejectedRows"` // rows with a fault
	RowsOf       map[string]int            `json:"rowsOf"`       // accepted rows by domain
	RecordsOf    map[string]int            `json:"recordsOf"`    // records by domain, whatever their version
	Accepted     map[string]map[string]int `json:"accepted"`     // by unit and domain
	Rejected     map[fault.Code]int        `json:"rejected"`     // by code
	ArrearsCents int64                     `json:"arrearsCents"` // sum of tax arrears in fen
	Insured      int64                     `json:"insured"`      // sum of insured head-counts over all periods
	EntriesIn    map[string]int            `json:"entriesIn"`    // entries by state
	Blacklisted  int                       `json:"blacklisted"`  // entities with a serious list entry in force
	Abnormal     int                       `json:"abnormal"`     // entities on L01 or L02 in force
	Subjects     map[string]*SubjectTruth  `json:"subjects"`     // entities with entries
	Codes        []string                  `json:"codes"`        // every entity
	// Facts are what records oblige to without any entry, by entity and matter;
	// where entries do as well, the higher one counts. See Obligation.
	Facts   map[string]map[string]string `json:"facts"`
	records map[string]struct{}
}

// SubjectTruth is the truth about one entity with entries.
type SubjectTruth struct {
	Entries     []EntryTruth      `json:"entries"`
	Obligations map[string]string `json:"obligations"` // by matter; a matter not named is NONE
	Blacklisted bool              `json:"blacklisted"`
	Abnormal    bool              `json:"abnormal"`
}

// EntryTruth is the truth about one entry.
type EntryTruth struct {
	ID         string `json:"id"`
	List       string `json:"list"`
	Unit       string `json:"unit"`
	State      string `json:"state"`
	ExitType   string `json:"exitType,omitempty"`
	DocumentNo string `json:"documentNo"`
}

func newTruth(cfg Config) Truth {
	return Truth{
		Seed: cfg.Seed, Today: cfg.Today.String(), RowsOf: map[string]int{}, RecordsOf: map[string]int{},
		Accepted: map[string]map[string]int{}, Rejected: map[fault.Code]int{}, EntriesIn: map[string]int{},
		Subjects: map[string]*SubjectTruth{}, Facts: map[string]map[string]string{}, records: map[string]struct{}{},
	}
}

func (t *Truth) accept(r row) {
	t.Rows++
	d := r.domain.String()
	t.RowsOf[d]++
	if t.Accepted[r.unit] == nil {
		t.Accepted[r.unit] = map[string]int{}
	}
	t.Accepted[r.unit][d]++
	key := r.unit + "\x00" + d + "\x00" + r.id
	if _, ok := t.records[key]; !ok {
		t.records[key] = struct{}{}
		t.RecordsOf[d]++
	}
	if r.kind == "registration" && r.version == 1 {
		t.Codes = append(t.Codes, r.code)
	}
	for matter, obligation := range testifies[factOf(&r)] {
		if t.Facts[r.code] == nil {
			t.Facts[r.code] = map[string]string{}
		}
		t.Facts[r.code][matter] = obligation
	}
}

// factOf is what a row says that bears on a matter, by the code of the policy; ""
// for nothing. No correction changes it.
func factOf(r *row) string {
	switch r.domain.String() + "/" + r.kind {
	case "registration/registration":
		return map[string]string{"2": "REGISTRATION_REVOKED", "4": "REGISTRATION_ENDED"}[r.data.get("status")]
	case "tax/arrears":
		return "TAX_ARREARS"
	case "bank/debt_evasion":
		return "BANK_DEBT_EVASION"
	}
	return ""
}

// Obligation is what the hub must answer about an entity at a matter.
func (t *Truth) Obligation(code, matter string) string {
	highest := "NONE"
	if o := t.Facts[code][matter]; o != "" {
		highest = o
	}
	if s := t.Subjects[code]; s != nil && rank[s.Obligations[matter]] > rank[highest] {
		highest = s.Obligations[matter]
	}
	return highest
}

func (t *Truth) reject(code fault.Code) {
	t.RejectedRows++
	t.Rejected[code]++
}

func (t *Truth) entry(code string, e EntryTruth) {
	s := t.Subjects[code]
	if s == nil {
		s = &SubjectTruth{Obligations: map[string]string{}}
		t.Subjects[code] = s
	}
	s.Entries = append(s.Entries, e)
	t.EntriesIn[e.State]++
	bars := restricts[e.List]
	switch {
	case e.State == "EXITED" && e.ExitType == "REPAIRED":
		bars = outlives[e.List]
	case e.State != "IN_FORCE":
		return
	}
	for matter, obligation := range bars {
		if rank[obligation] > rank[s.Obligations[matter]] {
			s.Obligations[matter] = obligation
		}
	}
	if e.State != "IN_FORCE" {
		return
	}
	if serious[e.List] && !s.Blacklisted {
		s.Blacklisted = true
		t.Blacklisted++
	}
	if (e.List == "L01" || e.List == "L02") && !s.Abnormal {
		s.Abnormal = true
		t.Abnormal++
	}
}

// Restricts tells what an entry in force on a list obliges to, by matter; nil
// for a list that restricts no matter of the contract.
func Restricts(list string) map[string]string { return maps.Clone(restricts[list]) }

// Matters lists the matters of the contract.
func Matters() []string {
	return []string{
		"SIMPLE_DEREGISTRATION", "LEGAL_REP_APPOINTMENT", "FOOD_OPERATION_LICENCE", "DRUG_LICENCE", "COMMITMENT_APPROVAL",
		"GOVERNMENT_PROCUREMENT", "TENDER", "LAND_AUCTION", "FISCAL_FUNDS", "TAX_BENEFIT", "HONOUR_AWARD", "BANK_CREDIT",
		"BOND_ISSUE", "CONSTRUCTION_QUALIFICATION", "CUSTOMS_AEO", "PUBLIC_RESOURCE_TRADING",
	}
}

var rank = map[string]int{"NONE": 0, "INFORM": 1, "SUPERVISE": 2, "CAUTION": 3, "RESTRICT": 4, "REJECT": 5}

// serious and restricts are the yardstick, written by hand from the measure
// table of the domain brief (§4.4, §11.6, §11.12) and not from the policy tables
// that the hub reads: what an entry in force on a list with cause 1 does to an
// enterprise at each matter of the contract.
var serious = map[string]bool{
	"L03": true, "L04": true, "L06": true, "L07": true, "L08": true, "L09": true, "L10": true, "L11": true,
	"L12": true, "L13": true, "L14": true, "L15B": true, "L16": true, "L17": true, "L18": true, "L19": true,
	"L26": true, "L27": true,
}

// testifies is the same for records that are no entries.
var testifies = map[string]map[string]string{
	"REGISTRATION_REVOKED": {"SIMPLE_DEREGISTRATION": "REJECT"},
	"REGISTRATION_ENDED":   {"SIMPLE_DEREGISTRATION": "REJECT"},
	"TAX_ARREARS":          {"GOVERNMENT_PROCUREMENT": "INFORM"},
	"BANK_DEBT_EVASION":    {"BANK_CREDIT": "INFORM"},
}

var restricts = map[string]map[string]string{
	"L01": {
		"SIMPLE_DEREGISTRATION": "REJECT", "GOVERNMENT_PROCUREMENT": "CAUTION", "TENDER": "CAUTION", "LAND_AUCTION": "CAUTION",
		"PUBLIC_RESOURCE_TRADING": "CAUTION", "HONOUR_AWARD": "REJECT",
	},
	"L02": {"SIMPLE_DEREGISTRATION": "REJECT"}, // listed since 2025-03-18; nothing older is made
	"L03": {
		"SIMPLE_DEREGISTRATION": "REJECT", "LEGAL_REP_APPOINTMENT": "INFORM", "FOOD_OPERATION_LICENCE": "CAUTION",
		"DRUG_LICENCE": "CAUTION", "CONSTRUCTION_QUALIFICATION": "CAUTION", "COMMITMENT_APPROVAL": "RESTRICT",
		"GOVERNMENT_PROCUREMENT": "CAUTION", "TENDER": "CAUTION", "LAND_AUCTION": "CAUTION", "PUBLIC_RESOURCE_TRADING": "CAUTION",
		"FISCAL_FUNDS": "CAUTION", "HONOUR_AWARD": "REJECT",
	},
	"L04": {
		"GOVERNMENT_PROCUREMENT": "CAUTION", "TENDER": "RESTRICT", "LAND_AUCTION": "CAUTION", "PUBLIC_RESOURCE_TRADING": "CAUTION",
		"FISCAL_FUNDS": "RESTRICT", "BANK_CREDIT": "INFORM", "CUSTOMS_AEO": "CAUTION",
	},
	"L06": {"GOVERNMENT_PROCUREMENT": "CAUTION", "FISCAL_FUNDS": "CAUTION", "TAX_BENEFIT": "RESTRICT", "BANK_CREDIT": "INFORM", "CUSTOMS_AEO": "CAUTION"},
	"L07": {
		"CONSTRUCTION_QUALIFICATION": "CAUTION", "GOVERNMENT_PROCUREMENT": "RESTRICT", "TENDER": "RESTRICT", "FISCAL_FUNDS": "RESTRICT",
		"TAX_BENEFIT": "RESTRICT", "HONOUR_AWARD": "REJECT", "BANK_CREDIT": "INFORM",
	},
	"L09":  {"GOVERNMENT_PROCUREMENT": "REJECT", "PUBLIC_RESOURCE_TRADING": "CAUTION"},
	"L10":  {"CONSTRUCTION_QUALIFICATION": "CAUTION"},
	"L13":  {"CONSTRUCTION_QUALIFICATION": "CAUTION"},
	"L14":  byOrder44,
	"L15":  {"CUSTOMS_AEO": "REJECT"},
	"L15B": {"CUSTOMS_AEO": "REJECT"},
	"L17":  byOrder44,
	"L21":  {"GOVERNMENT_PROCUREMENT": "CAUTION"},
	"L22":  {"BANK_CREDIT": "INFORM"},
	"L24":  {"TENDER": "REJECT"},
	"L25":  {"FOOD_OPERATION_LICENCE": "REJECT", "DRUG_LICENCE": "REJECT", "COMMITMENT_APPROVAL": "RESTRICT"},
	"L26":  {"COMMITMENT_APPROVAL": "RESTRICT", "HONOUR_AWARD": "REJECT"},
	"L28": {
		"FISCAL_FUNDS": "RESTRICT", "CONSTRUCTION_QUALIFICATION": "RESTRICT", "HONOUR_AWARD": "RESTRICT",
		"FOOD_OPERATION_LICENCE": "CAUTION", "DRUG_LICENCE": "CAUTION", "BOND_ISSUE": "CAUTION", "BANK_CREDIT": "INFORM",
	},
}

// byOrder44 is Article 15 of SAMR Order 44 as drug and IP authorities use it (Art. 25).
var byOrder44 = map[string]string{
	"FOOD_OPERATION_LICENCE": "CAUTION", "DRUG_LICENCE": "CAUTION", "CONSTRUCTION_QUALIFICATION": "CAUTION", "TENDER": "CAUTION",
	"GOVERNMENT_PROCUREMENT": "CAUTION", "COMMITMENT_APPROVAL": "RESTRICT", "HONOUR_AWARD": "CAUTION",
}

// outlives is what still holds when an entry was repaired in the last year: bars
// by statute, counted from the exit (customs) or from the listing.
var outlives = map[string]map[string]string{
	"L15":  {"CUSTOMS_AEO": "REJECT"},
	"L15B": {"CUSTOMS_AEO": "REJECT"},
	"L25":  {"FOOD_OPERATION_LICENCE": "REJECT", "DRUG_LICENCE": "REJECT"},
}
