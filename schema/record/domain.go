package record

// Domain is a record domain (归集领域). The number is stable: it stands in
// receipts.
type Domain uint8

// Domains in the order of the contract.
const (
	NoDomain Domain = iota
	Registration
	Tax
	SocialSecurity
	Bank
	Decision
	Permit
	Penalty
	AnnualReport
	Inspection
	Judgment
	Commitment
	Complaint
	domainEnd
)

var domainNames = [domainEnd]string{
	"", "registration", "tax", "social_security", "bank", "decision", "permit",
	"penalty", "annual_report", "inspection", "judgment", "commitment", "complaint",
}

// Domains lists all domains.
func Domains() []Domain {
	all := make([]Domain, 0, domainEnd-1)
	for d := Registration; d < domainEnd; d++ {
		all = append(all, d)
	}
	return all
}

// String is the wire name, such as social_security.
func (d Domain) String() string {
	if d < domainEnd {
		return domainNames[d]
	}
	return ""
}

// TopicPrefix starts the name of every topic of the hub.
const TopicPrefix = "credit."

// Topic is the Kafka topic of the domain, such as credit.tax.
func (d Domain) Topic() string { return TopicPrefix + d.String() }

// ParseDomain reads a wire name; NoDomain when unknown.
func ParseDomain[T ~string | ~[]byte](s T) Domain {
	for d := Registration; d < domainEnd; d++ {
		if domainNames[d] == string(s) {
			return d
		}
	}
	return NoDomain
}

// Op tells whether a version of a record holds or takes it back.
type Op uint8

// Operations.
const (
	NoOp Op = iota
	Upsert
	Retract
	// Heartbeat is no record: a unit tells that a domain has nothing new. Only
	// the hub's own topics carry it.
	Heartbeat
)

// String is the wire name.
func (o Op) String() string {
	switch o {
	case Upsert:
		return "upsert"
	case Retract:
		return "retract"
	case Heartbeat:
		return "heartbeat"
	}
	return ""
}
