package record

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"credithub/schema/list"
	"credithub/schema/uscc"
)

// row writes an envelope around a data object.
func row(domain, kind, data string) string {
	return fmt.Sprintf(`{"domain":%q,"kind":%q,"recordId":"R-1","version":1,"op":"upsert","uscc":"91420100MA4N0A2B5Y","data":{%s}}`, domain, kind, data)
}

func TestEnvelopeRules(t *testing.T) {
	f := func(old, new, want string) {
		t.Helper()
		raw := strings.Replace(clean, old, new, 1)
		if raw == clean {
			t.Fatalf("%q is not in the row", old)
		}
		if _, got := decode(raw); got != want {
			t.Errorf("%s: %q, want %q", new, got, want)
		}
	}
	f(`"domain":"registration",`, ``, "E05 domain")
	f(`"domain":"registration",`, `"domain":"weather",`, "E13 domain")
	f(`"domain":"registration",`, `"domain":7,`, "E06 domain")
	f(`"domain":"registration",`, `"domain":"tax",`, "E13 kind")
	f(`"kind":"registration",`, ``, "E05 kind")
	f(`"kind":"registration",`, `"kind":"grade",`, "E13 kind")
	f(`"recordId":"R-0001",`, ``, "E05 recordId")
	f(`"recordId":"R-0001",`, `"recordId":"",`, "E05 recordId")
	f(`"recordId":"R-0001",`, `"recordId":" \u3000",`, "E05 recordId")
	f(`"recordId":"R-0001",`, `"recordId":null,`, "E05 recordId")
	f(`"recordId":"R-0001",`, `"recordId":17,`, "E06 recordId")
	f(`"recordId":"R-0001",`, `"recordId":"`+strings.Repeat("x", 129)+`",`, "E06 recordId")
	f(`"recordId":"R-0001",`, `"recordId":"a\u0000b",`, "E06 recordId")
	f(`"recordId":"R-0001",`, `"recordId":"362322198709086409",`, "E11 recordId")
	f(`"recordId":"R-0001",`, `"recordId":"R-1","recordId":"R-2",`, "E06 recordId")
	f(`"recordId":"R-0001",`, `"recordId":"`+strings.Repeat("x", 128)+`",`, "")
	f(`"version":1`, `"version":0`, "E06 version")
	f(`"version":1`, `"version":-1`, "E06 version")
	f(`"version":1`, `"version":1.0`, "E06 version")
	f(`"version":1`, `"version":1e2`, "E06 version")
	f(`"version":1`, `"version":"1"`, "E06 version")
	f(`"version":1`, `"version":2147483648`, "E06 version")
	f(`"version":1`, `"version":99999999999999999999`, "E06 version")
	f(`"version":1`, `"version":null`, "")
	f(`"version":1`, `"version":2147483647`, "")
	f(`"op":"upsert"`, `"op":"delete"`, "E06 op")
	f(`"op":"upsert"`, `"op":"heartbeat"`, "E06 op")
	f(`"op":"upsert"`, `"op":true`, "E06 op")
	f(`"op":"upsert",`, ``, "E05 op")
	f(`"occurredOn":"2026-03-02"`, `"occurredOn":"2026-02-29"`, "E06 occurredOn")
	f(`"occurredOn":"2026-03-02"`, `"occurredOn":"20260302"`, "E06 occurredOn")
	f(`"occurredOn":"2026-03-02"`, `"occurredOn":"2026-03-11"`, "E08 occurredOn")
	f(`"occurredOn":"2026-03-02"`, `"occurredOn":"1900-01-01"`, "E06 occurredOn")
	f(`"occurredOn":"2026-03-02"`, `"occurredOn":"2026-03-10"`, "")
	f(`"occurredOn":"2026-03-02"`, `"occurredOn":null`, "")
	f(`"occurredOn":"2026-03-02"`, `"unit":"PBC"`, "")
	f(`"occurredOn":"2026-03-02"`, `"note":[{"a":[1,2]}]`, "W13 note")
	f(`"data":{`, `"data":7,"old":{`, "W13 old, E06 data")
	f(`"data":{`, `"data":null,"old":{`, "W13 old, E05 data")
	f(`"data":{`, `"old":{`, "W13 old, E05 data")
}

func TestCodeRules(t *testing.T) {
	const good = `"uscc":"91420100MA4N0A2B5Y"`
	f := func(new, want string) {
		t.Helper()
		if _, got := decode(strings.Replace(clean, good, new, 1)); got != want {
			t.Errorf("%s: %q, want %q", new, got, want)
		}
	}
	f(`"uscc":"91420100MA4N0A2B55"`, "E02 uscc")
	f(`"uscc":"91420100ma4n0a2b5y"`, "E01 uscc")
	f(`"uscc":"914201007853601000"`, "E02 uscc")
	f(`"uscc":"362322198709086409"`, "E01 uscc, E11 uscc")
	f(`"uscc":914403001922038216`, "")
	f(`"uscc":true`, "E06 uscc")
	f(`"uscc":"91350100M0001TGQXM"`, "W04 uscc")
	f(`"uscc":"91350100M000100Y43"`, "")
	f(`"uscc":""`, "E05 uscc")
	f(`"uscc":null`, "E05 uscc")
	f(`"uscc":"00000000000000000X"`, "E05 uscc")
	f(`"uscc":"9142\u0030100MA4N0A2B5Y"`, "")
	f(`"uscc":"91420100MA4N0A2B5Y","uscc":"914403001922038216"`, "E06 uscc")
}

func TestPlaceholderNeedsARegistrationNumber(t *testing.T) {
	f := func(regNo, want string) {
		t.Helper()
		raw := strings.Replace(clean, "91420100MA4N0A2B5Y", "00000000000000000X", 1)
		raw = strings.Replace(raw, `"status":"1"`, `"status":"1","regNo":"`+regNo+`"`, 1)
		r, got := decode(raw)
		if got != want || len(r.USCC) != 0 {
			t.Errorf("%s: %q, want %q", regNo, got, want)
		}
	}
	f("110108012660422", "")
	f("1101080126604", "")
	f("110108012660423", "E06 regNo")
	f("", "E05 uscc")
}

func TestRegistrationRules(t *testing.T) {
	const base = `"name":"示例","status":"1","establishedOn":"2020-05-06"`
	f := func(data, want string) {
		t.Helper()
		if _, got := decode(row("registration", "registration", data)); got != want {
			t.Errorf("%s: %q, want %q", data, got, want)
		}
	}
	f(base, "")
	f(``, "E05 name, E05 status, E05 establishedOn")
	f(`"name":"  ","status":null,"establishedOn":""`, "E05 name, E05 status, E05 establishedOn")
	f(`"name":17,"status":"8","establishedOn":"2020-5-6"`, "E06 name, E06 status, E06 establishedOn")
	f(`"name":"示例","status":1,"establishedOn":"2020-05-06"`, "")
	f(`"name":"　 示例\u00a0","status":"1","establishedOn":"2020-05-06"`, "W05 name") // blanks at the ends
	for _, unseen := range []string{`\u0000`, `\u0007`, `\u001b`, "\x7f", "\u0085", "\u200e", "\u202e", "\u2066", "\ufeff", "\u200b", "\u00ad"} {
		f(`"name":"示`+unseen+`例","status":"1","establishedOn":"2020-05-06"`, "W05 name")
	}
	f(`"name":" \u202e　\u0000 ","status":"1","establishedOn":"2020-05-06"`, "E05 name")
	f(`"name":"示例\t\n有限","status":"1","establishedOn":"2020-05-06"`, "")
	f(`"name":"示例","status":"1","establishedOn":"2026-03-11"`, "E08 establishedOn")
	f(base+`,"approvedOn":"2020-05-05"`, "E07 approvedOn")
	f(base+`,"registeredCapital":"-1"`, "E09 registeredCapital")
	f(base+`,"registeredCapital":"1,000"`, "E09 registeredCapital")
	f(base+`,"registeredCapital":"1.1234567"`, "E09 registeredCapital")
	f(base+`,"registeredCapital":1e6`, "")
	f(base+`,"registeredCapital":1000000.5`, "")
	f(base+`,"division":"4201"`, "W02 division")
	f(base+`,"division":"990100"`, "W02 division")
	f(base+`,"division":420100`, "")
	f(base+`,"division":"420500"`, "")
	f(base+`,"division":"110000"`, "W02 division") // another province than the code's
	f(base+`,"division":"100000"`, "")             // the national registrar
	f(base+`,"formerNames":"旧名"`, "E06 formerNames")
	f(base+`,"formerNames":[1]`, "E06 formerNames")
	f(base+`,"formerNames":["旧名", "更旧"]`, "")
	f(base+`,"shareholders":[{"name":"甲","subscribed":12.5},"乙"]`, "")
	f(base+`,"shareholders":[["甲"]]`, "E06 shareholders")
	f(base+`,"shareholders":[{"name":"甲","idNo":"362322198709086409"}]`, "E11 shareholders")
	f(base+`,"shareholders":[{"idNo":362322198709086409}]`, "E11 shareholders")
	f(base+`,"domicile":"电话旁，身份证362322198709086409"`, "E11 domicile")
	f(base+`,"domicile":"362322\u003198709086409"`, "E11 domicile")
	f(base+`,"legalRepresentative":"362322198709086409"`, "E11 legalRepresentative")
	f(base+`,"phone":"x"`, "W13 phone")
	f(base+`,"name":"又"`, "E06 name")
	f(base+`,"domicile":null,"domicile":"x"`, "E06 domicile")
	f(`"name":"`+strings.Repeat("长", 201)+`","status":"1","establishedOn":"2020-05-06"`, "E06 name")
}

func TestTaxRules(t *testing.T) {
	f := func(kind, data, want string) {
		t.Helper()
		if _, got := decode(row("tax", kind, data)); got != want {
			t.Errorf("%s %s: %q, want %q", kind, data, got, want)
		}
	}
	for _, g := range []string{"A", "B", "M", "C", "D"} {
		f("grade", `"year":2024,"grade":"`+g+`"`, "")
	}
	f("grade", `"year":"2024","grade":"A","score":95.5`, "")
	f("grade", `"year":"24","grade":"E","score":"x"`, "E06 year, E06 grade, E06 score")
	f("grade", `"year":2027,"grade":"A"`, "E08 year")
	f("grade", ``, "E05 year, E05 grade")
	f("arrears", `"taxType":"增值税","amount":"12.30","asOf":"2026-03-01"`, "")
	f("arrears", `"taxType":"增值税","amount":"十二","asOf":"2026-03-11"`, "E09 amount, E08 asOf")
	f("arrears", `"amount":true`, "E05 taxType, E06 amount, E05 asOf")
	f("abnormal", `"from":"2025-01-01","until":"2027-01-01"`, "")
	f("abnormal", `"from":"2025-01-01","until":"2024-12-31"`, "E07 until")
	f("abnormal", `"from":"2026-03-11"`, "E08 from")
	f("abnormal", `"from":"2025-01-01","until":"9999-12-31"`, "W05 until")
}

func TestSocialSecurityAndBankRules(t *testing.T) {
	f := func(domain, kind, data, want string) {
		t.Helper()
		if _, got := decode(row(domain, kind, data)); got != want {
			t.Errorf("%s %s: %q, want %q", kind, data, got, want)
		}
	}
	s := func(data, want string) { t.Helper(); f("social_security", "insurance", data, want) }
	s(`"period":"2026-02","insuredCount":12`, "")
	s(`"period":"2026-02","insuredCount":"12","arrearsAmount":"0","arrearsMonths":0`, "")
	s(`"period":"2026-13","insuredCount":-1`, "E06 period, E06 insuredCount")
	s(`"period":"2026-04","insuredCount":1.5`, "E08 period, E06 insuredCount")
	s(`"period":"2026-02","insuredCount":1,"arrearsAmount":"5.00","arrearsMonths":0`, "E09 arrearsAmount")
	s(`"period":"2026-02","insuredCount":1,"arrearsAmount":"0.00","arrearsMonths":3`, "E09 arrearsAmount")
	s(`"period":"2026-02","insuredCount":1,"arrearsAmount":"5.00"`, "")
	l := func(data, want string) { t.Helper(); f("bank", "loan", data, want) }
	l(`"asOf":"2026-02-28","class":"NORMAL","consentRef":"C-1"`, "")
	l(`"asOf":"2026-02-28","class":"NORMAL","overdueMonths":2,"consentRef":"C-1"`, "E09 overdueMonths")
	l(`"asOf":"2026-02-28","class":"LOSS","overdueMonths":2,"consentRef":"C-1"`, "")
	l(`"asOf":"2026-02-28","class":"正常"`, "E06 class, E05 consentRef")
	f("bank", "debt_evasion", `"from":"2026-01-01","publisher":"示例协会"`, "")
	f("bank", "debt_evasion", `"from":"2026-01-01","until":"2025-12-31"`, "E05 publisher, E07 until")
}

func TestDecisionRules(t *testing.T) {
	base := map[string]string{"entryId": "E-1", "list": "L03", "event": "IN_FORCE", "cause": "1", "documentNo": "示例〔2026〕1号",
		"decidedOn": "2026-03-02", "servedOn": "2026-03-04", "effectiveFrom": "2026-03-04"}
	f := func(change, want string, opts ...Option) {
		t.Helper()
		m := map[string]string{}
		for k, v := range base {
			m[k] = v
		}
		for _, c := range strings.Fields(change) {
			k, v, _ := strings.Cut(c, "=")
			m[k] = v
		}
		var data []string
		for k, v := range m {
			if v != "" {
				data = append(data, fmt.Sprintf("%q:%q", k, v))
			}
		}
		if _, got := decode(row("decision", "entry", strings.Join(data, ",")), opts...); got != want {
			t.Errorf("%s: %q, want %q", change, got, want)
		}
	}
	f("", "")
	for _, l := range list.Codes() {
		f("list="+l.String(), "")
	}
	f("list=L29", "E06 list")
	f("list=L3", "E06 list")
	f("event=LISTED", "E06 event")
	f("servedOn=", "") // nobody said which lists need service
	f("servedOn= list=L04", "E05 servedOn", NoService(func(string) bool { return false }))
	f("servedOn= list=L03", "", NoService(func(l string) bool { return l == "L03" }))
	f("servedOn= event=DECIDED", "")
	f("servedOn= event=PRE_NOTICE", "")
	f("servedOn= event=SERVED", "E05 servedOn")
	f("servedOn=2026-03-01", "E07 servedOn")
	f("effectiveFrom=2026-03-01", "E07 effectiveFrom")
	f("termUntil=2026-03-03", "E07 termUntil")
	f("termUntil=2026-03-01", "E07 termUntil")
	f("termUntil=2029-03-03", "")
	f("effectiveFrom=2026-12-01", "")
	f("decidedOn=2026-03-11 servedOn=2026-03-12 effectiveFrom=2026-03-12", "E08 decidedOn, E08 servedOn")
	f("event=EXITED", "W06 exitType")
	f("event=EXITED exitType=REPAIRED", "W06 exitDocumentNo")
	f("event=EXITED exitType=REVOKED exitDocumentNo=x", "")
	f("event=EXITED exitType=EXPIRED", "")
	f("event=EXITED exitType=SUBJECT_ENDED", "")
	f("event=EXITED exitType=GONE", "E06 exitType")
	f("event=IN_FORCE exitType=EXPIRED", "E06 exitType")
	f("facts=362322198709086409", "E11 facts")
	f("documentNo=", "E05 documentNo")
	f("cause=", "E05 cause")
}

func TestOpenStandardRules(t *testing.T) {
	f := func(domain, kind, data, want string) {
		t.Helper()
		if r, got := decode(row(domain, kind, data)); got != want {
			t.Errorf("%s %s: %q, want %q (%v)", kind, data, got, want, r.Faults)
		}
	}
	p := func(data, want string) { t.Helper(); f("penalty", "penalty", data, want) }
	p(`"name":"示例","documentNo":"1","decidedOn":"2026-01-02"`, "")
	p(`"CF_XDR_MC":"示例","CF_WSH":"1","CF_JDRQ":"2026-01-02","CF_CFLB":"罚款","CF_NR_FK":0.2`, "")
	p(`"name":"示例","documentNo":"1","decidedOn":"2026-01-02","category":"警告;罚款"`, "E09 fineAmount")
	p(`"name":"示例","documentNo":"1","decidedOn":"2026-01-02","category":"吊销许可证件"`, "E05 revokedLicence")
	p(`"name":"示例","documentNo":"1","decidedOn":"2026-01-02","publicUntil":"2026-01-01"`, "E07 publicUntil")
	p(`"name":"示例","documentNo":"1","decidedOn":"2026-01-02","personId":"362322198709086409"`, "W05 personId")
	p(`"name":"示例","documentNo":"1","decidedOn":"2026-01-02","organCode":"00000000000000000X"`, "")
	p(`"name":"示例","documentNo":"1","decidedOn":"2026-01-02","organCode":"12100000400000624E"`, "W05 organCode")
	p(`"name":"示例","documentNo":"1","decidedOn":"2026-01-02","taxNo":"36232219870908640901"`, "E11 taxNo")
	p(`"name":"示例","documentNo":"1","decidedOn":"2026-01-02","orgCode":"MA4N0A2B-5"`, "")
	p(`"name":"示例","documentNo":"1","decidedOn":"2026-01-02","orgCode":"192203821"`, "E04 orgCode")
	p(`"name":"示例","documentNo":"1","decidedOn":"2026-01-02","orgCode":"192203820"`, "")
	x := func(data, want string) { t.Helper(); f("permit", "permit", data, want) }
	x(`"name":"示例","licenceNo":"1","decidedOn":"2026-01-02","validFrom":"2026-01-02","validUntil":"2031-01-01"`, "")
	x(`"name":"示例","decidedOn":"2026-01-02"`, "E05 documentNo")
	x(`"name":"示例","decidedOn":"2026-01-02","licenceNo":"\u3000\u0000"`, "E05 documentNo")
	x(`"name":"示例","documentNo":"1","decidedOn":"2026-01-02","validFrom":"2026-01-01"`, "E07 validFrom")
	c := func(data, want string) { t.Helper(); f("commitment", "commitment", data, want) }
	c(`"type":"主动型","madeOn":"2026-01-02","performance":"全部履行"`, "")
	c(`"type":"主动型","madeOn":"2026-01-02","performance":"部分履行"`, "E05 unperformed, E05 consequence")
	f("annual_report", "filing", `"year":2024`, "")
	f("inspection", "result", `"checkedOn":"2026-01-02","result":"6"`, "")
	f("inspection", "result", `"checkedOn":"2026-01-02","result":"Z"`, "E06 result")
	f("judgment", "defaulter", `"iname":"示例","courtName":"示例法院","caseCode":"(2026)示01执1号","performance":"全部未履行"`, "")
	f("complaint", "complaint", `"receivedOn":"2026-01-02","complainant":"张三"`, "W05 complainant")
}

func TestTenThousandBecomesYuan(t *testing.T) {
	r, _ := decode(row("penalty", "penalty", `"CF_XDR_MC":"示例","CF_WSH":"1","CF_JDRQ":"2026-01-02","CF_CFLB":"罚款","CF_NR_FK":0.2`))
	if got := string(r.Get("fineAmount")); got != "2000" {
		t.Error(got)
	}
	f := func(in, want string) {
		t.Helper()
		if got := string(shift4(nil, []byte(in))); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	f("0.0001", "1")
	f("0.000001", "0.01")
	f("12", "120000")
	f("0", "0")
	f("1.5", "15000")
	f("0.00005", "0.5")
}

// TestContactsAreNotKept: a row with them counts, without them.
func TestContactsAreNotKept(t *testing.T) {
	const base = `"name":"示例公司","status":"1","establishedOn":"2020-05-06"`
	r, got := decode(row("registration", "registration", base+`,
		"domicile":"示例路1号,电话 138-1234-5678","businessScope":"软件开发(li@example.cn)","entityType":"个体 13812345678",
		"formerNames":["x\na@b.com","电话\n13912345678"],
		"officers":[{"name":"李某","phone":"13812345678","13812345679":"\u0031\u0033812345678"}],"shareholders":[{"name":"甲","capital":13912345678}]`))
	if got != "W05 entityType, W05 domicile, W05 businessScope, W05 formerNames, W05 officers" {
		t.Error(got)
	}
	for field, want := range map[string]string{
		"domicile": "示例路1号,电话 ***", "businessScope": "软件开发(***)", "entityType": "个体 ***",
		"officers":    `[{"name":"李某","phone":"***","***":"***"}]`,
		"formerNames": `["x\n***","电话\n***"]`, "shareholders": `[{"name":"甲","capital":13912345678}]`,
	} {
		if got := string(r.Get(field)); got != want {
			t.Errorf("%s: %s, want %s", field, got, want)
		}
	}
	if !json.Valid(r.Data) {
		t.Errorf("%s", r.Data)
	}
	f := func(data, want string) {
		t.Helper()
		if _, got := decode(row("registration", "registration", base+","+data)); got != want {
			t.Errorf("%s: %q, want %q", data, got, want)
		}
	}
	f(`"officers":[{"name":"李某","id":362322198709086409}]`, "E11 officers")
	f(`"officers":[{"362322198709086409":"李某"}]`, "E11 officers")
	f(`"formerNames":["身份证\u003a362322198709086409"]`, "E11 formerNames")
	f(`"domicile":"身份证号110101900307881"`, "E11 domicile")

	// In the number of a document a contact is a fault, not a thing to cut.
	g := func(data, want string) {
		t.Helper()
		if _, got := decode(row("penalty", "penalty", `"name":"示例公司","decidedOn":"2026-01-02",`+data)); got != want {
			t.Errorf("%s: %q, want %q", data, got, want)
		}
	}
	g(`"documentNo":"li@example.cn"`, "E11 documentNo")
	g(`"documentNo":"联系电话13812345678"`, "E11 documentNo")
	g(`"documentNo":"13812345678"`, "")
	raw := strings.Replace(clean, `"R-0001"`, `"li@example.cn"`, 1)
	if _, got := decode(raw); got != "E11 recordId" {
		t.Error(got)
	}
}

// What says "nothing" is nothing where a value is required.
func TestWordsForNothingAreNoValues(t *testing.T) {
	f := func(data, want string) {
		t.Helper()
		if _, got := decode(row("decision", "entry", `"list":"L09","event":"IN_FORCE","decidedOn":"2026-03-01","servedOn":"2026-03-02",`+data)); got != want {
			t.Errorf("%s: %q, want %q", data, got, want)
		}
	}
	f(`"entryId":"无","cause":"-","documentNo":"/"`, "E05 entryId, E05 cause, E05 documentNo")
	f(`"entryId":"E-1","cause":" —— ","documentNo":"暂无"`, "E05 cause, E05 documentNo")
	f(`"entryId":"E-1","cause":"无证经营","documentNo":"1","facts":"无"`, "")
}

func TestRetractNeedsNoData(t *testing.T) {
	raw := `{"domain":"tax","kind":"grade","recordId":"R-1","version":2,"op":"retract","uscc":"91420100MA4N0A2B5Y"}`
	r, got := decode(raw)
	if got != "" || r.Op != Retract || len(r.Data) != 0 {
		t.Errorf("%s %s", got, r.Data)
	}
	raw = strings.Replace(raw, `"uscc"`, `"data":{"grade":"A"},"uscc"`, 1)
	if r, got = decode(raw); got != "" || string(r.Data) != `{"grade":"A"}` {
		t.Errorf("%s %s", got, r.Data)
	}
}

func TestHeartbeatOnlyFromTopics(t *testing.T) {
	raw := string(AppendHeartbeat(nil, Tax, "TAX", time.Time{}))
	r, got := decode(raw, Kafka())
	if got != "" || r.Op != Heartbeat || r.Unit != "TAX" || r.Domain != Tax {
		t.Errorf("%s %+v", got, r)
	}
	if r, _ = decode(raw); !r.Rejected() || r.Unit != "" {
		t.Errorf("%+v", r)
	}
}

func TestUnreadableRows(t *testing.T) {
	f := func(raw string) {
		t.Helper()
		if r, got := decode(raw); got != "E13 " || len(r.Data) != 0 {
			t.Errorf("%.60q: %q", raw, got)
		}
	}
	f(``)
	f(`[]`)
	f(`null`)
	f(`{"a":1} x`)
	f(`{"a":1,}`)
	f(`{"a" 1}`)
	f(`{"a":01}`)
	f(`{"a":"\x"}`)
	f(`{"a":"\u12g4"}`)
	f("{\"a\":\"\n\"}")
	f("{\"a\":\"\xff\"}")
	f(`{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`)
	f(`{"a":"` + strings.Repeat("x", MaxRow) + `"}`)
	f(strings.Replace(clean, `}}`, `}`, 1))
}

func TestAllFaultsAtOnce(t *testing.T) {
	_, got := decode(`{"domain":"decision","kind":"entry","recordId":"","version":0,"op":"put","uscc":"x","occurredOn":"x",
		"data":{"entryId":"E","list":"L99","event":"IN_FORCE","documentNo":"1","decidedOn":"2026-03-12","servedOn":"2026-03-01"}}`)
	want := "E06 op, E05 recordId, E06 version, E06 occurredOn, E06 list, E05 cause, E08 decidedOn, E07 servedOn, E01 uscc"
	if got != want {
		t.Errorf("%s\n%s", got, want)
	}
}

func TestMessagesShowNoValue(t *testing.T) {
	r, _ := decode(row("registration", "registration", `"name":"秘密362322198709086409","status":"秘密","establishedOn":"秘密","362322198709086409":1`))
	for _, f := range r.Faults {
		if strings.Contains(f.Message+f.Field, "秘密") || strings.Contains(f.Message+f.Field, "362322") {
			t.Errorf("%+v", f)
		}
	}
}

// An exit, a stay or a resumption may repeat the days of its listing, which lie
// before its own.
func TestCase_L18_RepeatedDaysFailNothing(t *testing.T) {
	f := func(event, exit, want string) {
		t.Helper()
		_, faults := decode(row("decision", "entry", `"entryId":"E","list":"L03","event":"`+event+`","cause":"5","documentNo":"示〔2026〕1号","decidedOn":"2026-03-02",`+
			`"servedOn":"2026-01-15","effectiveFrom":"2026-01-16","termUntil":"2026-02-01"`+exit))
		if faults != want {
			t.Errorf("%s: %q, want %q", event, faults, want)
		}
	}
	f("EXITED", `,"exitType":"EXPIRED"`, "")
	f("EXITED", `,"exitType":"REVOKED","exitDocumentNo":"撤〔2026〕1号"`, "")
	f("SUSPENDED", "", "")
	f("RESUMED", "", "")
	f("IN_FORCE", "", "E07 servedOn, E07 effectiveFrom, E07 termUntil")
}

func TestOccurredAt(t *testing.T) {
	f := func(at, want string) {
		t.Helper()
		_, faults := decode(row("decision", "entry", `"entryId":"E","list":"L03","event":"SUSPENDED","cause":"5","documentNo":"示〔2026〕1号","decidedOn":"2026-03-02","occurredAt":`+at))
		if faults != want {
			t.Errorf("%s: %q, want %q", at, faults, want)
		}
	}
	f(`"2026-03-02T09:30:00+08:00"`, "")
	f(`"2026-03-02T01:30:00.5Z"`, "")
	f(`"2026-03-02 09:30"`, "E06 occurredAt")
	f(`"2026-03-02T09:30:00"`, "E06 occurredAt")
	f(`1767225600`, "E06 occurredAt")
	f(`"2199-03-02T09:30:00+08:00"`, "E08 occurredAt")
	spec := FindKind(Decision, "entry")
	for cell, want := range map[string]string{
		"2026-03-02 09:30": "2026-03-02T09:30:00+08:00", "2026/3/2 9:30:05": "2026-03-02T09:30:05+08:00",
		"2026-03-02T01:30:00Z": "2026-03-02T01:30:00Z", "２０２６年３月２日 09:30": "2026-03-02T09:30:00+08:00",
	} {
		if got, _, ok := Normalise(spec, "occurredAt", cell); got != want || !ok {
			t.Errorf("%s is read as %s, %v", cell, got, ok)
		}
	}
}

// A category of penalties that nobody knows is no penalty.
func TestCase_P4_UnknownCategories(t *testing.T) {
	f := func(category, want string) {
		t.Helper()
		_, faults := decode(row("penalty", "penalty", `"name":"示例","documentNo":"示罚〔2026〕1号","category":"`+category+`","fineAmount":"1","revokedLicence":"许可证","decidedOn":"2026-03-02"`))
		if faults != want {
			t.Errorf("%s: %q, want %q", category, faults, want)
		}
	}
	for _, c := range []string{"警告", "通报批评", "罚款", "没收违法所得", "没收非法财物", "暂扣许可证件", "降低资质等级", "吊销许可证件",
		"限制开展生产经营活动", "责令停产停业", "责令关闭", "限制从业", "行政拘留", "其他", "其他-责令改正", "警告;罚款", "罚款；没收违法所得、没收非法财物", "暂扣或者吊销许可证", ""} {
		f(c, "")
	}
	f("口头表扬", "E06 category")
	f("罚款;口头表扬", "E06 category")
	f("XX", "E06 category")
	for _, c := range []string{"不予罚款", "免予罚款", "罚款（已免除）", "警告;不予罚款"} {
		f(c, "E06 category")
	}
}

// Numbers of commitments in the form of the standard are never a person's.
func TestCase_P5_CommitmentNumbersOfTheStandard(t *testing.T) {
	f := func(no, want string) {
		t.Helper()
		_, faults := decode(strings.Replace(row("commitment", "commitment", `"commitmentNo":"`+no+`","type":"主动型","madeOn":"2026-03-02"`), "R-1", no, 1))
		if faults != want {
			t.Errorf("%s: %q, want %q", no, faults, want)
		}
	}
	for n := range 300 {
		f(fmt.Sprintf("42011120260302%06d", n*37), "")
	}
	for n := range 300 { // the same digits elsewhere are looked at
		no := fmt.Sprintf("42011119850302%06d", n*37)
		r, faults := decode(row("commitment", "commitment", `"commitmentNo":"`+no+`","type":"主动型","madeOn":"2026-03-02"`))
		if looks := uscc.CheckID([]byte(no[:18])) || uscc.CheckID([]byte(no[1:19])) || uscc.CheckID([]byte(no[2:])); looks != (faults == "E11 commitmentNo") {
			t.Errorf("%s: %q (%v)", no, faults, r.Faults)
		}
	}
}
