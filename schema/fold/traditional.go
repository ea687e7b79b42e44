package fold

// traditional and simplified are the characters of headings in both scripts, in the
// same order: files from Hong Kong, Macao and Taiwan have the words of ours in
// theirs. They are for headings alone; a value is never rewritten.
var (
	traditional = []rune("萬業東嚴為舉義書產從價會體餘關冊決況準劃別務單歷參發變號弔後員圍國場處備實審對屆屬幣廢開異當錄徵態總懲戶執報據數時顯權條來構標檢沒註濟滿點狀環電監碼確種稱積簽類級納組織終經結統續編繳網罰職聯節範營計認記許設證評識訴話詢說諾負財責貨質貸費資達違銷門問間險項題額風駐齡個與係復裏曆於區機兩斷実歸園擧貫應傳眾優則動勢協縣雙啟團塊壞壯夠頭獎婦學寧寶歲師帶幫廣庫張憶憂戲護擬損換術極檔歡畢氣匯測漲災愛猶獻現禮離糧約線維綜羅聲補觀規覽訂討讓訓議訊論訪詞試詳語誤請調談謝貝貢敗賬購貼貿賠車轉輕較輸邊過運還進遠連選遞遺郵釋針鐘錢銀鏈錯鍵長閉聞閱隊陽際陳隨隱難靜頁順須預頻飯館驗魚")
	simplified  = []rune("万业东严为举义书产从价会体余关册决况准划别务单历参发变号吊后员围国场处备实审对届属币废开异当录征态总惩户执报据数时显权条来构标检没注济满点状环电监码确种称积签类级纳组织终经结统续编缴网罚职联节范营计认记许设证评识诉话询说诺负财责货质贷费资达违销门问间险项题额风驻龄个与系复里历于区机两断实归园举贯应传众优则动势协县双启团块坏壮够头奖妇学宁宝岁师带帮广库张忆忧戏护拟损换术极档欢毕气汇测涨灾爱犹献现礼离粮约线维综罗声补观规览订讨让训议讯论访词试详语误请调谈谢贝贡败账购贴贸赔车转轻较输边过运还进远连选递遗邮释针钟钱银链错键长闭闻阅队阳际陈随隐难静页顺须预频饭馆验鱼")
)

var toSimplified = func() map[rune]rune {
	m := make(map[rune]rune, len(traditional))
	for i, r := range traditional {
		m[r] = simplified[i]
	}
	return m
}()

// Simplify writes a character of a heading in simplified script.
func Simplify(r rune) rune {
	if s, ok := toSimplified[r]; ok {
		return s
	}
	return r
}
