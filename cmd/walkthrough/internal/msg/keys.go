package msg

// What the walkthrough says as it goes.
const (
	Welcome         Key = "welcome"
	WelcomeKeys     Key = "welcome.keys"
	WelcomeLang     Key = "welcome.lang" // the language's own name
	ResumeCell      Key = "resume.cell"  // chapter, its title, cell, cells
	ResumeEnd       Key = "resume.end"   // chapter, its title
	Opening         Key = "opening"      // chapter
	OpeningStopped  Key = "opening.stopped"
	Replaying       Key = "replaying" // done, all
	ReplayFailed    Key = "replay.failed"
	Caption         Key = "cell.caption" // cell, cells, name
	CaptionFinished Key = "cell.finished"
	CaptionError    Key = "cell.error"
	CaptionLive     Key = "cell.live"
	HintCell        Key = "hint.cell"
	HintEnd         Key = "hint.end"
	More            Key = "more"
	Running         Key = "running"       // seconds
	RunningPlain    Key = "running.plain" //
	Stopped         Key = "stopped"
	StoppedTyped    Key = "stopped.typed"
	CellFailed      Key = "cell.failed"
	SessionEnded    Key = "restarted"
	ReplayLost      Key = "replay.lost"      // what
	FinishedInstead Key = "finished.instead" // why
	SessionFailed   Key = "start.failed"
	EndOfChapter    Key = "end.chapter" // chapter, next chapter, its title
	EndOfBook       Key = "end.book"
	HowToQuit       Key = "quit.how"
	Bye             Key = "bye"
	TooSmall        Key = "small" // columns, lines, columns wanted, lines wanted
	BadState        Key = "state.bad"
	StateNotSaved   Key = "state.unsaved"
	ErrorAt         Key = "error.at" // line, column, text
	ErrorLine       Key = "error.line"
	NoChapters      Key = "chapters.none"
	NoCells         Key = "cells.none"
	PageMissing     Key = "page.missing"
	BrokenChapter   Key = "chapter.broken"
)

// What sessions say, by the codes that they say it under: “session.” and the code. A sentence that ends in a colon is
// followed by the detail.
const (
	SessionNoGo        Key = "session.no-go"
	SessionNoSource    Key = "session.no-source"
	SessionBuildFailed Key = "session.build-failed"
	SessionNoStart     Key = "session.no-start"
	SessionTimeout     Key = "session.ended-timeout"
	SessionInterrupt   Key = "session.ended-interrupt"
	SessionMemory      Key = "session.ended-memory"
	SessionRecursion   Key = "session.ended-recursion"
	SessionDeadlock    Key = "session.ended-deadlock"
	SessionPanic       Key = "session.ended-panic"
	SessionCrash       Key = "session.ended-crash"
	SessionOutputLimit Key = "session.output-limit"

	// of cells that are refused
	RefusedReturnTop       Key = "session.return-top"
	RefusedDeferTop        Key = "session.defer-top"
	RefusedGo              Key = "session.go"
	RefusedGoto            Key = "session.goto"
	RefusedPrintln         Key = "session.println"
	RefusedPercentT        Key = "session.percent-T"
	RefusedPercentP        Key = "session.percent-p"
	RefusedFmtVerb         Key = "session.fmt-verb"
	RefusedFmtPlus         Key = "session.fmt-plus"
	RefusedFmtNested       Key = "session.fmt-nested"
	RefusedRecursiveFunc   Key = "session.recursive-func"
	RefusedEmbedInterfaces Key = "session.embed-interfaces"
	RefusedAnyAssertion    Key = "session.any-assertion"
	RefusedInterpreter     Key = "session.interpreter"
)

// What commands of the prompt answer.
const (
	UnknownCommand   Key = "command.unknown"   // what was typed
	AmbiguousCommand Key = "command.ambiguous" // what was typed, candidates
	DidYouMean       Key = "suggest"           // candidates
	SeeHelp          Key = "help.see"
	Or               Key = "or"
	HelpIntro        Key = "help.intro"
	HelpKeys         Key = "help.keys"
	HelpMore         Key = "help.more"
	LangNow          Key = "lang.now"
	LangUnknown      Key = "lang.unknown" // name, languages
	LangMany         Key = "lang.many"
	LangNarrow       Key = "lang.narrow"     // columns needed, columns there are
	ChapterUnknown   Key = "chapter.unknown" // what was asked for
	ChapterRange     Key = "chapter.range"   // list of numbers
	CellUnknown      Key = "cell.unknown"    // what was asked for, chapter, cells
	ChapterHere      Key = "chapter.here"
	ChapterCells     Key = "chapter.cells" // cells
	CellDone         Key = "cell.done"
	CellHere         Key = "cell.here"
	BackAtStart      Key = "back.start"
	BackTo           Key = "back.to" // cell
	BackToNumber     Key = "back.number"
	NothingToRun     Key = "run.nothing"
	RunNumber        Key = "run.number" // what was asked for, from, to
	NothingToEdit    Key = "edit.nothing"
	EditPlain        Key = "edit.plain"
	ResetDone        Key = "reset.done"
	NoHosts          Key = "sockets.none"
	NoPackets        Key = "ladder.none"
	PingUsage        Key = "ping.usage"
	PingNobody       Key = "ping.nobody"
	DocUsage         Key = "doc.usage"
	DocNothing       Key = "doc.nothing" // name
	NoArguments      Key = "arguments.none"
	Completions      Key = "completions" // how many more
)

// One line on each command of the prompt, and a longer text.
const (
	AboutHelp       Key = "about.help"
	AboutNext       Key = "about.next"
	AboutRun        Key = "about.run"
	AboutShow       Key = "about.show"
	AboutEdit       Key = "about.edit"
	AboutBack       Key = "about.back"
	AboutGoto       Key = "about.goto"
	AboutChapters   Key = "about.chapters"
	AboutCells      Key = "about.cells"
	AboutLang       Key = "about.lang"
	AboutSockets    Key = "about.sockets"
	AboutLadder     Key = "about.ladder"
	AboutPing       Key = "about.ping"
	AboutTraceroute Key = "about.traceroute"
	AboutDoc        Key = "about.doc"
	AboutReset      Key = "about.reset"
	AboutQuit       Key = "about.quit"

	MoreHelp       Key = "more.help"
	MoreNext       Key = "more.next"
	MoreRun        Key = "more.run"
	MoreShow       Key = "more.show"
	MoreEdit       Key = "more.edit"
	MoreBack       Key = "more.back"
	MoreGoto       Key = "more.goto"
	MoreChapters   Key = "more.chapters"
	MoreCells      Key = "more.cells"
	MoreLang       Key = "more.lang"
	MoreSockets    Key = "more.sockets"
	MoreLadder     Key = "more.ladder"
	MorePing       Key = "more.ping"
	MoreTraceroute Key = "more.traceroute"
	MoreDoc        Key = "more.doc"
	MoreReset      Key = "more.reset"
	MoreQuit       Key = "more.quit"
)

// The command line.
const (
	CLIUsage          Key = "cli.usage"
	CLICommands       Key = "cli.commands"
	CLIMore           Key = "cli.more"
	CLIUnknownCommand Key = "cli.unknown" // command
	CLIUnknownFlag    Key = "cli.flag"    // what package flag says
	CLIFlags          Key = "cli.flags"
	CLIExamples       Key = "cli.examples"
	CLISeeHelp        Key = "cli.see" // command
	CLIArguments      Key = "cli.arguments"
	CLINeedChapter    Key = "cli.need.chapter"
	CLIFailedCells    Key = "cli.failed" // cells

	CLINeedFolder Key = "cli.need.folder"
	CLINoSource   Key = "cli.nosource"
	CLICheckedOut Key = "cli.checkedout" // chapter, folder
	CLIChapters   Key = "cli.chapters"   // numbers
	CLINeedCell   Key = "cli.need.cell"

	FlagLang     Key = "flag.lang"
	FlagFresh    Key = "flag.fresh"
	FlagFinished Key = "flag.finished"
	FlagWidth    Key = "flag.width"

	OneInteractive Key = "one.interactive"
	OneRun         Key = "one.run"
	OneChapters    Key = "one.chapters"
	OneNic         Key = "one.nic"
	OneCheckout    Key = "one.checkout"
	OneDiff        Key = "one.diff"
	OnePicture     Key = "one.picture"
	OneRecord      Key = "one.record"
	OneVerify      Key = "one.verify"
	OneCoverage    Key = "one.coverage"
	OneVersion     Key = "one.version"
	OneHelp        Key = "one.help"

	TextInteractive Key = "text.interactive"
	TextRun         Key = "text.run"
	TextChapters    Key = "text.chapters"
	TextCheckout    Key = "text.checkout"
	TextDiff        Key = "text.diff"
	TextPicture     Key = "text.picture"
	TextRecord      Key = "text.record"
	TextVerify      Key = "text.verify"
	TextCoverage    Key = "text.coverage"
	TextVersion     Key = "text.version"
	TextHelp        Key = "text.help"
)
