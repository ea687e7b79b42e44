package record

import (
	"bytes"
	"slices"
	"strings"

	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/jsontext"
	"credithub/schema/list"
	"credithub/schema/uscc"
)

// order checks the kind's pairs of days.
func (c *checker) order() {
	spec, values := c.row.spec, c.row.values
	if spec.unordered != nil && spec.unordered(c.row) {
		return
	}
	for _, o := range spec.byOrder {
		a, b := &values[o[0]], &values[o[1]]
		if a.set && b.set && b.day < a.day && !c.has(fault.E07DateOrder, spec.Fields[o[1]].Name) {
			c.row.Add(fault.E07DateOrder, spec.Fields[o[1]].Name, "lies before "+spec.Fields[o[0]].Name)
		}
	}
}

func (c *checker) has(code fault.Code, field string) bool {
	for i := range c.row.Faults {
		if f := &c.row.Faults[i]; f.Code == code && f.Field == field {
			return true
		}
	}
	return false
}

// given tells whether the row holds a value for the field, be it a wrong one.
func (c *checker) given(field string) bool {
	i := c.row.spec.index[field]
	t := c.d.toks[i]
	if c.row.values[i].set {
		return true
	}
	return !absent(t) && !(t.Kind == jsontext.String && allBlank(c.d.text(t)))
}

func (c *checker) require(field, message string) {
	if !c.given(field) {
		c.row.Add(fault.E05Required, field, message)
	}
}

func (c *checker) expect(field, message string) {
	if !c.given(field) {
		c.row.Add(fault.W06Incomplete, field, message)
	}
}

// decisionRules: what the event of a decision demands.
func decisionRules(c *checker) {
	event, exit := list.ParseEvent(c.row.Get("event")), list.ParseExit(c.row.Get("exitType"))
	if at := c.row.Day("occurredAt"); at != civil.NoDate && c.row.OccurredOn != civil.NoDate && at != c.row.OccurredOn {
		c.row.Add(fault.E07DateOrder, "occurredAt", "is no time of the day occurredOn, "+c.row.OccurredOn.String())
	}
	switch event {
	case list.EventServed:
		c.require("servedOn", "missing: the event SERVED is the service itself")
	case list.EventInForce:
		if l := c.row.Get("list"); l != nil && !c.d.serviceless(l) {
			c.require("servedOn", "missing: an entry of this list is in force only after service")
		}
	case list.EventExited: // an exit frees at once, also where its papers are not complete
		c.expect("exitType", "missing: the event EXITED should name it")
		if exit != list.NoExit && exit != list.Expired && exit != list.SubjectEnded {
			c.expect("exitDocumentNo", "missing: this exit should name its document")
		}
		return
	}
	if event != list.NoEvent && exit != list.NoExit {
		c.row.Add(fault.E06Enum, "exitType", "stands only with the event EXITED")
	}
	if c.d.warn != nil && !c.row.Rejected() {
		c.d.warn(c.row)
	}
}

// repeatsListing tells whether a decision is of an exit, a stay or a resumption: it
// may repeat the days of the listing, which lie before its own.
func repeatsListing(r *Row) bool { return list.ParseEvent(r.Get("event")) > list.EventInForce }

func (d *Decoder) serviceless(code []byte) bool {
	return d.noService == nil || d.noService(d.intern(code))
}

// registrationRules: an enterprise is registered in the province that its code
// names, or by the national registrar (10); those that moved keep their code.
func registrationRules(c *checker) {
	at, code := c.row.Get("division"), c.row.USCC
	if len(at) != 6 || len(code) != 18 || !uscc.KnownProvince(at) || string(code[2:4]) == "10" || string(at[:2]) == "10" {
		return
	}
	if string(at[:2]) != string(code[2:4]) {
		c.row.Add(fault.W02Division, "division", "lies in another province than the code's")
	}
}

// insuranceRules: months in arrears and the amount say the same.
func insuranceRules(c *checker) {
	amount, months := c.row.Get("arrearsAmount"), c.row.Get("arrearsMonths")
	if amount != nil && months != nil && positive(amount) != positive(months) {
		c.row.Add(fault.E09Amount, "arrearsAmount", "at odds with arrearsMonths: one is zero, the other is not")
	}
}

// loanRules: a loan of class NORMAL is not overdue.
func loanRules(c *checker) {
	if string(c.row.Get("class")) == "NORMAL" && positive(c.row.Get("overdueMonths")) {
		c.row.Add(fault.E09Amount, "overdueMonths", "at odds with class NORMAL")
	}
}

// permitRules: the licence number stands in for a missing document number.
func permitRules(c *checker) {
	if !c.given("documentNo") && !c.given("licenceNo") {
		c.row.Add(fault.E05Required, "documentNo", "missing, and no licenceNo stands in its place")
	}
}

// PenaltyCategories are the words by which the kinds of penalties are known (行政处罚法
// 第九条 and 双公示 2.0), in the forms that feeds use.
var PenaltyCategories = []string{
	"警告", "通报批评", "罚款", "没收违法所得", "没收非法财物", "没收非法所得", "没收非法财产", "没收", "暂扣", "降低资质", "吊销", "限制开展生产经营",
	"限制生产经营", "责令停产停业", "责令停产", "责令停业", "停业整顿", "责令关闭", "限制从业", "禁止从业", "行政拘留", "拘留", "其他", "其它",
}

// noPenalty are words that take the kind beside them back.
var noPenalty = []string{"不予", "免予", "免于", "免除", "不罚"}

// penaltyRules: what the category of a penalty demands (双公示 2.0).
func penaltyRules(c *checker) {
	category := c.row.Get("category")
	for part := range bytes.FieldsFuncSeq(category, func(r rune) bool { return strings.ContainsRune(";；,，|", r) }) {
		holds := func(w string) bool { return bytes.Contains(part, []byte(w)) }
		if !slices.ContainsFunc(PenaltyCategories, holds) || slices.ContainsFunc(noPenalty, holds) {
			c.row.Add(fault.E06Enum, "category", "names a kind of penalty that 行政处罚法 第九条 doesn't know; write others as 其他-…")
			break
		}
	}
	if bytes.Contains(category, []byte("罚款")) && !c.given("fineAmount") {
		c.row.Add(fault.E09Amount, "fineAmount", "missing: the category names a fine (罚款)")
	}
	if bytes.Contains(category, []byte("暂扣")) || bytes.Contains(category, []byte("吊销")) {
		c.require("revokedLicence", "missing: the category names a licence withheld or revoked")
	}
}

// commitmentRules: a commitment not wholly performed says what and with which
// consequence.
func commitmentRules(c *checker) {
	switch string(c.row.Get("performance")) {
	case "部分履行", "全部未履行":
		c.require("unperformed", "missing: the commitment was not wholly performed")
		c.require("consequence", "missing: the commitment was not wholly performed")
	}
}
