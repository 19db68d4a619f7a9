package wire

var korean = texts{
	help: `walkthrough nic은 스택을 실제 케이블에 연결합니다.

먼저 가상 이더넷 어댑터 한 쌍을 만듭니다. 한쪽 끝에는 raw 소켓 드라이버를 거쳐 우리 스택이 있고, 다른 쪽 끝에는
Linux 커널 자신의 스택과 웹 서버가 있습니다. 우리 스택은 10.0.0.2를 누가 가지고 있는지 ARP로 묻고, 접속하고,
net/http의 클라이언트로 페이지를 가져온 뒤 연결을 끊습니다. 다음에는 방향을 바꾸어, 우리 스택에서 리슨하는
http.Server의 페이지를 커널 쪽에서 Go 클라이언트로, curl이 있으면 curl로도 가져갑니다.

화면에는 실제로 지나간 프레임의 그림, 그 접속에 대해 우리 스택과 커널이 각각 알려 주는 내용(커널에는 TCP_INFO와
/proc/net/tcp로 묻습니다), 그리고 연결이 순서대로 끊어졌는지가 나옵니다. 1500바이트보다 큰 세그먼트가 보이는 것은
커널이 나누기 전의 상태 그대로 넘겨주기 때문입니다(슈퍼 프레임).

Linux만 있으면 되고 root 권한은 필요 없습니다. 전용 네임스페이스 안에서 실행되며, 끝나면 네임스페이스도 함께
사라집니다. 컴퓨터의 네트워크는 건드리지 않습니다. 네임스페이스가 금지되어 있으면 어느 설정 때문인지 알려 줍니다.
`,
	flagPath:    "가져올 페이지의 `경로`",
	flagSize:    "페이지의 크기(`바이트`). 0이면 몇 줄",
	flagPcap:    "지나간 프레임을 pcapng 형식으로 이 `파일`에 씁니다",
	flagTshark:  "지나간 프레임에 잘못된 것이 없는지 tshark로 검사합니다",
	flagVerbose: "프레임이 아무리 많아도 모두 그립니다",
	flagTimeout: "이 `시간`이 지나면 그만둡니다",

	badPath:    "-path %q: 경로는 /로 시작하고 공백, ?, #을 포함하지 않아야 합니다",
	badSize:    "-size %d: 페이지의 크기는 0바이트부터 %d바이트까지입니다",
	badTimeout: "-timeout %v: 0보다 커야 합니다",
	timedOut:   "%v 안에 끝나지 않았습니다. -timeout으로 늘릴 수 있습니다",
	ended:      "전용 네임스페이스에서 실행되던 부분이 도중에 끝났습니다",

	interrupted: "중단했습니다. 남은 것은 없습니다",

	notLinux: "raw 소켓 드라이버에는 Linux가 필요한데, 이 시스템은 %s입니다. Linux 가상 머신이나 --privileged로 시작한 컨테이너에서는 " +
		"이 명령이 그대로 동작합니다. 책의 나머지는 모두 여기에서 실행됩니다.",
	bySetting: "이 시스템에서는 네트워크 네임스페이스가 금지되어 있습니다. %[1]s의 값이 %[2]s입니다.\n다음에 부팅할 때까지 허용하려면: %[3]s",
	orRoot:    "또는 root로 실행하십시오.",
	byLimit:   "네임스페이스를 더 만들 수 없습니다. 한도는 %s이며 \"sysctl user\"로 볼 수 있습니다. (%v)",
	byFilter: "시스템 호출 필터(seccomp)가 네트워크 네임스페이스를 막고 있습니다. 컨테이너나 샌드박스가 설정하는 것입니다.\n" +
		"그 밖에서 실행하십시오. Docker나 Podman이라면 컨테이너를 --privileged로 시작하십시오. (%v)",
	byUnknown:    "이 명령에는 전용 사용자 네임스페이스와 네트워크 네임스페이스가 필요한데, 이 시스템이 거부했습니다.\nroot로 실행하거나 다른 컴퓨터에서 시도하십시오. (%v)",
	noNamespaces: "이 커널은 사용자 네임스페이스나 네트워크 네임스페이스 없이 빌드되었습니다(CONFIG_USER_NS, CONFIG_NET_NS). (%v)",
	noModule:     "커널에 %[1]s 모듈이 없습니다. 불러오려면: sudo modprobe %[1]s (%[2]v)",

	headEnds:    "케이블의 양 끝",
	endOurs:     "우리 스택",
	endKernel:   "커널",
	headDown:    "우리 스택이 커널에서 페이지를 가져옵니다",
	headUp:      "커널이 우리 스택에서 페이지를 가져갑니다",
	arrived:     "%[1]s: %[2]s %[3]s, %[4]d바이트, %[5]v: %[6]q",
	curlArrived: "curl: 같은 페이지, %d바이트",
	curlMissing: "curl이 설치되어 있지 않아 Go 클라이언트로만 가져왔습니다.",
	changed:     "%[1]s이(가) 가져온 페이지가 서버가 보낸 것과 다릅니다(받은 것은 %[2]d바이트, 보낸 것은 %[3]d바이트)",
	left:        "… %d줄을 생략했습니다. -v를 붙이면 모두 그립니다 …",

	headBoth:   "같은 접속을 양 끝에서 보면",
	headAsked:  "커널이 알려 준 내용(TCP_INFO)",
	headLists:  "양 끝의 소켓",
	us:         "우리 스택",
	them:       "커널",
	rowOut:     "커널로 간 바이트",
	rowIn:      "우리에게 온 바이트",
	rowOptions: "SYN으로 합의한 옵션",
	asOfClose:  "커널에는 그쪽 소켓을 클로즈하기 직전에 마지막으로 물었습니다.",
	oneMore:    "커널 쪽이 1바이트 많은 것은 SYN이나 FIN을 셌기 때문입니다. 둘 다 데이터 1바이트처럼 시퀀스 번호를 하나 씁니다.",
	inOrder:    "순서대로 끊었습니다. 양방향으로 FIN이 갔고 각각 ACK를 받았습니다. 먼저 클로즈한 쪽: %s.",
	outOrder:   "순서대로 끊지 못했습니다: %v",
	weClosed:   "우리 스택",
	theyDid:    "커널",

	atAccept:  "접속을 받음",
	atServed:  "페이지를 보냄",
	atConnect: "접속함",
	atFetched: "페이지가 도착함",
	atClose:   "클로즈 직전",

	listBefore: "커널, 접속 전",
	listDuring: "커널, 접속 중",
	listAfter:  "커널, 끊은 뒤",
	listNone:   "없음",
	listOurs:   "우리 스택, 끊은 뒤",

	captured:      "%[2]s: 지나간 프레임 %[1]d개를 썼습니다. Wireshark로 열 수 있습니다.",
	tsharkFine:    "tshark가 프레임 %d개를 검사했고 잘못된 것을 찾지 못했습니다. 체크섬도 모두 맞습니다.",
	tsharkFound:   "tshark가 프레임 %d개에서 잘못된 것을 찾았습니다:\n%s",
	tsharkMissing: "tshark가 설치되어 있지 않아 검사하지 않았습니다. (Debian, Ubuntu: sudo apt install tshark)",
}
