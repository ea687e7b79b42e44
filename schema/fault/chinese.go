package fault

import "strings"

// Chinese is a message of a row's fault in Chinese, by the templates below; what is
// wrong and its cure may have one each. One that has none keeps its words behind the
// name of its code.
func Chinese(c Code, message string) string {
	if s, ok := translate(message); ok {
		return s
	}
	if name := namesZh[c]; name != "" {
		return name + "：" + message
	}
	return message
}

func translate(message string) (string, bool) {
	if at := strings.LastIndex(message, "; "); at > 0 {
		if cure, ok := whole(message[at+2:]); ok {
			if what, ok := translate(message[:at]); ok {
				return what + "；" + cure, true
			}
		}
	}
	return whole(message)
}

// whole is a message that is one template.
func whole(message string) (string, bool) {
	for i := range templates {
		if s, ok := templates[i].apply(message); ok {
			return s, true
		}
	}
	return "", false
}

// template is a message with places {} for what changes, and its Chinese.
type template struct{ en, zh string }

func (t *template) apply(message string) (string, bool) {
	en, zh, rest := strings.Split(t.en, "{}"), strings.Split(t.zh, "{}"), message
	if !strings.HasPrefix(rest, en[0]) {
		return "", false
	}
	rest = rest[len(en[0]):]
	var b strings.Builder
	b.WriteString(zh[0])
	for i := 1; i < len(en); i++ {
		at := strings.Index(rest, en[i])
		if i == len(en)-1 {
			if at = len(rest) - len(en[i]); at < 0 || !strings.HasSuffix(rest, en[i]) {
				return "", false
			}
		}
		if at < 0 {
			return "", false
		}
		if i < len(zh) {
			b.WriteString(rest[:at])
			b.WriteString(zh[i])
		}
		rest = rest[at+len(en[i]):]
	}
	return b.String(), rest == ""
}

// namesZh are what the codes mean.
var namesZh = map[Code]string{
	E01Format: "统一社会信用代码格式错误", E02Check: "统一社会信用代码校验码错误", E03NoSubject: "查不到主体", E04NameMismatch: "名称、代码或名单条目不一致",
	E05Required: "必填项缺失", E06Enum: "不在取值范围或类型不符", E07DateOrder: "日期先后颠倒", E08Future: "日期晚于今天", E09Amount: "金额格式错误或与类别不符",
	E10Duplicate: "同一记录同一版本内容不同", E11Personal: "公开字段中含个人信息", E12Right: "无权报送", E13Catalogue: "不在目录内或无法读取", E14Late: "超过报送时限",
	W01Inner: "组织机构代码校验不符", W02Division: "行政区划未知或与代码不符", W03Deregistered: "主体在决定之前已注销", W04Pilot: "试点代码", W05Normalised: "已规范化",
	W06Incomplete: "应有的字段缺失", W07NoEffect: "所依规则当时未生效，不产生效力", W08TermCapped: "期限超过法定上限，按上限计", W09UnknownCause: "名单中没有的事由",
	W10Service: "生效早于送达，自送达起算", W11NoExit: "移出日期无效", W12SameDay: "同日先后不明，作有利于主体的认定", W13Column: "列不属于任何字段，未保存",
	W14Hidden: "已读取隐藏的行、列或工作表", W15Damaged: "含表示损坏的字符",
}
