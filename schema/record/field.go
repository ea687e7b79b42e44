package record

// FieldType says how the value of a data field is read and written.
type FieldType uint8

// Field types. "Number" tells that a JSON number stands for the text as well.
const (
	Text         FieldType = iota // free text
	Label                         // short code or words of another catalogue; number allowed
	DocumentNo                    // number of a document, case or licence; number allowed
	Choice                        // one of Enum; number allowed; E06
	Day                           // YYYY-MM-DD; E06
	Month                         // YYYY-MM; E06
	Year                          // YYYY; number allowed, written as a number; E06
	Count                         // integer of 0 … 2³¹−1; number allowed, written as a number; E06
	Score                         // decimal with up to 4 decimals; number allowed, written as a number; E06
	Money                         // yuan ≥ 0 with up to 6 decimals; number allowed, written as text; E09
	Division                      // GB/T 2260, six digits; number allowed; W02
	RegNo                         // registration number (注册号); number allowed
	Code                          // 统一社会信用代码 of an organ; the placeholder means absent
	Texts                         // array of texts
	Objects                       // array of texts or of flat objects
	Dropped                       // personal identifier: recognised, never kept; W05
	CommitmentNo                  // number of a commitment (承诺编码), C20 of the standard or a unit's own; number allowed
	Moment                        // instant with its offset, RFC 3339; E06
	PersonKey                     // keyed hashes of persons' identity numbers in hex, several with separators; E06, E11
)

// Number tells whether the canonical form of the type is a JSON number.
func (t FieldType) Number() bool { return t == Year || t == Count || t == Score }

// Enum is one value of a Choice and the words that files use for it.
type Enum struct {
	Value string
	Words []string
}

// Field describes one field of a data object.
type Field struct {
	Name     string
	Type     FieldType
	Required bool
	// Enum lists the values of a Choice.
	Enum []Enum
	// Max bounds the text in characters; 0: by the size of the row alone.
	Max int
	// Named: the text names persons or organisations, so it is more than digits;
	// E06.
	Named bool
	// Person: it names natural persons, so messages don't repeat it.
	Person bool
	// Past: the day (month, year) may not lie after today; E08.
	Past bool
	// Open: 9999-12-31 means "no end" and is kept as 2099-12-31.
	Open bool
	// Columns are the column codes of national standards, such as CF_WSH. They
	// are accepted as keys of data too.
	Columns []string
	// TenThousand: under a column code the amount is in 万元.
	TenThousand bool
	// Headers are the words of files for the field, the usual one first.
	Headers []string

	prefix []byte // "name":
}

// order demands that the day of one field is not before that of another; E07 on
// later.
type order struct{ earlier, later string }

// KindSpec describes one kind of record of a domain.
type KindSpec struct {
	Domain Domain
	Name   string
	NameZh string
	Fields []Field
	// Identity names the fields that tell records of a file apart when it has
	// no record numbers.
	Identity []string

	orders []order
	// unordered tells of which rows the orders are not asked; nil: of none.
	unordered func(r *Row) bool
	rules     func(c *checker)
	index     map[string]uint8 // names and column codes
	byOrder   [][2]uint8       // orders by field number
	regNo     int              // field number, −1 when the kind has none
	headers   map[string]string
}

// Field gives a field by name, nil when the kind has none such.
func (k *KindSpec) Field(name string) *Field {
	if i, ok := k.index[name]; ok {
		return &k.Fields[i]
	}
	return nil
}

// position is the number of a field that the table is known to hold.
func (k *KindSpec) position(name string) int {
	i, ok := k.index[name]
	if !ok {
		panic("record: kind " + k.Name + " has no field " + name)
	}
	return int(i)
}

// catalogue holds the kinds by domain. It is built once and never changed.
var catalogue = buildCatalogue()

func buildCatalogue() (all [domainEnd][]KindSpec) {
	for _, k := range kindTables() {
		k.compile()
		all[k.Domain] = append(all[k.Domain], k)
	}
	return
}

func (k *KindSpec) compile() {
	if len(k.Fields) > 64 {
		panic("record: more than 64 fields in " + k.Name)
	}
	k.index = make(map[string]uint8, 2*len(k.Fields))
	k.regNo = -1
	for i := range k.Fields {
		f := &k.Fields[i]
		f.prefix = []byte(`"` + f.Name + `":`)
		for _, name := range append([]string{f.Name}, f.Columns...) {
			if _, twice := k.index[name]; twice {
				panic("record: field " + name + " twice in " + k.Name)
			}
			k.index[name] = uint8(i)
		}
		if f.Type == RegNo {
			k.regNo = i
		}
	}
	for _, o := range k.orders {
		k.byOrder = append(k.byOrder, [2]uint8{uint8(k.position(o.earlier)), uint8(k.position(o.later))})
	}
	k.headers = k.compileHeaders()
}

// Kinds lists the kinds of a domain; read only.
func Kinds(d Domain) []KindSpec {
	if d >= domainEnd {
		return nil
	}
	return catalogue[d]
}

// FindKind gives a kind by its wire name, nil when the domain has none such.
func FindKind[T ~string | ~[]byte](d Domain, name T) *KindSpec {
	for i := range catalogue[d] {
		if k := &catalogue[d][i]; k.Name == string(name) {
			return k
		}
	}
	return nil
}
