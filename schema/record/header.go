package record

import (
	"credithub/schema/fold"
	"strings"
)

// envelopeHeaders are the words of files for the fields of the envelope.
var envelopeHeaders = map[string][]string{
	"uscc": {
		"统一社会信用代码", "统一信用代码", "社会信用代码", "信用代码", "统一信用代码/注册号", "统一社会信用代码/注册号",
		"注册号/统一社会信用代码", "组织机构代码或身份证号", "纳税人识别号", "代码_1(统一社会信用代码)", "行政相对人代码_1",
		"行政相对人代码_1(统一社会信用代码)", "纳税人识别号(统一社会信用代码)", "企业统一社会信用代码", "tyshxydm",
		"承诺人代码", "被投诉主体统一社会信用代码", "统一代码", "统一社会信用代码/注册号码", "企业代码", "主体代码", "社会信用统一代码", "社会统一信用代码", "统一社会信用代码证号", "统一社会信用码", "信用码", "单位统一社会信用代码", "法人统一社会信用代码", "被处罚人统一社会信用代码", "行政相对人统一社会信用代码", "组织机构代码/统一社会信用代码", "统一社会信用代码(组织机构代码)", "XK_XDR_SHXYM", "CF_XDR_SHXYM",
	},
	"recordId":   {"记录编号", "业务编号", "记录ID", "数据编号", "记录号", "唯一标识", "RESOURCE_ID"},
	"version":    {"版本", "版本号"},
	"op":         {"操作", "操作类型"},
	"occurredOn": {"发生日期", "业务日期", "发生时间", "业务发生日期"},
}

// compileHeaders maps every folded header to its field.
func (k *KindSpec) compileHeaders() map[string]string {
	m := map[string]string{}
	add := func(field, word string) {
		if key := foldHeader(word); m[key] == "" {
			m[key] = field
		}
	}
	for field, words := range envelopeHeaders {
		add(field, field)
		for _, w := range words {
			add(field, w)
		}
	}
	for i := range k.Fields {
		f := &k.Fields[i]
		add(f.Name, f.Name)
		for _, w := range f.Columns {
			add(f.Name, w)
		}
	}
	for i := range k.Fields { // after the names: they win
		for _, w := range k.Fields[i].Headers {
			add(k.Fields[i].Name, w)
		}
	}
	return m
}

// MatchHeader gives the field that a header cell names: a field of the kind, a
// column code, a Chinese name, or uscc, recordId, version, op, occurredOn of the
// envelope. Blanks, line feeds, width, brackets, 做出/作出 and a mark of
// obligation (*) don't matter; of remarks in brackets, only those that are known or
// name a unit.
func (k *KindSpec) MatchHeader(cell string) (field string, ok bool) {
	h := k.heading(cell)
	return h.field, h.ok
}

// FoldHeader brings a header cell into the form in which headings are compared.
func FoldHeader(cell string) string { return foldHeader(cell) }

func foldHeader(s string) string {
	s = strings.Map(fold.Simplify, fold.Name(s))
	s = strings.ReplaceAll(s, "做出", "作出")
	return strings.Trim(s, "*:_'\"")
}

// LooksLikeDay tells whether a cell, by itself, is a day, a month or a term without
// end (长期); a bare number may be anything.
func LooksLikeDay(cell string) bool {
	s := trimCell(cell)
	if len(s) > 40 || strings.IndexFunc(s, notNumber) < 0 && len(s) != 8 {
		return false
	}
	if openTerm(s) {
		return true
	}
	if _, ok := cellDay(s, true); ok {
		return true
	}
	_, ok := cellMonth(s)
	return ok
}
