package record

// The kinds below stand in the domain standards: 双公示 2.0 (发改办财金〔2018〕424
// 号), annual report, inspection, judgment, commitment, complaint.

// party lists the columns that permits and penalties share about the party (行政
// 相对人). Identifiers of persons are recognised and dropped.
func party(p string) []Field {
	col := func(s string) []string { return []string{p + s} }
	return []Field{
		{Name: "name", Required: true, Named: true, Max: 200, Columns: col("_XDR_MC"), Headers: append([]string{"行政相对人名称"}, nameHeaders...)},
		{Name: "subjectType", Type: Label, Max: 100, Columns: col("_XDR_LB"), Headers: []string{"行政相对人类别", "相对人类别", "主体类别"}},
		{Name: "regNo", Type: RegNo, Columns: col("_XDR_GSZC"), Headers: []string{"工商注册号", "行政相对人代码_2(工商注册号)", "注册号", "行政相对人代码_2(工商登记码)", "工商登记码", "营业执照注册号", "工商登记注册号"}},
		{Name: "orgCode", Type: DocumentNo, Max: 64, Columns: col("_XDR_ZZJG"), Headers: []string{"组织机构代码", "行政相对人代码_3(组织机构代码)", "机构代码", "组织机构代码证号"}},
		{Name: "taxNo", Type: DocumentNo, Max: 64, Columns: col("_XDR_SWDJ"), Headers: []string{"税务登记号", "行政相对人代码_4(税务登记号)", "税务登记证号"}},
		{Name: "institutionNo", Type: DocumentNo, Max: 120, Columns: col("_XDR_SYDW"), Headers: []string{"事业单位证书号", "行政相对人代码_5(事业单位证书号)", "事业单位法人证书号"}},
		{Name: "associationNo", Type: DocumentNo, Max: 64, Columns: col("_XDR_SHZZ"), Headers: []string{"社会组织登记证号", "行政相对人代码_6(社会组织登记证号)"}},
		{Name: "legalRepresentative", Named: true, Person: true, Max: 100, Columns: col("_FRDB"), Headers: personHeaders},
		{Name: "legalRepresentativeIdType", Type: Dropped, Columns: col("_FR_ZJLX"), Headers: []string{"法定代表人证件类型", "法人证件类型", "负责人证件类型"}},
		{Name: "legalRepresentativeId", Type: Dropped, Columns: []string{p + "_FR_SFZH", p + "_FR_ZJHM"}, Headers: []string{"法定代表人证件号码", "法定代表人身份证号", "法定代表人身份证号码", "法人身份证号", "法人身份证号码", "负责人身份证号", "负责人证件号码", "居民身份证号(法定代表人)"}},
		{Name: "personIdType", Type: Dropped, Columns: col("_XDR_ZJLX"), Headers: []string{"证件类型"}},
		{Name: "personId", Type: Dropped, Columns: col("_XDR_ZJHM"), Headers: []string{"证件号码", "居民身份证号", "身份证号", "身份证号码", "居民身份证号码", "公民身份号码", "自然人证件号码", "行政相对人代码_6(居民身份证号)"}},
	}
}

func permitKind() KindSpec {
	return KindSpec{
		Domain: Permit, Name: "permit", NameZh: "行政许可",
		Fields: append(party("XK"), []Field{
			{Name: "documentName", Max: 512, Columns: []string{"XK_XKWS"}, Headers: []string{"行政许可决定文书名称", "许可决定文书名称", "许可文件名称", "许可文书名称", "许可决定书名称"}},
			{Name: "documentNo", Type: DocumentNo, Max: 256, Columns: []string{"XK_WSH"}, Headers: []string{"行政许可决定文书号", "许可决定文书号", "行政许可决定书文号", "许可文件编号", "许可文号", "许可决定书文号", "许可文书号", "决定书文号", "文书号", "文号"}},
			{Name: "category", Type: Label, Max: 512, Columns: []string{"XK_XKLB"}, Headers: []string{"许可类别", "行政许可类别", "许可类型", "审批类别"}},
			{Name: "licenceName", Max: 512, Columns: []string{"XK_XKZS"}, Headers: []string{"许可证书名称", "行政许可证书名称", "许可证名称", "证书名称", "证照名称"}},
			{Name: "licenceNo", Type: DocumentNo, Max: 256, Columns: []string{"XK_XKBH"}, Headers: []string{"许可编号", "许可证编号", "行政许可编号", "许可证号", "许可证书编号", "证书编号", "证照编号", "证书号", "许可证件编号"}},
			{Name: "content", Columns: []string{"XK_NR"}, Headers: []string{"许可内容", "行政许可内容", "许可事项", "审批内容"}},
			{Name: "decidedOn", Type: Day, Required: true, Past: true, Columns: []string{"XK_JDRQ"}, Headers: []string{"许可决定日期", "行政许可决定日期", "许可日期", "许可决定时间", "决定日期", "许可时间", "发证日期", "发证时间", "批准日期", "审批日期", "核准日期"}},
			{Name: "validFrom", Type: Day, Columns: []string{"XK_YXQZ"}, Headers: []string{"有效期自", "有效期始", "有效期起", "有效期开始", "有效期开始日期", "有效期起始日期", "有效期限自", "有效期从", "起始日期", "生效日期", "开始日期", "许可有效期自", "有效起始日期", "许可有效期起"}},
			{Name: "validUntil", Type: Day, Open: true, Columns: []string{"XK_YXQZI"}, Headers: []string{"有效期至", "有效期止", "有效期终", "有效期截止", "有效期截止日期", "有效期限至", "有效期结束", "有效期", "有效期限", "截止日期", "到期日期", "到期日", "期满日期", "届满日期", "终止日期", "失效日期", "结束日期", "许可截止期", "许可有效期至", "许可有效期止", "许可有效期", "有效截止日期", "许可截止日期"}},
			{Name: "organ", Max: 200, Columns: []string{"XK_XKJG"}, Headers: []string{"许可机关", "行政许可机关", "许可机关名称", "审批机关", "发证机关", "许可部门", "许可决定机关"}},
			{Name: "organCode", Type: Code, Columns: []string{"XK_XKJGDM"}, Headers: []string{"许可机关统一社会信用代码", "许可机关代码"}},
			{Name: "state", Type: Label, Max: 32, Columns: []string{"XK_ZT"}, Headers: []string{"当前状态", "状态", "登记状态", "许可状态", "数据状态"}},
			{Name: "source", Max: 200, Columns: []string{"XK_LYDW"}, Headers: []string{"数据来源单位", "数据来源", "来源单位"}},
			{Name: "sourceCode", Type: Code, Columns: []string{"XK_LYDWDM"}, Headers: []string{"数据来源单位统一社会信用代码", "数据来源单位代码"}},
			{Name: "remark", Columns: []string{"BZ"}, Headers: []string{"备注"}},
		}...),
		Identity: []string{"documentNo", "licenceNo", "decidedOn"},
		orders:   []order{{"decidedOn", "validFrom"}, {"decidedOn", "validUntil"}, {"validFrom", "validUntil"}},
		rules:    permitRules,
	}
}

func penaltyKind() KindSpec {
	return KindSpec{
		Domain: Penalty, Name: "penalty", NameZh: "行政处罚",
		Fields: append(party("CF"), []Field{
			{Name: "documentNo", Type: DocumentNo, Required: true, Max: 256, Columns: []string{"CF_WSH"}, Headers: []string{"行政处罚决定书文号", "处罚决定书文号", "处罚决定文书号", "决定书文号", "行政处罚决定文书号", "处罚文号", "处罚文书号", "行政处罚文号", "决定文书号", "处罚决定书编号", "行政处罚决定书编号", "文书号", "文号", "案件文号"}},
			{Name: "violationType", Columns: []string{"CF_WFXW"}, Headers: []string{"违法行为类型", "处罚名称", "案件名称", "违法类型", "案由", "违法行为种类"}},
			{Name: "facts", Columns: []string{"CF_SY"}, Headers: []string{"违法事实", "处罚事由", "主要违法事实", "违法行为", "违法情形", "行政处罚事由"}},
			{Name: "basis", Columns: []string{"CF_YJ"}, Headers: []string{"处罚依据", "行政处罚依据", "处罚法律依据", "法律依据"}},
			{Name: "category", Type: Label, Max: 512, Columns: []string{"CF_CFLB"}, Headers: []string{"处罚类别", "处罚种类", "行政处罚种类", "处罚类别1", "行政处罚类别", "处罚类型"}},
			{Name: "content", Columns: []string{"CF_NR"}, Headers: []string{"处罚内容", "行政处罚内容", "处罚结果", "行政处罚结果", "处罚决定内容", "处罚决定"}},
			{Name: "procedure", Type: Choice, Headers: []string{"处罚程序", "行政处罚程序", "适用程序", "处罚程序类型", "程序类型"}, Enum: []Enum{
				{"简易程序", []string{"简易", "当场处罚"}}, {"普通程序", []string{"一般程序", "普通", "一般", "快速办理"}},
			}},
			{Name: "fineAmount", Type: Money, TenThousand: true, Columns: []string{"CF_NR_FK"}, Headers: []string{"罚款金额", "罚款金额(万元)", "罚款", "罚款数额", "罚款金额(元)"}},
			{Name: "confiscatedAmount", Type: Money, TenThousand: true, Columns: []string{"CF_NR_WFFF"}, Headers: []string{"没收违法所得、没收非法财物的金额", "没收违法所得、没收非法财物的金额(万元)", "没收金额(万元)", "没收金额", "没收违法所得金额", "没收违法所得", "没收违法所得或非法财物金额"}},
			{Name: "revokedLicence", Max: 512, Columns: []string{"CF_NR_ZKDX"}, Headers: []string{"暂扣或吊销证照名称及编号", "暂扣或吊销证照", "吊销证照名称及编号"}},
			{Name: "decidedOn", Type: Day, Required: true, Past: true, Columns: []string{"CF_JDRQ"}, Headers: []string{"处罚决定日期", "作出行政处罚决定日期", "作出处罚决定日期", "行政处罚决定日期", "处罚决定时间", "处罚日期", "处罚时间", "处罚决定书签发日期", "签发日期", "决定日期", "决定时间", "作出处罚日期"}},
			{Name: "validUntil", Type: Day, Open: true, Columns: []string{"CF_YXQ"}, Headers: []string{"处罚有效期", "处罚有效期至", "处罚有效期止", "有效期至", "有效期止", "处罚期限至", "有效期", "处罚截止日期", "处罚到期日", "期满日期", "届满日期", "终止日期", "到期日期", "处罚期满日期"}},
			{Name: "publicUntil", Type: Day, Open: true, Columns: []string{"CF_GSJZQ"}, Headers: []string{"公示截止期", "公示期限", "公示截止日期", "公示截止时间", "公示期至", "公示期止", "公示到期日", "公示期", "公示结束日期", "公示期限至", "撤下日期", "公示期满日期"}},
			{Name: "correctBy", Type: Day, Headers: []string{"责令改正期限", "整改期限", "限期改正日期", "改正期限", "整改截止日期", "责令改正截止日期"}},
			{Name: "correctedOn", Type: Day, Past: true, Headers: []string{"改正日期", "整改完成日期", "整改日期", "整改完成时间", "改正完成日期"}},
			{Name: "repairedOn", Type: Day, Past: true, Headers: []string{"信用修复日期", "修复日期", "信用修复时间"}},
			{Name: "organ", Max: 200, Columns: []string{"CF_CFJG", "CF_XZJG"}, Headers: []string{"处罚机关", "作出处罚决定机关", "作出行政处罚决定机关名称", "处罚机关名称", "行政处罚机关", "处罚决定机关", "处罚部门", "作出处罚决定部门", "执法机关", "处罚单位"}},
			{Name: "organCode", Type: Code, Columns: []string{"CF_CFJGDM"}, Headers: []string{"处罚机关统一社会信用代码", "处罚机关代码"}},
			{Name: "source", Max: 200, Columns: []string{"CF_SJLY", "CF_LYDW"}, Headers: []string{"数据来源单位", "数据来源", "来源单位"}},
			{Name: "sourceCode", Type: Code, Columns: []string{"CF_SJLYDM", "CF_LYDWDM"}, Headers: []string{"数据来源单位统一社会信用代码", "数据来源单位代码"}},
			{Name: "remark", Columns: []string{"BZ"}, Headers: []string{"备注"}},
		}...),
		Identity: []string{"documentNo", "organ"},
		orders:   []order{{"decidedOn", "validUntil"}, {"decidedOn", "publicUntil"}, {"decidedOn", "repairedOn"}},
		rules:    penaltyRules,
	}
}

func annualReport() KindSpec {
	return KindSpec{
		Domain: AnnualReport, Name: "filing", NameZh: "年度报告",
		Fields: []Field{
			{Name: "year", Type: Year, Required: true, Past: true, Headers: []string{"年报年度", "报告年度", "年度", "年报年份", "报送年度", "所属年度", "年份"}},
			{Name: "state", Type: Choice, Headers: []string{"年报状态", "报送状态", "年报报送状态"}, Enum: []Enum{
				{"0", []string{"未年报"}}, {"1", []string{"已年报"}}, {"2", []string{"已年报(逾期)", "逾期年报"}},
			}},
			{Name: "filedOn", Type: Day, Past: true, Headers: []string{"年报日期", "报送日期", "申报日期", "年报时间", "填报日期", "报送时间", "提交日期"}},
			{Name: "publishedOn", Type: Day, Past: true, Headers: []string{"公示日期", "公示时间", "发布日期", "公布日期"}},
			{Name: "existence", Max: 100, Headers: []string{"存续状态", "经营状态"}},
			{Name: "websites", Type: Texts, Headers: []string{"网站或网店"}},
			{Name: "investments", Type: Objects, Headers: []string{"对外投资"}},
			{Name: "overdueToSmall", Type: Money, Headers: []string{"逾期未支付中小企业款项金额"}},
			{Name: "remark", Headers: []string{"备注"}},
		},
		Identity: []string{"year"},
	}
}

func inspectionResult() KindSpec {
	return KindSpec{
		Domain: Inspection, Name: "result", NameZh: "抽查检查结果",
		Fields: []Field{
			{Name: "taskNo", Type: DocumentNo, Max: 128, Headers: []string{"任务编号", "抽查任务编号", "抽查计划编号", "检查任务编号", "计划编号"}},
			{Name: "itemNo", Type: DocumentNo, Max: 128, Headers: []string{"事项编号", "抽查事项编码", "抽查事项编号", "检查事项编码", "检查事项编号", "事项编码"}},
			{Name: "item", Max: 512, Headers: []string{"抽查事项", "检查事项", "抽查任务名称", "抽查计划名称", "检查任务名称", "检查内容", "事项名称"}},
			{Name: "type", Max: 100, Headers: []string{"抽查类型", "检查类型"}},
			{Name: "checkedOn", Type: Day, Required: true, Past: true, Headers: []string{"检查日期", "抽查日期", "检查完成日期", "检查时间", "抽查时间", "检查结束日期", "抽查检查日期"}},
			{Name: "result", Type: Choice, Required: true, Headers: []string{"检查结果", "抽查检查结果", "抽查结果", "检查结果代码", "抽查检查结果代码", "结果"}, Enum: []Enum{
				{"1", []string{"未发现问题", "未发现违法行为", "正常"}}, {"3", nil}, {"4", nil}, {"5", nil},
				{"6", []string{"住所无法联系", "通过登记的住所(经营场所)无法联系", "通过登记的住所或者经营场所无法联系"}},
				{"7", []string{"已关闭停业或正在清算", "已关闭停业或正在组织清算"}}, {"8", []string{"不配合检查情节严重", "不予配合情节严重"}},
				{"9", []string{"注销"}}, {"10", []string{"被吊销"}}, {"11", []string{"被撤销"}}, {"12", []string{"迁出"}},
				{"B", []string{"未按规定公示应当公示的信息"}}, {"C", []string{"公示信息隐瞒真实情况弄虚作假"}}, {"D", nil},
				{"E", []string{"发现问题经责令已改正", "发现问题已责令改正"}}, {"F", []string{"未发现开展本次抽查涉及的经营活动"}}, {"G", nil},
			}},
			{Name: "organ", Max: 200, Headers: []string{"检查机关", "检查实施机关", "抽查机关", "检查部门", "检查单位", "抽查机关名称", "实施机关"}},
			{Name: "detail", Headers: []string{"检查情况", "结果说明", "检查说明", "检查结果说明"}},
			{Name: "publishedOn", Type: Day, Past: true, Headers: []string{"公示日期", "公示时间", "发布日期", "公布日期"}},
		},
		Identity: []string{"taskNo", "itemNo", "checkedOn"},
		orders:   []order{{"checkedOn", "publishedOn"}},
	}
}

func defaulter() KindSpec {
	return KindSpec{
		Domain: Judgment, Name: "defaulter", NameZh: "失信被执行人",
		Fields: []Field{
			{Name: "name", Required: true, Named: true, Max: 200, Columns: []string{"iname"}, Headers: nameHeaders},
			{Name: "personId", Type: Dropped, Columns: []string{"cardNum"}, Headers: []string{"身份证号码/组织机构代码"}},
			{Name: "legalRepresentative", Named: true, Person: true, Max: 100, Columns: []string{"businessEntity"}, Headers: personHeaders},
			{Name: "sex", Type: Dropped, Columns: []string{"sexy"}, Headers: []string{"性别"}},
			{Name: "age", Type: Dropped, Headers: []string{"年龄"}},
			{Name: "area", Max: 100, Columns: []string{"areaName"}, Headers: []string{"省份", "地域名称"}},
			{Name: "court", Required: true, Max: 200, Columns: []string{"courtName"}, Headers: []string{"执行法院", "执行法院名称", "法院名称"}},
			{Name: "caseNo", Type: DocumentNo, Required: true, Max: 128, Columns: []string{"caseCode"}, Headers: []string{"案号", "执行案号", "案件编号"}},
			{Name: "filedOn", Type: Day, Past: true, Columns: []string{"regDate"}, Headers: []string{"立案时间", "立案日期", "立案日"}},
			{Name: "basisNo", Type: DocumentNo, Max: 128, Columns: []string{"gistId"}, Headers: []string{"执行依据文号", "执行依据案号", "执行依据编号"}},
			{Name: "basisUnit", Max: 200, Columns: []string{"gistUnit"}, Headers: []string{"做出执行依据单位", "执行依据制作单位"}},
			{Name: "duty", Columns: nil, Headers: []string{"生效法律文书确定的义务"}},
			{Name: "performance", Type: Choice, Enum: choices("全部未履行", "部分未履行", "部分履行", "全部已履行"), Headers: []string{"被执行人的履行情况", "履行情况"}},
			{Name: "performedPart", Headers: []string{"已履行部分", "已履行"}},
			{Name: "unperformedPart", Columns: []string{"unperformPart"}, Headers: []string{"未履行部分", "未履行"}},
			{Name: "conduct", Columns: []string{"disruptTypeName"}, Headers: []string{"失信被执行人行为具体情形", "失信行为"}},
			{Name: "publishedOn", Type: Day, Past: true, Columns: []string{"publishDate"}, Headers: []string{"发布时间", "发布日期", "公布日期", "公布时间", "公示日期"}},
			{Name: "exitedOn", Type: Day, Columns: []string{"exitDate"}, Headers: []string{"退出日期", "下架时间", "退出时间", "移出日期", "下架日期", "撤下日期", "屏蔽日期", "删除日期", "终止日期"}},
		},
		Identity: []string{"caseNo"},
		orders:   []order{{"filedOn", "publishedOn"}, {"publishedOn", "exitedOn"}},
	}
}

func commitmentKind() KindSpec {
	return KindSpec{
		Domain: Commitment, Name: "commitment", NameZh: "信用承诺",
		Fields: []Field{
			{Name: "commitmentNo", Type: CommitmentNo, Max: 64, Headers: []string{"承诺编号", "承诺编码", "承诺书编号", "信用承诺编号", "承诺书编码"}},
			{Name: "name", Named: true, Max: 200, Headers: append([]string{"承诺人名称"}, nameHeaders...)},
			{Name: "subjectType", Type: Label, Max: 100, Headers: []string{"承诺人类别"}},
			{Name: "type", Type: Choice, Required: true, Headers: []string{"承诺类型"},
				Enum: choices("审批替代型", "容缺受理型", "证明事项型", "信用修复型", "行业自律型", "主动型", "其他")},
			{Name: "reason", Max: 1024, Headers: []string{"承诺事由"}},
			{Name: "content", Headers: []string{"承诺内容", "做出承诺内容"}},
			{Name: "liability", Headers: []string{"违诺责任"}},
			{Name: "madeOn", Type: Day, Required: true, Past: true, Headers: []string{"承诺作出日期", "作出承诺日期", "承诺日期", "承诺时间", "承诺签署日期", "签署日期", "承诺作出时间"}},
			{Name: "validUntil", Type: Day, Open: true, Headers: []string{"承诺有效期", "承诺有效期至", "承诺有效期止", "有效期至", "有效期止", "有效期", "承诺截止日期", "承诺到期日", "承诺期限", "承诺期限至", "期满日期", "终止日期", "截止日期", "到期日期"}},
			{Name: "performance", Type: Choice, Enum: choices("全部履行", "部分履行", "全部未履行"), Headers: []string{"承诺履行状态", "履行状态"}},
			{Name: "unperformed", Headers: []string{"未履行内容"}},
			{Name: "consequence", Headers: []string{"未履行后果", "违诺处理"}},
			{Name: "verifier", Max: 200, Headers: []string{"确认单位", "承诺履行认定单位"}},
			{Name: "verifierCode", Type: Code, Headers: []string{"确认单位统一社会信用代码"}},
			{Name: "acceptor", Max: 200, Headers: []string{"承诺受理单位", "受理单位"}},
			{Name: "acceptorCode", Type: Code, Headers: []string{"承诺受理单位统一社会信用代码"}},
			{Name: "publicity", Type: Choice, Enum: choices("可向社会公开", "特定范围内公开", "不可公开"), Headers: []string{"公开类型", "公开方式"}},
		},
		Identity: []string{"commitmentNo", "type", "madeOn"},
		orders:   []order{{"madeOn", "validUntil"}},
		rules:    commitmentRules,
	}
}

func complaintKind() KindSpec {
	return KindSpec{
		Domain: Complaint, Name: "complaint", NameZh: "投诉举报",
		Fields: []Field{
			{Name: "complaintNo", Type: DocumentNo, Max: 128, Headers: []string{"投诉编号", "登记编号", "工单编号", "投诉举报编号", "工单号", "投诉单号", "举报编号"}},
			{Name: "name", Named: true, Max: 200, Headers: append([]string{"被投诉主体名称"}, nameHeaders...)},
			{Name: "channel", Max: 100, Headers: []string{"来源渠道", "投诉渠道"}},
			{Name: "receivedOn", Type: Day, Required: true, Past: true, Headers: []string{"受理日期", "投诉日期", "登记日期", "受理时间", "投诉时间", "举报日期", "举报时间", "登记时间", "接收日期"}},
			{Name: "category", Max: 200, Headers: []string{"投诉类别", "问题类别"}},
			{Name: "content", Headers: []string{"投诉内容"}},
			{Name: "complainant", Type: Dropped, Headers: []string{"投诉人", "投诉人姓名"}},
			{Name: "complainantPhone", Type: Dropped, Headers: []string{"投诉人电话", "联系电话"}},
			{Name: "result", Headers: []string{"处理结果"}},
			{Name: "upheld", Type: Choice, Enum: []Enum{{"Y", []string{"属实", "是", "TRUE", "真", "1"}}, {"N", []string{"不属实", "否", "FALSE", "假", "0"}}}, Headers: []string{"是否属实"}},
			{Name: "closedOn", Type: Day, Past: true, Headers: []string{"办结日期", "办结时间", "处理日期", "办理完成日期", "完成日期", "结案日期"}},
			{Name: "organ", Max: 200, Headers: []string{"办理单位", "处理机关"}},
		},
		Identity: []string{"complaintNo", "receivedOn"},
		orders:   []order{{"receivedOn", "closedOn"}},
	}
}
