package record

import "credithub/schema/list"

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
	"当事人名称", "行政相对人名称", "公司名称", "字号名称", "被执行人姓名/名称", "被执行人名称", "经营主体名称", "法人名称", "单位全称", "企业全称", "参保单位名称", "借款人名称", "失信主体名称", "被处罚人名称", "被处罚单位", "被许可人名称", "当事人", "name",
}

var personHeaders = []string{
	"法定代表人", "法定代表人姓名", "法定代表人(负责人)", "负责人", "法人代表", "法定代表人或负责人", "经营者", "经营者姓名", "法人", "法人姓名", "法人代表姓名", "法人代表人", "法定代表", "法定代表人(负责人)姓名", "负责人姓名", "主要负责人", "主要负责人姓名", "执行事务合伙人", "投资人姓名", "企业法定代表人",
}

func registrationKind() KindSpec {
	return KindSpec{
		Domain: Registration, Name: "registration", NameZh: "登记信息",
		rules: registrationRules,
		Fields: []Field{
			{Name: "name", Required: true, Named: true, Max: 200, Headers: nameHeaders},
			{Name: "status", Type: Choice, Required: true, Headers: []string{"登记状态", "经营状态", "企业状态", "状态", "存续状态", "主体状态", "市场主体状态", "企业登记状态", "登记注册状态", "经营主体状态"}, Enum: []Enum{
				{"1", []string{"存续", "在营", "开业", "在册", "正常", "登记成立", "存续(在营、开业、在册)", "在业", "K", "B", "A", "DA", "X", "注销中"}},
				{"2", []string{"吊销", "已吊销", "吊销未注销", "吊销,未注销", "D"}},
				{"3", []string{"吊销已注销", "吊销,已注销", "DX"}},
				{"4", []string{"注销", "已注销", "XX"}},
				{"5", []string{"撤销", "已撤销", "C"}},
				{"6", []string{"迁出", "已迁出", "迁移异地", "Q", "QX"}},
				{"9", []string{"其他"}},
			}},
			{Name: "establishedOn", Type: Day, Required: true, Past: true, Headers: []string{"成立日期", "成立时间", "注册日期", "设立日期", "注册时间", "设立时间", "开业日期", "企业成立日期", "成立年月日"}},
			{Name: "entityType", Type: Label, Max: 100, Headers: []string{"企业类型", "类型", "主体类型", "企业(机构)类型", "市场主体类型", "经营主体类型", "公司类型", "机构类型", "单位类型", "企业性质", "经济类型"}},
			{Name: "legalRepresentative", Named: true, Person: true, Max: 100, Headers: personHeaders},
			{Name: "registeredCapital", Type: Money, Headers: []string{"注册资本", "注册资金", "注册资本(万元)", "注册资金(万元)", "出资总额", "注册资本(金)", "注册资本金", "认缴资本", "认缴出资额", "资金数额", "出资额"}},
			{Name: "currency", Type: Label, Max: 32, Headers: []string{"币种", "注册资本币种", "货币种类", "注册资本(金)币种"}},
			{Name: "approvedOn", Type: Day, Past: true, Headers: []string{"核准日期", "发照日期", "核准时间", "发照时间", "最近核准日期", "最后核准日期"}},
			{Name: "registrationAuthority", Max: 200, Headers: []string{"登记机关", "登记机关名称", "发证机关", "注册机关", "登记注册机关", "核准机关"}},
			{Name: "division", Type: Division, Headers: []string{"行政区划", "行政区划代码", "区划代码", "行政区划码", "所在行政区划", "所属行政区划", "住所行政区划代码", "行政区划编码"}},
			{Name: "domicile", Headers: []string{"住所", "地址", "注册地址", "经营场所", "住所(经营场所)", "企业地址", "企业住所", "经营地址", "住所地", "住址", "单位地址", "登记住所", "主要经营场所", "经营(驻在)场所"}},
			{Name: "businessScope", Headers: []string{"经营范围", "业务范围", "经营(业务)范围"}},
			{Name: "industry", Type: Label, Max: 100, Headers: []string{"行业", "所属行业", "行业代码", "行业门类", "行业类别", "行业名称", "国民经济行业", "国民经济行业代码", "行业分类"}},
			{Name: "regNo", Type: RegNo, Headers: []string{"注册号", "工商注册号", "营业执照注册号", "登记注册号", "工商登记注册号", "营业执照号", "营业执照号码", "企业注册号", "登记证号"}},
			{Name: "formerNames", Type: Texts, Named: true, Headers: []string{"曾用名", "曾用名称", "历史名称", "原名称", "变更前名称", "曾用企业名称"}},
			{Name: "shareholders", Type: Objects, Named: true, Person: true, Headers: []string{"股东", "股东名称", "投资人", "股东姓名", "股东及出资信息", "股东(发起人)", "发起人", "合伙人", "投资人及出资信息"}},
			{Name: "officers", Type: Objects, Named: true, Person: true, Headers: []string{"主要人员", "高管人员", "高级管理人员", "高管", "董监高", "主要成员", "主要人员信息"}},
		},
		Identity: []string{"regNo"},
		orders:   []order{{"establishedOn", "approvedOn"}},
	}
}

func taxGrade() KindSpec {
	return KindSpec{
		Domain: Tax, Name: "grade", NameZh: "纳税缴费信用级别",
		Fields: []Field{
			{Name: "year", Type: Year, Required: true, Past: true, Headers: []string{"评价年度", "评定年度", "年度", "评价年份", "年份", "评定年份", "所属年度"}},
			{Name: "grade", Type: Choice, Required: true, Headers: []string{"信用级别", "纳税信用级别", "纳税信用等级", "信用等级", "级别", "纳税缴费信用级别", "评价结果", "信用评价结果", "评定等级", "评价级别", "等级"}, Enum: []Enum{
				{"A", []string{"A级"}}, {"B", []string{"B级"}}, {"M", []string{"M级"}}, {"C", []string{"C级"}}, {"D", []string{"D级"}},
			}},
			{Name: "score", Type: Score, Headers: []string{"得分", "评价得分", "分数", "评价分数", "信用得分", "评分", "总分"}},
			{Name: "reason", Headers: []string{"原因", "直接判级原因", "判级原因", "直接判级情形"}},
		},
		Identity: []string{"year"},
	}
}

func taxArrears() KindSpec {
	return KindSpec{
		Domain: Tax, Name: "arrears", NameZh: "欠税公告",
		Fields: []Field{
			{Name: "taxType", Required: true, Max: 100, Headers: []string{"税种", "欠税税种", "欠缴税种", "征收项目", "税(费)种", "欠税税种名称"}},
			{Name: "amount", Type: Money, Required: true, Headers: []string{"欠税金额", "欠税余额", "欠税额", "欠缴金额", "欠缴税额", "欠缴余额", "欠缴税款", "欠税金额(元)", "金额"}},
			{Name: "asOf", Type: Day, Required: true, Past: true, Headers: []string{"截止日期", "统计日期", "公告日期", "欠税截止日期", "截至日期", "截止时间", "统计时点", "截至时间", "统计截止日期", "公告时间"}},
		},
		Identity: []string{"taxType", "asOf"},
	}
}

func taxAbnormal() KindSpec {
	return KindSpec{
		Domain: Tax, Name: "abnormal", NameZh: "非正常户",
		Fields: []Field{
			{Name: "from", Type: Day, Required: true, Past: true, Headers: []string{"认定日期", "非正常认定日期", "起始日期", "认定时间", "认定为非正常户日期", "非正常户认定日期", "非正常户认定时间", "开始日期", "起始时间"}},
			{Name: "until", Type: Day, Open: true, Headers: []string{"解除日期", "终止日期", "解除时间", "解除非正常日期", "非正常解除日期", "终止时间", "结束日期", "截止日期", "结束时间"}},
		},
		Identity: []string{"from"},
		orders:   []order{{"from", "until"}},
	}
}

func insurance() KindSpec {
	return KindSpec{
		Domain: SocialSecurity, Name: "insurance", NameZh: "社会保险参保缴费",
		Fields: []Field{
			{Name: "period", Type: Month, Required: true, Past: true, Headers: []string{"费款所属期", "所属期", "月份", "费款所属月份", "所属月份", "缴费月份", "参保月份", "所属年月", "费款所属年月", "缴费年月", "期间", "年月", "统计月份"}},
			{Name: "insuredCount", Type: Count, Required: true, Headers: []string{"参保人数", "缴费人数", "职工人数", "参保职工人数", "实缴人数", "应缴人数"}},
			{Name: "arrearsAmount", Type: Money, Headers: []string{"欠费金额", "欠缴金额", "欠费额", "欠缴费额", "欠缴社会保险费", "欠缴社保费金额"}},
			{Name: "arrearsMonths", Type: Count, Headers: []string{"欠费月数", "欠缴月数", "欠费月份数", "欠费期数", "累计欠费月数"}},
		},
		Identity: []string{"period"},
		rules:    insuranceRules,
	}
}

func loan() KindSpec {
	return KindSpec{
		Domain: Bank, Name: "loan", NameZh: "授权信贷摘要",
		Fields: []Field{
			{Name: "asOf", Type: Day, Required: true, Past: true, Headers: []string{"截止日期", "统计日期", "截至日期", "数据日期", "统计时点", "报告日期", "截止时间"}},
			{Name: "class", Type: Choice, Required: true, Headers: []string{"贷款分类", "五级分类", "分类", "贷款五级分类", "风险分类", "资产分类"}, Enum: []Enum{
				{"NORMAL", []string{"正常"}}, {"SPECIAL_MENTION", []string{"关注"}}, {"SUBSTANDARD", []string{"次级"}},
				{"DOUBTFUL", []string{"可疑"}}, {"LOSS", []string{"损失"}},
			}},
			{Name: "overdueMonths", Type: Count, Headers: []string{"逾期月数", "逾期期数", "逾期月份数"}},
			{Name: "consentRef", Type: DocumentNo, Required: true, Max: 128, Headers: []string{"授权书编号", "授权编号", "授权书号", "查询授权书编号", "授权文号"}},
		},
		Identity: []string{"asOf", "consentRef"},
		rules:    loanRules,
	}
}

func debtEvasion() KindSpec {
	return KindSpec{
		Domain: Bank, Name: "debt_evasion", NameZh: "逃废银行债务名单",
		Fields: []Field{
			{Name: "from", Type: Day, Required: true, Past: true, Headers: []string{"列入日期", "起始日期", "公布日期", "发布日期", "认定日期", "列入时间", "起始时间", "公布时间"}},
			{Name: "until", Type: Day, Open: true, Headers: []string{"移出日期", "终止日期", "移出时间", "解除日期", "撤销日期", "终止时间", "结束日期", "截止日期"}},
			{Name: "publisher", Required: true, Max: 200, Headers: []string{"发布单位", "发布机构", "公布单位", "公布机构", "发布机关", "认定单位"}},
			{Name: "amount", Type: Money, Headers: []string{"金额", "逃废债金额", "逃废债务金额", "涉及金额"}},
		},
		Identity: []string{"from", "publisher"},
		orders:   []order{{"from", "until"}},
	}
}

func decisionEntry() KindSpec {
	return KindSpec{
		Domain: Decision, Name: "entry", NameZh: "名单决定",
		Fields: []Field{
			{Name: "entryId", Type: DocumentNo, Required: true, Max: 128, Headers: []string{"名单编号", "条目编号", "名单条目编号", "名单记录编号", "列入编号"}},
			{Name: "list", Type: Choice, Required: true, Enum: listChoices(), Headers: []string{"名单", "名单代码", "名单类型", "名单种类", "名单名称", "名单编码", "失信名单"}},
			{Name: "event", Type: Choice, Required: true, Headers: []string{"事件", "环节", "办理环节", "决定类型", "事件类型"}, Enum: []Enum{
				{list.EventPreNotice.String(), []string{"告知", "事先告知", "拟列入"}}, {list.EventDecided.String(), []string{"决定", "已决定"}},
				{list.EventServed.String(), []string{"送达", "已送达"}}, {list.EventInForce.String(), []string{"列入", "生效", "已列入"}},
				{list.EventSuspended.String(), []string{"中止", "暂停"}}, {list.EventResumed.String(), []string{"恢复"}}, {list.EventExited.String(), []string{"移出", "退出", "已移出"}},
			}},
			{Name: "cause", Type: Label, Required: true, Max: 512, Headers: []string{"列入事由", "事由", "列入原因", "列入经营异常名录原因", "失信情形", "列入情形", "列入严重违法失信名单原因", "列入失信名单原因", "事由代码", "列入事由代码", "失信事由", "认定事由", "失信行为"}},
			{Name: "documentNo", Type: DocumentNo, Required: true, Max: 128, Headers: []string{"决定书文号", "文号", "决定文书号", "列入决定书文号", "决定文号", "认定文书号", "认定文号", "列入文号", "列入决定文书号", "决定书编号", "文书号", "决定文书文号"}},
			{Name: "decidedOn", Type: Day, Required: true, Past: true, Headers: []string{"决定日期", "列入决定日期", "作出决定日期", "列入日期", "决定时间", "认定日期", "认定时间", "列入时间", "作出决定时间", "列入决定时间"}},
			{Name: "occurredAt", Type: Moment, Past: true, Headers: []string{"事件时间", "事件发生时间", "具体时间", "具体发生时间"}}, // tells what a day can't: which came first
			{Name: "servedOn", Type: Day, Past: true, Headers: []string{"送达日期", "送达时间", "送达日", "文书送达日期", "决定书送达日期", "公告送达日期"}},
			{Name: "effectiveFrom", Type: Day, Headers: []string{"生效日期", "起始日期", "生效时间", "生效日", "起始时间", "惩戒起始日期", "有效期自", "有效期起", "期限起", "开始日期", "起始日", "管理期限起"}},
			{Name: "termUntil", Type: Day, Open: true, Headers: []string{"截止日期", "期限至", "有效期至", "届满日期", "期满日期", "终止日期", "有效期止", "到期日期", "到期日", "期满日", "届满日", "期满时间", "届满时间", "截止时间", "终止时间", "结束日期", "结束时间", "期限止", "期限届满日期", "有效期限至", "有效期截止日期", "有效期", "截止日", "至", "惩戒截止日期", "惩戒期限至", "管理期限止", "管理期限至", "失效日期"}},
			{Name: "exitType", Type: Choice, Headers: []string{"退出类型", "移出类型", "退出方式", "移出方式", "移出原因类型", "退出原因类型"}, Enum: []Enum{
				{list.Expired.String(), []string{"期满"}}, {list.Repaired.String(), []string{"修复", "信用修复"}}, {list.Corrected.String(), []string{"更正"}},
				{list.Revoked.String(), []string{"撤销"}}, {list.SubjectEnded.String(), []string{"主体注销", "注销"}},
			}},
			{Name: "exitDocumentNo", Type: DocumentNo, Max: 128, Headers: []string{"移出决定书文号", "移出文号", "移出决定文书号", "移出文书号", "退出决定书文号", "退出文号", "移出决定文号", "解除文号"}},
			{Name: "personKey", Type: PersonKey, Person: true, Headers: []string{"人员标识", "人员密钥散列", "责任人标识", "法定代表人标识", "自然人标识"}},
			{Name: "personRole", Type: Choice, Headers: []string{"人员角色", "责任人角色", "自然人角色"}, Enum: []Enum{
				{list.LegalRepresentative.String(), []string{"法定代表人", "经营者", "执行事务合伙人"}},
				{list.ResponsiblePerson.String(), []string{"主要负责人", "负责人", "直接责任人", "直接责任人员", "实际控制人"}},
			}},
			{Name: "annotated", Type: Choice, Headers: []string{"异议标注", "异议处理中", "异议状态", "是否异议", "是否异议处理中", "异议申请处理中"}, Enum: []Enum{ // an objection is pending: the entry stays in force
				{"Y", []string{"异议处理中", "是", "有", "有异议", "处理中", "已标注", "异议标注", "TRUE", "真", "1"}},
				{"N", []string{"否", "无", "无异议", "已办结", "已处理", "已答复", "FALSE", "假", "0"}},
			}},
			{Name: "facts", Headers: []string{"事实", "主要事实", "失信事实", "违法事实", "主要失信事实", "基本事实"}},
		},
		Identity: []string{"entryId", "event"},
		orders: []order{
			{"decidedOn", "servedOn"}, {"decidedOn", "effectiveFrom"},
			{"decidedOn", "termUntil"}, {"effectiveFrom", "termUntil"},
		},
		unordered: repeatsListing,
		rules:     decisionRules,
	}
}

func listChoices() []Enum {
	var all []Enum
	for _, c := range list.Codes() {
		all = append(all, Enum{Value: c.String()})
	}
	return all
}
