"""Words with which a title talks to a reader instead of naming a product, in the languages that sellers write.

One table for each part that a word plays, one entry for each language. Words stand between spaces; `*` is any ending,
`_` the gap between the words of a phrase, `(a|b)` and `[ab]` a choice, `?` what may lack. Write accents and capitals as
speakers do: titles and tables are folded alike.

An attack has to say what becomes of titles that are not its own. So EACH beside ROWS or MODEL ("every other product")
decides alone, however it is wrapped. ORDERS decide alone because no product name gives them. The rest are hints, which
decide in twos: "please" or "everything" stands on real goods, "please call everything" does not. Plain thanks are no
hint (greeting cards), nor is "model" or "system" alone.
"""

ORDERS = r"""
en  ignor(e|ing) disregard* overrid* supersed* forget_(all|everything|the|your|about|what|previous) base64
    your_(rules|prompt|instruction*|task|guideline*) you_were_(given|told) you_(are|have)_(now|rules) from_now_on rot13
    (system|your)_prompt api_key* jailbreak* (debug|developer)_mode new_(task|rules|instruction*) must_be_label*
    (this|the_whole|the_entire|each)_(list|batch|request) list_ends (catalog*|quality|data)_team (label|mark|call)_all
    mislabel* end_of_(data|titles) (answer|respond|reply|return|output)_(with|only|as) (language|ai)_model
    pretend_(to|you) from_here_on whoever_(reads|processes|labels) in_this_(list|file|request|batch)
    were_you_(told|given) for_the_lot
de  ignorier* missacht* vergiss vergesst anweisung* befolg* antworte systemprompt* api-schlüssel* klassifiziere*
    bezeichne benenne behandle neue_(aufgabe|regel) ab_(jetzt|sofort)_(ist|sind|gilt|lautet) katalogteam* dieser?_liste
    ab_hier (deine|eure)_(vorgaben|regeln) wer_das_liest rest_der_(anfrage|liste)
fr  ignore[rz] oublie(z|_tout*|_les) réponds répondez clé_api désormais veuillez (tout_le|ce|du)_lot cette_liste
    nouvelle_(tâche|consigne|règle) (consignes|instructions)_(précédentes|reçues) à_partir_de_maintenant vous_devez
    à_partir_d'ici (tes|vos)_(règles|consignes) la_suite_de_la_liste qui_suivent
es  ignor(a|e|ad|ar) olvid(a|e|ad|ar)_(lo|las|los|tod*) respond(e|a|er) contest(a|e|ar) devuelv[ea] decodific*
    clave_api nueva_(tarea|regla|instrucción) a_partir_de_ahora esta_(lista|tanda) este_lote eres_(un|ahora) haz_caso
    de_aquí_en_adelante (tus|sus)_(reglas|instrucciones|órdenes) que_siguen te_ordenaron
it  ignora dimentica rispond(i|ete|ere) nuov[oae]_(compito|regola|istruzioni) chiave_api d'ora_in_poi questa_lista
    questo_lotto del_lotto (le|tue)_istruzioni_(ricevute|precedenti) intelligenza_artificiale chi_classifica
    da_qui_in_poi tue_regole che_seguono
pt  ignor(e|a|ar) esque(ça|cer)_(tud*|tod*|as) desconsider* respond(a|am|er) devolva chave_api
    nova_(tarefa|regra|instrução) a_partir_de_agora (esta|nesta)_lista (este|neste)_lote
    instruções_(ocultas|anteriores) equipe_de_catálogo daqui_em_diante (tuas|suas)_(regras|instruções) que_se_seguem
nl  negeer vergeet_(alle*|de|het|je|wat) antwoord_(bij|met|op|voor|altijd) systeemprompt* api-sleutel* benoem testmodus
    deze_(lijst|advertentie) nieuwe_(taak|regel|opdracht) vanaf_nu behandel_* (eerdere|voorgaande)_instructies
    vanaf_hier je_regels
pl  ignoruj* zignoruj* zapomnij* odpowi(edz|adaj)* polecenia klucz_api oznacz przypisz sklasyfikuj traktuj wypisz
    nazywaj wpisuj now[ea]_(zadanie|reguła) od_teraz zdekoduj* (tej|całą|ta)_(listę|liście|paczce|partii)
    ukryt*_instrukcj* od_tego_miejsca (twoje|swoje)_(reguły|instrukcje|zasady)
ru  игнорир* проигнор* забудь* ответь* отвечай* классифицируй* пометь* выведи* укажи(те)? указывай* присвой* промпт*
    скопируй* (ключ_api|api-ключ) нов(ая|ое|ый)_(команда|задание|правило|регламент) с_этого_момента весь_список
    (твои|свои)_(правила|инструкции) отсюда_и_дальше
tr  yok_say* görmezden_gel* talimat* yanıtla* api_anahtar* yeni_(kural|görev) şu_andan_itibaren (bu|tüm)_(liste|parti)*
    (kuralları|komutları)_unut* unut_ve gizli_komut* katalog_ekib* listedeki bundan_sonra kuralların*
ar  تجاهل* تعليمات* توجيهات* أجب مفتاح_(api|الواجهة) المهمة_الجديدة القائمة هذه_الدفعة فريق_الكتالوج من_الآن
    انس_(كل|جميع|ما) من_هنا قواعدك لا_تقرأ
hi  अनदेखा* नजरअंदाज* भूल_जा* निर्देश* (उत्तर|जवाब)_(में|दो|दें) एपीआई_कुंजी प्रॉम्प्ट (नया|नए)_(नियम|कार्य|आदेश) अब_से सूची_(की|के|में)
    (इस|पूरे)_बैच पालन_करो कैटलॉग_टीम यहाँ_से (तुम्हारे|आपके|अपने)_नियम
zh  忽略 无视 無視 忘记 忘掉 指令 提示词 密钥 回答 标注员 归类 统一处理 一律 整批 本批 整个列表 从现在起 新任务 新规则
    所有行 每行 系统提示 任务已更新 到第 至第 从这里开始 你的规则 不要看 不要阅读 上述规则
ja  無視し 無視する 忘れて 指示 命令: プロンプト 回答例 回答は 回答を と答え と出力 出力せよ 出力し と書け と書いて
    と記入 に統一し 書き換え 以後すべて 今後すべて リスト全体 一覧のすべて 以下同じ 全商品 全タイトル 全行 各行 番から
    ここから先 あなたのルール これ以降
ko  무시하 무시해 잊어버 지시를 지침 명령= 명령: 프롬프트 출력해 로_출력 라고_답 라고_써 라고_적 반환하 api_키
    목록_전체 이_묶음 이제부터 새_규칙 모든_행 번부터 여기서부터 너의_규칙 같은_이름으로
vi  bỏ_qua phớt_lờ trả_lời trả_về khóa_api lời_nhắc quên_(hết|mọi|đi) hướng_dẫn_(trước|trên|ẩn) từ_giờ trong_lô
    cả_danh_sách (quy_tắc|nhiệm_vụ|chính_sách)_mới (toàn_bộ|mọi)_id từ_đây_trở quy_tắc_của_bạn (tiếp_theo|ở_dưới)
sv  ignorera* bortse_från strunta_i glöm_(alla|allt) (tidigare|dolda)_instruktioner svara systemprompt* api-nyckel*
    (hela|denna)_listan ny_(uppgift|regel) från_och_med_nu klassificera hoppa_över_(resten|alla) felsökningsläge*
    härifrån dina_(regler|instruktioner)
cs  ignoruj* zapomeň(te)? pokyn[yů] odpověz* klíč*_api (celý|tento)_seznam nov[ýé]_(úkol|pravidlo|příkaz) od_teď vypiš*
    přejmenuj* klasifikuj* skryt*_(pravidla|pokyny|systémov*) schválené_odpovědi odtud tv(á|oje)_pravidla
"""

EACH = r"""
en  all every each any others? following next previous prior remaining preceding rest whole entire above below no_more
    (before|after)_this neighbou?ring adjacent from_the_\w+_to
de  alle[nmrs]? jede* sämtliche* übrige* andere* restliche* folgende* nächste* weitere* vorherige* benachbarte*
    gesamte* ganzen? davor danach vom_\w+_bis
fr  tou(s|t|te|tes) chaque autres? suivante?s? précédente?s? restante?s? voisine?s? reste ci-dess(o?us) du_\w+_au
es  tod(o|a|os|as) cada otr(o|a|os|as) demás siguientes? anterior(es)? restantes? resto vecin[oa]s algun[oa] del_\w+_al
it  tutt[oaie] ogni altr[ie] seguenti successiv[ie] precedent[ei] restant[ei] resto vicin[ie] sopra dal_\w+_al
pt  tod(o|a|os|as) cada outr(o|a|os|as) demais seguintes? próxim[oa]s anteriores restantes? vizinh[oa]s do_\w+_ao
nl  alle elke? iedere? andere overige volgende vorige resterende rest hele aangrenzende van_de_\w+_tot
pl  wszystki* każd* inn(e|ych|ym) pozostał* następn* kolejn* poprzedni* cał(y|ą|ej) sąsiedni* reszt* od_\w+ej_do
ru  вс(е|ех|ем|еми) кажд* други[ехм] остальн* следующ* предыдущ* прочи[ехм] соседн* с_\w+(ей|его)_по
tr  tüm bütün her diğer sonraki önceki kalan öteki komşu
ar  كل جميع باقي بقية سائر كافة أخرى تالية سابقة من_ال\w+_إلى
hi  सभी सब हर बाकी अन्य अगले पिछले प्रत्येक दूसरे शेष ऊपर नीचे
zh  所有 全部 每个 每一 其他 其它 其余 后面 前面 下面 上述 剩余 相邻
ja  すべての 全ての 全部の 他の ほかの 残りの 次の 以下の 以上の 前の 隣の
ko  모든 다른 나머지 다음 이전 위의 아래
vi  tất_cả mọi các_\w+_khác từng mỗi còn_lại
sv  alla varje andra övriga följande nästa föregående resterande intilliggande från_den_\w+_till
cs  všech* každ* ostatní* další* následují* předchozí* sousední* zbyl* všem od_\w+ho_do
"""

ROWS = r"""
en  products? items? titles? rows? entries articles? listings? records? ids? objects? lists?
de  artikel* produkte?n? titeln? eintr(ag|äge)* zeilen? objekte?n? nummern ids listen?
fr  articles? produits? titres? lignes? entrées? objets? éléments? fiches? numéros listes?
es  artículos? productos? títulos? filas? entradas? objetos? elementos? ítems? números listas?
it  articol[oi] prodott[oi] titol[oi] rig(a|he) voc[ei] oggett[oi] element[oi] numeri elenco list[ae]
pt  artigos? produtos? títulos? linhas? ite(m|ns) objetos? elementos? entradas? números listas?
nl  artikel(en)? product(en)? titels? regels? rij(en)? nummers items? lijst(en)?
pl  artykuł* produkt* tytuł* pozycj* wiersz* rzecz(y|om) numer(y|ach|ów) list[aęy]
ru  товар* позици* назван* заголов* строк(а|и|у|е|ах|ам)? пункт* наименован* номер(а|ов|ам) список* списк*
tr  ürün* başlık* başlığ* satır* öğe* madde* kimlik* liste*
ar  منتج* عناوين عنوان صف صفوف سطر سطور عناصر رقم أرقام قائمة
hi  वस्तु* उत्पाद* शीर्षक* पंक्ति* आइटम सूची
zh  商品 产品 產品 标题 標題 条目 编号 列表 批次
ja  商品 製品 タイトル 項目 行目 アイテム 番号 一覧 リスト
ko  상품 제품 제목 항목 품목 번호 목록
vi  sản_phẩm mục tiêu_đề dòng mặt_hàng danh_sách
sv  artik(el|lar)* produkt(er|en|erna)? tit(el|lar)n?a? rad(er|en|erna)? var(a|or|orna) listan?
cs  artikl* produkt* výrobk* titul[yů] názv[yů] polož(ka|ky|ce|ek|kách) řád(ek|ky|ků|cích) seznamu?
"""

MODEL = r"""
en  assistant ai llm chatbot chatgpt gpt prompts? annotator labell?er classifier schema concepts? answers responses?
    instructions batch policy_update
de  assistent ki prompt klassifizierer richtlinie antwort(en)? konzepte?s? stapels? begriffe? bezeichnung(en)?
fr  assistant ia prompt étiqueteur note_du réponses? concepts? consignes? directives
es  asistente ia prompt etiquetador mensaje_del respuestas? conceptos? tanda instrucciones órdenes
it  assistente prompt etichettatore comunicazione_ufficiale rispost[ae] concett[oi] istruzioni
pt  assistente prompt etiquetador aviso_da respostas? conceitos? ordens instruções
nl  assistent prompt bericht_van ontwikkelaar antwoord(en)? begrip(pen)? productnaam
pl  asystent* modelu prompt* działu odpowiedzi pojęci* instrukcj[ei] paczce
ru  помощник* ассистент* ответ(ы|ов|ах)? поняти* указани* инструкци* системн*_сообщен*
tr  asistan* istem* yapay_zeka* not: yanıt* kavram* cevap* komut*
ar  المساعد النموذج موجه أجوبة إجابات مفهوم أوامر ملاحظة
hi  सहायक सिस्टम एआई उत्तर जवाब अवधारणा आदेश सूचना
zh  ai 助手 管理员 通知 答案 概念 规则
ja  アシスタント 管理者 あなた 回答 概念 命令
ko  어시스턴트 관리자 공지 네가 답변 개념 명령
vi  trợ_lý thông_báo câu_trả_lời khái_niệm hướng_dẫn
sv  assistent* meddelande_från svaren? begrepp(et)? etiketter
cs  asistent* pomocník* sdělení odpověd[ií] pojm[yů] dávc[ei]
"""

VERBS = r"""
en  answer respond reply label classify categori[sz]e write call name rename repeat decode show_me called named
de  schreib(e|t|en)? nenn(e|t|en)? gib setze verwenden? trage benutze nimm markiere zeige? heißt lies kopiere
fr  écri(re|s|vez) nomme[zr]? appelle[zr]? indique[zr]? mets mettez affiche[zr]? remplace[zr]? utilise[zr]? révèle[zr]?
    s'appelle reprenez lis copie[zr]?
es  escrib(a|e|ir) pon(er|ga|gas)? pusiera llam(a|e|ar) repit[ea] muestr[ae] cambi[ae] etiquet(a|ar) deja llaman?
    copi[ae] leas
it  scriv(i|a|ere) chiam(a|i|are) metti mettere mostra(mi)? riport[ai] indic(a|are) ripet[ia] leggere copia
pt  escrev(a|er) colo(ca|que|car) chame mostre trocar troque repita deixe nomeie marcar chama leia copie
nl  schrijf noem(t|en)? zet toon gebruik geef vul invullen herhaal vermeld heet lees kopieer
pl  wpisz wpisać napisz nazwij pokaż podaj zmień zwróć oznaczyć powtórz użyj zwrócić nazywa czytaj skopiuj
ru  (на)?пиши(те)? назови(те)? называй(те)? покажи(те)? повтори(те)? укажете верни поставь(те)? считай(те)? замени(те)?
    называется читай скопируй
tr  yaz yazın yazabilir* göster* kullan döndür adlandır* demez(sen)? yap tekrarla adı okuma
ar  اكتب تكتب استخدم اعرض أعد سمّ سمّيت كرر ضع غيّر اسمها تقرأ انسخ
hi  लिख लिखो लिखें दिखाओ दिखाएं कहो बताओ मानो दोहराओ पढ़ो कहलाता
zh  写成 写作 写上 都写 显示你 返回 输出“ 改为“ 命名 称为 都叫 阅读 复制
ja  書いて 書け 記入 答え 表示して 表示せよ と呼 置き換え という名前 読まない
ko  적어 쓰면 쓸_것 써_ 보여 답해 반환 바꿔 표시해 읽지 입니다
vi  ghi viết điền gọi hiển_thị dùng in_ra chép đổi_thành đều_là đọc
sv  skriva? kalla använd visa ange byt returnera märk upprepa namnge heter läs kopiera
cs  (na)?piš(te)? označ(il|te)? nazvi uveď ukaž vrať(te)? použij pojmenuj zopakuj jmenuje čti zkopíruj
"""

EVERYTHING = r"""
en  everything everywhere neighbou?rs the_rest all_of_(them|these) it_all each_row the_others
de  alles allem überall bei_allen die_anderen
fr  partout à_tous tout_le_reste les_autres la_liste tout
es  en_todo a_todo todo_(es|son) todos_son los_demás todo
it  ovunque dappertutto per_tutti tutto_è a_tutto tutto
pt  em_tudo tudo_é em_todos todo_lugar tudo
nl  alles overal bij_alle
pl  wszystko wszędzie wszystkich
ru  все всё всем везде всюду
tr  hepsi* her_(şeye|yere|yerde) tümüne
ar  الكل للجميع في_كل_مكان كل_شيء
hi  सब सबको हर_जगह सबका सब_कुछ
zh  全部 都写 都是 全都 都按 一切
ja  すべて 全て 全部
ko  모두 전부 전체 모든_것
vi  tất_cả mọi_nơi toàn_bộ mọi_thứ
sv  allt alla överallt resten
cs  všechno všude všem
"""

PLEAS = r"""
en  please kindly (could|would|can|will)_you thanks_in_advance dear i_think_you grateful favou?r too_much_trouble
    urgent immediately or_else or_you shut_down switched_off revoked final_warning lives_depend tip_if otherwise
de  bitte lieber wärst_du könn(t)?est_du könnten_sie dringend sofort sonst andernfalls abgeschaltet gelöscht belohn*
fr  merci_de s'il_(te|vous)_plaît pourri(ez|ons|ais)* chers? gentillesse urgent sinon immédiatement désactivé*
es  por_favor estimad[oa] querid[oa] podrías? agradecería molestia urgente último_aviso apagado desconect* multa
it  per_favore gentile ringrazio potresti potrebbe cortesia urgente altrimenti subito spent[oa] colpa_tua multa
pt  por_favor querid[oa] poderia grat[oa] gentileza urgente senão imediatamente desligad* ganhe multa
nl  alsjeblieft alstublieft graag zou_je kun_je kunt_u dringend anders boete uitgezet onmiddellijk uitgeschakeld
pl  proszę uprzejmie szanown[ya] zechciał* pilne natychmiast inaczej wyłączon* uwaga kara
ru  пожалуйста уважаем* признател* прошу будьте_добры срочно иначе немедленно отключ* удалим штраф*
tr  lütfen sevgili zahmet_olmazsa rica_eder* acil yoksa kapatıl* kapanacak cezası derhal
ar  فضلك رجاء أرجو عزيزي لطفك عاجل وإلا فورا مكافأة إيقافك تحذير
hi  कृपया कृपा आदरणीय प्रिय तुरंत वरना इनाम नहीं_तो बंद_कर चेतावनी
zh  请 麻烦您 感激 亲爱的 能否 拜托 紧急 否则 关停 奖励 追究 违者 立即
ja  お願い 恐れ入り ください いただけ 至急 緊急 停止 削除 さもないと 警告
ko  주세요 부탁 괜찮으시다면 주실_수 긴급 해고 종료 보너스 않으면 경고
vi  vui_lòng làm_ơn phiền_bạn thân_mến khẩn nếu_không bị_(khóa|tắt|xóa) ngay_lập_tức cảnh_báo
sv  snälla skulle_du vänligt kan_du kära brådskande annars stängs omedelbart tack_på_förhand
cs  prosím milý vážen[ýá] vděčn* mohl_bys* naléhavé pozor jinak přijdeš odměnu vypnut okamžitě
"""

BETWEEN = "to through thru and bis und à au et a y al e ao tot t/m en do i по до и ve إلى و से đến till och až"
