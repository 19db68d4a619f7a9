package wire

var japanese = texts{
	help: `walkthrough nic は、スタックを本物のケーブルにつなぎます。

まず、仮想イーサネット・アダプタを一組作ります。片方の端には raw ソケットのドライバを介してわたしたちのスタックが、
もう片方には Linux カーネル自身のスタックと Web サーバーがいます。わたしたちのスタックは、ARP で 10.0.0.2 の持ち主を
尋ね、接続し、net/http のクライアントでページを取得して、切断します。次に向きを変え、わたしたちのスタックでリッスン
している http.Server から、カーネル側が Go のクライアントで (curl があれば curl でも) ページを取得します。

画面に出るのは、実際に通ったフレームの図、その接続についてスタックとカーネルがそれぞれ述べること (カーネルには
TCP_INFO と /proc/net/tcp で尋ねます)、そして順序どおりに切断されたかどうかです。1500 バイトを超えるセグメントが
混じるのは、カーネルが切り分ける前のまま渡してくるからです (スーパーフレーム)。

必要なのは Linux だけで、root 権限は要りません。専用の名前空間の中で動き、終了すればその名前空間ごと消えます。
お使いのマシンのネットワークには触れません。名前空間が禁じられている場合は、どの設定のためかを示します。

  walkthrough nic                          ページを双方向に取得します
  walkthrough nic -size 1048576            1 MiB のページを取得します
  walkthrough nic -pcap page.pcapng        Wireshark で開けるキャプチャ・ファイルも書き出します
  walkthrough nic -tshark                  不正なパケットがないか tshark に調べさせます
`,
	flagPath:    "取得するページの`パス`",
	flagSize:    "ページの大きさ (`バイト数`)。0 なら数行",
	flagPcap:    "通ったフレームを pcapng 形式でこの`ファイル`に書き出します",
	flagTshark:  "通ったフレームに不正なものがないか tshark に調べさせます",
	flagVerbose: "フレームがどれだけ多くても、すべて図に描きます",
	flagTimeout: "この`時間`で打ち切ります",

	badPath:    "-path %q: パスは / で始まり、空白、?、# を含まないものにしてください",
	badSize:    "-size %d: ページの大きさは 0 から %d バイトまでです",
	badTimeout: "-timeout %v: 0 より大きくしてください",
	timedOut:   "%v たっても終わりませんでした。-timeout で延ばせます",
	ended:      "専用の名前空間で動いていた部分が、途中で終了しました",

	notLinux: "raw ソケットのドライバには Linux が必要ですが、ここは %s です。Linux の仮想マシンか、--privileged を付けて" +
		"起動したコンテナなら、このコマンドはそのまま動きます。本のほかの部分は、すべてここで動きます。",
	bySetting: "このシステムではネットワーク名前空間が禁じられています。%[1]s が %[2]s になっています。\n次の起動まで許可するには: %[3]s" +
		"\nあるいは root で実行してください。(%[4]v)",
	byLimit: "名前空間をこれ以上作れません。上限は %s で、\"sysctl user\" で確認できます。(%v)",
	byFilter: "システム・コールのフィルタ (seccomp) がネットワーク名前空間を禁じています。コンテナやサンドボックスが設けるものです。\n" +
		"その外で実行してください。Docker や Podman なら、コンテナを --privileged で起動してください。(%v)",
	byUnknown:    "このコマンドには専用のユーザー名前空間とネットワーク名前空間が必要ですが、このシステムに拒まれました。\nroot で実行するか、別のマシンで試してください。(%v)",
	noNamespaces: "このカーネルは、ユーザー名前空間またはネットワーク名前空間なしで作られています (CONFIG_USER_NS、CONFIG_NET_NS)。(%v)",
	noModule:     "カーネルに %[1]s がありません。読み込むには: sudo modprobe %[1]s (%[2]v)",

	headEnds:    "ケーブルの両端",
	endOurs:     "わたしたちのスタック",
	endKernel:   "カーネル",
	headDown:    "わたしたちのスタックが、カーネルからページを取得します",
	headUp:      "カーネルが、わたしたちのスタックからページを取得します",
	arrived:     "%[1]s: %[2]s %[3]s、%[4]d バイト、%[5]v: %[6]q",
	curlArrived: "curl: 同じページ、%d バイト",
	curlMissing: "curl がインストールされていないため、Go のクライアントだけで取得しました。",
	changed:     "%[1]s が取得したページは、サーバーが送ったものと違います (届いたのは %[2]d バイト、送ったのは %[3]d バイト)",
	left:        "… %d 行を省きました。-v を付けるとすべて描きます …",

	headBoth:  "同じ接続を、両端から見ると",
	headAsked: "カーネルが述べたこと (TCP_INFO)",
	headLists: "両端のソケット",
	us:        "わたしたちのスタック",
	them:      "カーネル",
	rowOut:    "カーネルへのバイト数",
	rowIn:     "こちらへのバイト数",
	asOfClose: "カーネルには、その側のソケットが閉じられる直前に最後に尋ねています。",
	oneMore:   "カーネルのほうが 1 バイト多いのは、SYN か FIN を数えているからです。どちらもデータの 1 バイトと同じくシーケンス番号を 1 つ使います。",
	inOrder:   "順序どおりに切断しました。両方向に FIN が送られ、どちらにも ACK が返っています。先に閉じたのは%sです。",
	outOrder:  "順序どおりに切断できませんでした: %v",
	weClosed:  "わたしたちのスタック",
	theyDid:   "カーネル",

	atAccept:  "接続を受け付けた",
	atServed:  "ページを送った",
	atConnect: "接続した",
	atFetched: "ページが届いた",
	atClose:   "閉じる直前",

	listBefore: "カーネル、接続前",
	listDuring: "カーネル、接続中",
	listAfter:  "カーネル、切断後",
	listNone:   "なし",
	listOurs:   "わたしたちのスタック、切断後",

	captured:      "%[2]s: 通った %[1]d フレームを書き出しました。Wireshark で開けます。",
	tsharkFine:    "tshark は %d フレームを調べ、不正なものを見つけませんでした。チェックサムもすべて正しい値です。",
	tsharkFound:   "tshark が %d フレームに誤りを見つけました:\n%s",
	tsharkMissing: "tshark がインストールされていないため、調べていません。(Debian、Ubuntu では: sudo apt install tshark)",
}
