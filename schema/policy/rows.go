package policy

// The rows of the YAML tables. Strings are dates, codes and letters that the
// builder checks.

type files struct {
	lists    listsFile
	measures measuresFile
	matters  mattersFile
	units    unitsFile
	calendar calendarFile
	facts    factsFile
	purposes purposesFile
	notices  noticesFile
	heads    []head // of all files read
}

type listsFile struct {
	Version *string
	Lists   []listRow
}

type measuresFile struct {
	Version  *string
	Measures []measureRow
}

type mattersFile struct {
	Version *string
	Matters []matterRow
}

type calendarFile struct {
	Version *string
	Years   []yearRow
}

// marks are the confidence marks of a basis: read in the source, read in a
// secondary source, from memory, looked for and not found.
var marks = []string{"V", "V2", "M+", "NF"}

type basisRow struct {
	Text string // statute and article, in Chinese
	Mark string // see marks
	URL  string `yaml:"url"`
	// Measures only: what it covers, codes or "all" alone; of one list or one matter
	// it needn't be said.
	Lists   []string // lists that trigger the measure
	Matters []string // matters that the measure answers
}

type causeRow struct {
	Code   string
	NameZh string `yaml:"nameZh"`
	NameEn string `yaml:"nameEn"`
	Basis  string
	From   string // first and last day of decisions that use this wording
	To     string

	Term       termRow `yaml:",inline"` // instead of the list's
	Restricted bool    // neither published nor serious, whatever the list says
	ShownUntil string  `yaml:"shownUntil"` // month-day on which the display ends
	Exit       exitRow
}

type exitRow struct {
	Zh, En, Basis string
	// RepairMonths is how long after the first day in force a repair is possible.
	RepairMonths int `yaml:"repairMonths"`
}

type termRow struct {
	TermYears    int    `yaml:"termYears"`    // when the decision names no end
	MinTermYears int    `yaml:"minTermYears"` // the shortest that the law names
	MaxTermYears int    `yaml:"maxTermYears"` // the longest; 0: termYears
	LongerBy     string `yaml:"longerBy"`     // what allows a longer term than termYears, with its clause
	TermBasis    string `yaml:"termBasis"`    // the clause of the term; of a cause: its basis when absent
}

type listRow struct {
	at string // file and line

	Code      string
	NameZh    string `yaml:"nameZh"`
	NameEn    string `yaml:"nameEn"`
	Serious   bool
	Public    bool
	NoService string     `yaml:"noService"` // the clause by which it needs no service
	OfPersons bool       `yaml:"ofPersons"` // natural persons are listed
	Term      termRow    `yaml:",inline"`
	Basis     []basisRow `yaml:"basis"`
	Exit      exitRow
	Causes    []causeRow
	From      string
	To        string
}

type triggerRow struct {
	List       string
	Obligation string
	Causes     []string
	Matters    []string // empty: all of the measure
	TermMonths int      `yaml:"termMonths"`
	Outlives   struct {
		Months int
		From   string // exit or since
	}
	DecidedFrom string `yaml:"decidedFrom"`
	EntryOf     string `yaml:"entryOf"` // E (default) or P
}

type measureRow struct {
	at string // file and line

	Code       string
	NameZh     string `yaml:"nameZh"`
	NameEn     string `yaml:"nameEn"`
	Kind       string
	Department string
	Target     []string
	Elsewhere  bool
	Basis      []basisRow
	Triggers   []triggerRow
	Matters    []string
	Note       string
	From       string
	To         string
}

type matterRow struct {
	at string // file and line

	Code       string
	NameZh     string `yaml:"nameZh"`
	NameEn     string `yaml:"nameEn"`
	Department string
	Role       string
}

type unitsFile struct {
	Version   *string
	EveryUnit []string       `yaml:"everyUnit"`
	Periods   map[string]int // hours
	Units     []unitRow
}

type unitRow struct {
	at string // file and line

	Code    string
	NameZh  string `yaml:"nameZh"`
	NameEn  string `yaml:"nameEn"`
	Domains []string
	Lists   []string
	Periods map[string]int
}

type yearRow struct {
	at string // file and line

	Year        int
	Basis       string
	Off         []string
	Work        []string
	WorkingDays int `yaml:"workingDays"`
}

type factsFile struct {
	Version *string
	Latest  []latestRow
	Facts   []factRow
}

type latestRow struct{ at, Domain, Kind, By, Per string }

type factRow struct {
	at string // file and line

	Code       string
	NameZh     string `yaml:"nameZh"`
	NameEn     string `yaml:"nameEn"`
	Domain     string
	Kind       string
	List       string
	When       []whenRow
	Since      []string
	Until      string
	TermMonths int `yaml:"termMonths"`
	Basis      []basisRow
	Bears      []bearsRow
	From       string
	To         string
}

type whenRow struct {
	Fields            []string
	In, Not, Contains []string
	Positive          bool
}

type bearsRow struct {
	Measure    string
	List       string
	Obligation string
	Matters    []string
}
