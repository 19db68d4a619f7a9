package msg

var koreanCommandLine = map[Key]string{
	CLIUsage:          "사용법:",
	CLICommands:       "명령:",
	CLIMore:           "“%s help 명령”을 실행하면 자세한 설명과 예가 나옵니다.",
	CLIUnknownCommand: "“%s” 명령은 없습니다",
	CLIUnknownFlag:    "옵션이 잘못되었습니다: %v",
	CLIFlags:          "옵션:",
	CLIExamples:       "예:",
	CLISeeHelp:        "사용법은 “%s”로 볼 수 있습니다.",
	CLIArguments:      "인자가 너무 많습니다: %s",
	CLINeedChapter:    "장의 번호나 이름을 지정하십시오.",
	CLIFailedCells:    "이 장의 셀 가운데 %d개가 실패했습니다",

	CLINeedFolder: "쓸 폴더를 지정하십시오. 아직 없는 폴더여야 합니다.",
	CLINoSource:   "프로젝트의 소스를 찾지 못했습니다. 클론한 폴더 안에서 실행하십시오",
	CLICheckedOut: "%d장의 스택을 %s에 썼습니다. 그 폴더에서 go test ./...를 실행해 볼 수 있습니다.",
	CLIChapters:   "수록된 장: %s",
	CLINeedCell:   "셀의 이름을 지정하십시오. 페이지에서 cell name= 뒤에 적힌 것입니다.",

	FlagLang:     "읽을 언어(en, ja, ko). 둘을 나란히 보려면 en,ko처럼 지정합니다",
	FlagFresh:    "읽던 자리와 관계없이 0장부터 시작합니다",
	FlagFinished: "그 장의 스택이 아니라 완성된 스택에서 실행합니다",
	FlagWidth:    "터미널의 폭(칸 수)",

	OneInteractive: "셀을 실행하면서 읽습니다",
	OneRun:         "한 장 전체를 지금 셀을 실행한 결과와 함께 출력합니다",
	OneChapters:    "장 목록을 보여 줍니다",
	OneNic:         "raw 소켓을 써서 이 컴퓨터의 커널에서 스택으로 페이지를 가져옵니다",
	OneCheckout:    "어떤 장을 마친 시점의 스택을 폴더에 씁니다",
	OneDiff:        "어떤 장이 스택에 더한 것을 보여 줍니다",
	OnePicture:     "터미널에 보이는 그대로 페이지를 그림으로 그립니다",
	OneRecord:      "집필용: 셀을 실행하고 결과를 페이지에 적습니다",
	OneVerify:      "집필용: 페이지의 내용이 셀의 결과와 맞는지 확인합니다",
	OneCoverage:    "집필용: 어느 셀이 어느 서술을 보여 주는지 나타냅니다",
	OneVersion:     "버전을 보여 줍니다",
	OneHelp:        "명령의 설명을 보여 줍니다",

	TextInteractive: `지난번에 읽던 자리에서 책을 엽니다. 처음이라면 0장을 시스템의 언어로 엽니다. Enter를 누르면 다음 셀이
실행되고, 프롬프트에는 언제든지 Go를 입력할 수 있습니다. 그 밖에 할 수 있는 일은 :help로 봅니다. 입력이나 출력이
터미널이 아니면 한 줄씩 처리하며 빈 줄을 Enter로 봅니다.`,
	TextRun: `한 장을 처음부터 끝까지 출력합니다. 셀은 별도의 세션에서 실행되고 그 결과가 셀 뒤에 붙습니다. 셀의 오류는 표준
오류로도 나가며, 실패하지 않아야 할 셀이 실패하면 종료 상태는 1입니다.`,
	TextChapters: `장의 번호, 이름, 셀 수를 목록으로 보여 줍니다.`,
	TextCheckout: `N장을 마친 시점의 스택을 테스트까지 함께 새 폴더에 씁니다. 독립된 모듈이므로 그 안에서 go test ./...가
동작합니다.`,
	TextDiff: `N장이 스택에 더한 것과 걷어 낸 임시 구현을 unified 형식의 차이로 보여 줍니다.`,
	TextPicture: `지정한 셀까지 장을 실행하고, 그때 터미널에 보이는 것을 SVG로 표준 출력에 씁니다. 셀 앞의 글과 셀, 그리고 그
결과가 그려집니다.`,
	TextRecord: `지정한 장(지정하지 않으면 모든 장)의 셀을 실행하여 출력, 그림, 소스 발췌를 세 언어의 페이지에 적습니다.
이어서 두 언어를 나란히 놓은 페이지도 다시 만듭니다.`,
	TextVerify: `지정한 장(지정하지 않으면 모든 장)의 셀을 인터프리터로 한 번, 프로그램 하나로 컴파일하여 한 번, 모두 두 번
실행합니다. 페이지의 내용이 다르거나 언어 사이가 어긋나거나 셀이 없는 서술이 있으면 차이를 보여 주고 실패합니다.`,
	TextCoverage: `책이 보여 주어야 할 서술을 하나씩, 그것을 보여 주는 문장과 셀의 출력과 함께 늘어놓습니다. 충분한지는 사람이
판단합니다.`,
	TextVersion: `프로그램, Go, 수록된 장의 버전을 보여 줍니다.`,
	TextHelp:    `명령이 하는 일과 사용법을 보여 줍니다.`,
}
