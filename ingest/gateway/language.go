package gateway

import (
	"net/http"
	"strconv"
	"strings"

	"credithub/schema/fault"
)

// chinese tells whether a caller prefers Chinese to English. Who names no language
// gets English, as programs do.
func chinese(r *http.Request) bool {
	zh, en := 0.0, 0.0
	for _, part := range strings.Split(r.Header.Get("Accept-Language"), ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		q := 1.0
		if v, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			if n, err := strconv.ParseFloat(v, 64); err == nil {
				q = n
			}
		}
		switch primary, _, _ := strings.Cut(strings.ToLower(tag), "-"); primary {
		case "zh":
			zh = max(zh, q)
		case "en", "*":
			en = max(en, q)
		}
	}
	return zh > 0 && zh >= en
}

// speakChinese turns the messages of findings into Chinese.
func speakChinese(all []Finding) {
	for i := range all {
		f := &all[i]
		f.Message = fault.Chinese(f.Code, f.Message)
		if f.Suggestion != "" {
			f.Suggestion = suggestionsZh[f.Code]
		}
	}
}

// suggestionsZh are suggestions in Chinese.
var suggestionsZh = map[fault.Code]string{
	fault.E01Format:       "按登记信息填写18位统一社会信用代码，大写，不含空格",
	fault.E02Check:        "与营业执照核对：可能有一位错误或两位颠倒",
	fault.E03NoSubject:    "填写主体的统一社会信用代码",
	fault.E04NameMismatch: "与登记信息核对名称与代码，更正错误的一项",
	fault.E05Required:     "补填该字段",
	fault.E06Enum:         "按目录规定的取值和格式填写",
	fault.E07DateOrder:    "核对两个日期哪一个有误",
	fault.E08Future:       "填写实际发生日期，最迟为今天",
	fault.E09Amount:       "以元为单位填写十进制金额",
	fault.E10Duplicate:    "更正已报送的记录时请提高版本号",
	fault.E11Personal:     "从该字段中删除个人信息",
	fault.E12Right:        "由有权单位报送",
	fault.E13Catalogue:    "对照目录核对领域、种类和行格式",
	fault.E14Late:         "已超过报送时限，请联系平台运行单位",
}
