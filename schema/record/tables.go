package record

// kindTables lists every kind: the fields of the contract and of the domain
// standards, in the order of the canonical form.
func kindTables() []KindSpec {
	return []KindSpec{
		registrationKind(), taxGrade(), taxArrears(), taxAbnormal(), insurance(), loan(), debtEvasion(),
		decisionEntry(), permitKind(), penaltyKind(), annualReport(), inspectionResult(),
		defaulter(), commitmentKind(), complaintKind(),
	}
}

func choices(values ...string) []Enum {
	all := make([]Enum, len(values))
	for i, v := range values {
		all[i] = Enum{Value: v}
	}
	return all
}

var nameHeaders = []string{
	"名称", "企业名称", "单位名称", "市场主体名称", "主体名称", "企业(机构)名称", "机构名称", "纳税人名称",
	"当事人名称", "行政相对人名称", "公司名称", "字号名称", "被执行人姓名/名称", "name",
}

var personHeaders = []string{
	"法定代表人", "法定代表人姓名", "法定代表人(负责人)", "负责人", "法人代表", "法定代表人或负责人", "经营者", "经营者姓名",
}

func registrationKind() KindSpec {
	return KindSpec{
		Domain: Registration, Name: "registration", NameZh: "登记信息",
		rules: registrationRules,
		Fields: []Field{
			{Name: "name", Required: true, Max: 600, Headers: nameHeaders},
			{Name: "status", Type: Choice, Required: true, Headers: []string{"登记状态", "经营状态", "企业状态", "状态"}, Enum: []Enum{
				{"1", []string{"存续", "在营", "开业", "在册", "正常", "登记成立", "存续(在营、开业、在册)", "在业", "K", "B", "A", "DA", "X", "注销中"}},
				{"2", []string{"吊销", "已吊销", "吊销未注销", "吊销,未注销", "D"}},
				{"3", []string{"吊销已注销", "吊销,已注销", "DX"}},
				{"4", []string{"注销", "已注销", "XX"}},
				{"5", []string{"撤销", "已撤销", "C"}},
				{"6", []string{"迁出", "已迁出", "迁移异地", "Q", "QX"}},
				{"9", []string{"其他"}},
			}},
			{Name: "establishedOn", Type: Day, Required: true, Past: true, Headers: []string{"成立日期", "成立时间", "注册日期", "设立日期"}},
			{Name: "entityType", Type: Label, Max: 200, Headers: []string{"企业类型", "类型", "主体类型", "企业(机构)类型", "市场主体类型"}},
			{Name: "legalRepresentative", Max: 300, Headers: personHeaders},
			{Name: "registeredCapital", Type: Money, Headers: []string{"注册资本", "注册资金", "注册资本(万元)", "注册资金(万元)", "出资总额"}},
			{Name: "currency", Type: Label, Max: 32, Headers: []string{"币种", "注册资本币种"}},
			{Name: "approvedOn", Type: Day, Past: true, Headers: []string{"核准日期", "发照日期", "核准时间"}},
			{Name: "registrationAuthority", Max: 600, Headers: []string{"登记机关", "登记机关名称", "发证机关"}},
			{Name: "division", Type: Division, Headers: []string{"行政区划", "行政区划代码", "区划代码", "行政区划码"}},
			{Name: "domicile", Headers: []string{"住所", "地址", "注册地址", "经营场所", "住所(经营场所)", "企业地址", "企业住所"}},
			{Name: "businessScope", Headers: []string{"经营范围", "业务范围", "经营(业务)范围"}},
			{Name: "industry", Type: Label, Max: 200, Headers: []string{"行业", "所属行业", "行业代码", "行业门类"}},
			{Name: "regNo", Type: RegNo, Headers: []string{"注册号", "工商注册号", "营业执照注册号", "登记注册号"}},
			{Name: "formerNames", Type: Texts, Headers: []string{"曾用名", "曾用名称"}},
			{Name: "shareholders", Type: Objects, Headers: []string{"股东", "股东名称", "投资人"}},
			{Name: "officers", Type: Objects, Headers: []string{"主要人员", "高管人员"}},
		},
		Identity: []string{"regNo"},
		orders:   []order{{"establishedOn", "approvedOn"}},
	}
}

func taxGrade() KindSpec {
	return KindSpec{
		Domain: Tax, Name: "grade", NameZh: "纳税缴费信用级别",
		Fields: []Field{
			{Name: "year", Type: Year, Required: true, Past: true, Headers: []string{"评价年度", "评定年度", "年度"}},
			{Name: "grade", Type: Choice, Required: true, Headers: []string{"信用级别", "纳税信用级别", "纳税信用等级", "信用等级", "级别"}, Enum: []Enum{
				{"A", []string{"A级"}}, {"B", []string{"B级"}}, {"M", []string{"M级"}}, {"C", []string{"C级"}}, {"D", []string{"D级"}},
			}},
			{Name: "score", Type: Score, Headers: []string{"得分", "评价得分", "分数"}},
			{Name: "reason", Headers: []string{"原因", "直接判级原因"}},
		},
		Identity: []string{"year"},
	}
}

func taxArrears() KindSpec {
	return KindSpec{
		Domain: Tax, Name: "arrears", NameZh: "欠税公告",
		Fields: []Field{
			{Name: "taxType", Required: true, Max: 200, Headers: []string{"税种", "欠税税种", "欠缴税种"}},
			{Name: "amount", Type: Money, Required: true, Headers: []string{"欠税金额", "欠税余额", "欠税额", "欠缴金额"}},
			{Name: "asOf", Type: Day, Required: true, Past: true, Headers: []string{"截止日期", "统计日期", "公告日期"}},
		},
		Identity: []string{"taxType", "asOf"},
	}
}

func taxAbnormal() KindSpec {
	return KindSpec{
		Domain: Tax, Name: "abnormal", NameZh: "非正常户",
		Fields: []Field{
			{Name: "from", Type: Day, Required: true, Past: true, Headers: []string{"认定日期", "非正常认定日期", "起始日期"}},
			{Name: "until", Type: Day, Open: true, Headers: []string{"解除日期", "终止日期"}},
		},
		Identity: []string{"from"},
		orders:   []order{{"from", "until"}},
	}
}

func insurance() KindSpec {
	return KindSpec{
		Domain: SocialSecurity, Name: "insurance", NameZh: "社会保险参保缴费",
		Fields: []Field{
			{Name: "period", Type: Month, Required: true, Past: true, Headers: []string{"费款所属期", "所属期", "月份"}},
			{Name: "insuredCount", Type: Count, Required: true, Headers: []string{"参保人数", "缴费人数"}},
			{Name: "arrearsAmount", Type: Money, Headers: []string{"欠费金额", "欠缴金额"}},
			{Name: "arrearsMonths", Type: Count, Headers: []string{"欠费月数", "欠缴月数"}},
		},
		Identity: []string{"period"},
		rules:    insuranceRules,
	}
}

func loan() KindSpec {
	return KindSpec{
		Domain: Bank, Name: "loan", NameZh: "授权信贷摘要",
		Fields: []Field{
			{Name: "asOf", Type: Day, Required: true, Past: true, Headers: []string{"截止日期", "统计日期"}},
			{Name: "class", Type: Choice, Required: true, Headers: []string{"贷款分类", "五级分类", "分类"}, Enum: []Enum{
				{"NORMAL", []string{"正常"}}, {"SPECIAL_MENTION", []string{"关注"}}, {"SUBSTANDARD", []string{"次级"}},
				{"DOUBTFUL", []string{"可疑"}}, {"LOSS", []string{"损失"}},
			}},
			{Name: "overdueMonths", Type: Count, Headers: []string{"逾期月数"}},
			{Name: "consentRef", Type: DocumentNo, Required: true, Max: 256, Headers: []string{"授权书编号", "授权编号"}},
		},
		Identity: []string{"asOf", "consentRef"},
		rules:    loanRules,
	}
}

func debtEvasion() KindSpec {
	return KindSpec{
		Domain: Bank, Name: "debt_evasion", NameZh: "逃废银行债务名单",
		Fields: []Field{
			{Name: "from", Type: Day, Required: true, Past: true, Headers: []string{"列入日期", "起始日期", "公布日期"}},
			{Name: "until", Type: Day, Open: true, Headers: []string{"移出日期", "终止日期"}},
			{Name: "publisher", Required: true, Max: 600, Headers: []string{"发布单位", "发布机构"}},
			{Name: "amount", Type: Money, Headers: []string{"金额", "逃废债金额"}},
		},
		Identity: []string{"from", "publisher"},
		orders:   []order{{"from", "until"}},
	}
}

func decisionEntry() KindSpec {
	return KindSpec{
		Domain: Decision, Name: "entry", NameZh: "名单决定",
		Fields: []Field{
			{Name: "entryId", Type: DocumentNo, Required: true, Max: 128, Headers: []string{"名单编号", "记录编号", "条目编号"}},
			{Name: "list", Type: Choice, Required: true, Enum: choices(listNames()...), Headers: []string{"名单", "名单代码"}},
			{Name: "event", Type: Choice, Required: true, Headers: []string{"事件", "环节"}, Enum: []Enum{
				{"PRE_NOTICE", []string{"告知", "事先告知", "拟列入"}}, {"DECIDED", []string{"决定", "已决定"}},
				{"SERVED", []string{"送达", "已送达"}}, {"IN_FORCE", []string{"列入", "生效", "已列入"}},
				{"SUSPENDED", []string{"中止", "暂停"}}, {"RESUMED", []string{"恢复"}}, {"EXITED", []string{"移出", "退出", "已移出"}},
			}},
			{Name: "cause", Type: Label, Required: true, Max: 1024, Headers: []string{"列入事由", "事由", "列入原因", "列入经营异常名录原因", "失信情形"}},
			{Name: "documentNo", Type: DocumentNo, Required: true, Max: 256, Headers: []string{"决定书文号", "文号", "决定文书号", "列入决定书文号"}},
			{Name: "decidedOn", Type: Day, Required: true, Past: true, Headers: []string{"决定日期", "列入决定日期", "作出决定日期", "列入日期"}},
			{Name: "servedOn", Type: Day, Past: true, Headers: []string{"送达日期"}},
			{Name: "effectiveFrom", Type: Day, Headers: []string{"生效日期", "起始日期"}},
			{Name: "termUntil", Type: Day, Open: true, Headers: []string{"截止日期", "期限至", "有效期至", "届满日期"}},
			{Name: "exitType", Type: Choice, Headers: []string{"退出类型", "移出类型"}, Enum: []Enum{
				{"EXPIRED", []string{"期满"}}, {"REPAIRED", []string{"修复", "信用修复"}}, {"CORRECTED", []string{"更正"}},
				{"REVOKED", []string{"撤销"}}, {"SUBJECT_ENDED", []string{"主体注销", "注销"}},
			}},
			{Name: "exitDocumentNo", Type: DocumentNo, Max: 256, Headers: []string{"移出决定书文号", "移出文号"}},
			{Name: "facts", Headers: []string{"事实", "主要事实"}},
		},
		Identity: []string{"entryId", "event"},
		orders: []order{
			{"decidedOn", "servedOn"}, {"decidedOn", "effectiveFrom"},
			{"decidedOn", "termUntil"}, {"effectiveFrom", "termUntil"},
		},
		rules: decisionRules,
	}
}

// listNames are the wire names of schema/list, which imports this package; a
// test holds the two together.
func listNames() []string {
	return []string{
		"L01", "L02", "L03", "L04", "L05", "L06", "L07", "L08", "L09", "L10", "L11", "L12", "L13", "L14", "L15",
		"L16", "L17", "L18", "L19", "L20", "L21", "L22", "L23", "L24", "L25", "L26", "L27", "L28", "L15B",
	}
}
